//! Everything decided can be explained: a decision, its reason from a closed list, and the values compared.

use crate::channel::Channel;
use crate::closed::closed;
use crate::id::{CommandId, RunId};
use crate::time::{Millis, rfc3339};
use crate::value::Value;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

closed! {
    /// What was decided. The numbers are stored: never renumber.
    Verdict {
        /// A run began.
        Entered = 0 "entered",
        /// A run or window did not begin, or a window closed.
        Refused = 1 "refused",
        /// A window opened or a run waits.
        Waiting = 2 "waiting",
        /// An arm was chosen.
        Branched = 3 "branched",
        /// A command was made.
        Sent = 4 "sent",
        /// Not now.
        Deferred = 5 "deferred",
        /// Not at all; the run goes on.
        Dropped = 6 "dropped",
        /// The run left early.
        Exited = 7 "exited",
        /// The goal was reached.
        Converted = 8 "converted",
        /// The run came to its end.
        Finished = 9 "finished",
        /// What a run waited for has come, or has not.
        Waited = 10 "waited",
        /// Attributes of the customer were written.
        Updated = 11 "updated",
        /// An event was let happen.
        Emitted = 12 "emitted",
        /// What would have been sent, written or let happen is not: the customer is in a holdout. The run goes on as if it had been.
        HeldOut = 13 "held_out",
    }
}

closed! {
    /// Why. The numbers are stored: never renumber. `docs/semantics.md` says when each is given.
    Reason {
        /// Entered at the trigger.
        Trigger = 0 "trigger",
        /// The abandonment window (opened, or has passed).
        Window = 1 "window",
        /// The trigger's condition is false.
        Filter = 2 "filter",
        /// One live run a key.
        AlreadyRunning = 3 "already_running",
        /// The re-entry rule.
        Reentry = 4 "reentry",
        /// Older than `max_event_age`.
        LateEvent = 5 "late_event",
        /// Too many windows and runs of one customer, in the journey or in all, or entries that must not be forgotten.
        Limit = 6 "limit",
        /// An exit rule met this event.
        ExitEvent = 7 "exit_event",
        /// The `while` condition no longer holds.
        WhileFalse = 8 "while_false",
        /// The journey or step is gone after a change of configuration.
        JourneyChanged = 9 "journey_changed",
        /// A step said so.
        Step = 10 "step",
        /// An arm's condition is true.
        Condition = 11 "condition",
        /// The `else` arm.
        Otherwise = 12 "otherwise",
        /// No arm is true and there is no `else`.
        NoArm = 13 "no_arm",
        /// Every part of the gate said yes.
        GatePassed = 14 "gate_passed",
        /// A fallback channel after no engagement.
        Fallback = 15 "fallback",
        /// No consent for any of the channels.
        NoConsent = 16 "no_consent",
        /// The address is suppressed.
        Suppressed = 17 "suppressed",
        /// No address for the channel.
        Unreachable = 18 "unreachable",
        /// The journey's holdout.
        Holdout = 19 "holdout",
        /// The global holdout.
        GlobalHoldout = 20 "global_holdout",
        /// Quiet hours where the customer is.
        QuietHours = 21 "quiet_hours",
        /// A frequency cap is used up.
        Cap = 22 "cap",
        /// The last place under a cap is kept for a higher priority.
        Reserved = 23 "reserved",
        /// The shard is behind; sends wait until it has caught up.
        CaughtUp = 24 "caught_up",
        /// The goal's event.
        Goal = 25 "goal",
        /// All steps done.
        Completed = 26 "completed",
        /// Not later than what ends the journey's runs.
        Stale = 27 "stale",
        /// What the run is about is gone.
        NoDocument = 28 "no_document",
        /// The customer's lot in a split.
        Split = 29 "split",
        /// The event that was waited for.
        Event = 30 "event",
        /// The time for what was waited for is up.
        TimedOut = 31 "timed_out",
        /// Too many events that steps let happen at once.
        EmitLimit = 32 "emit_limit",
        /// A message to a team of the shop.
        Internal = 33 "internal",
        /// A newer trigger event of its key has come, with which another begins.
        Restarted = 34 "restarted",
        /// From before the journey's `active_from`.
        NotActive = 35 "not_active",
        /// A hold of the policy is in force, or its end came too late.
        Hold = 40 "hold",
        /// A window or run of a journey further up in the group lives.
        Group = 41 "group",
        /// A run of a journey further up in the group has written.
        Superseded = 42 "superseded",
        /// The journey is paused, or was until this came too late.
        Paused = 50 "paused",
        /// The journey is stopped.
        Stopped = 51 "stopped",
        /// The arm of a split that has won.
        Winner = 52 "winner",
        /// No code is left of the pool of which the message has a coupon.
        NoCoupon = 53 "no_coupon",
    }
}

/// Names and values that a decision compared, in the order in which they are shown.
pub type Values = Vec<(CompactString, Value)>;

/// The same on the way into the journal.
pub type Compared = Vec<Comparison>;

/// One of [`Compared`].
pub type Comparison = (CompactString, Shown);

/// A value of [`Compared`].
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Of an event, a profile, a counter or the configuration.
    Value(Value),
    /// An instant, which reads as its RFC 3339 text.
    Instant(Millis),
}

impl From<Value> for Shown {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// A decision before it is packed: made by its time, journey, verdict and reason, and told the rest part by part.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// When.
    pub at: Millis,
    /// Index into the plan's journeys.
    pub journey: u16,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The run.
    pub run: Option<RunId>,
    /// Index into the journey's operations; none where no step decided.
    pub op: Option<u16>,
    /// The medium.
    pub channel: Option<Channel>,
    /// The command.
    pub command: Option<CommandId>,
    /// The first value that the core itself tells: most decisions have no other, and need no memory for it.
    pub first: Option<(&'static str, Shown)>,
    /// The values behind it.
    pub values: Compared,
}

impl Decided {
    /// With nothing but this.
    pub fn new(at: Millis, journey: u16, verdict: Verdict, reason: Reason) -> Self {
        let (first, values) = (None, Compared::new());
        Self {
            at,
            journey,
            verdict,
            reason,
            run: None,
            op: None,
            channel: None,
            command: None,
            first,
            values,
        }
    }

    /// About this run.
    #[inline]
    pub fn run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// By the step at this operation.
    #[inline]
    pub fn op(mut self, op: u16) -> Self {
        self.op = Some(op);
        self
    }

    /// On this channel.
    #[inline]
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// With the command that it made.
    #[inline]
    pub fn command(mut self, command: CommandId) -> Self {
        self.command = Some(command);
        self
    }

    /// With one more value.
    pub fn value(self, name: &'static str, value: Value) -> Self {
        self.shown(name, value.into())
    }

    /// With one more instant, which reads as its RFC 3339 text.
    pub fn instant(self, name: &'static str, at: Millis) -> Self {
        self.shown(name, Shown::Instant(at))
    }

    /// With one more number: a count, or a duration in milliseconds.
    pub fn number(self, name: &'static str, number: i64) -> Self {
        self.value(name, Value::Number(number as f64))
    }

    /// With these values behind those that are there.
    pub fn compared(mut self, values: Compared) -> Self {
        if self.values.is_empty() {
            self.values = values;
        } else {
            self.values.extend(values);
        }
        self
    }

    fn shown(mut self, name: &'static str, shown: Shown) -> Self {
        if self.first.is_none() && self.values.is_empty() {
            self.first = Some((name, shown));
        } else {
            self.values.push((name.into(), shown));
        }
        self
    }
}

/// One decision, as `explain`, `backtest --decisions` and the console show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When, in shard time (or record time for what an event decided).
    #[serde(with = "rfc3339")]
    pub at: Millis,
    /// The customer string.
    pub customer: CompactString,
    /// The journey's name.
    pub journey: CompactString,
    /// The run; null where none was opened.
    pub run: Option<RunId>,
    /// The step's name, where a step decided.
    pub step: Option<CompactString>,
    /// What.
    pub decision: Verdict,
    /// Why.
    pub reason: Reason,
    /// The channel, for sends.
    pub channel: Option<Channel>,
    /// The command, where one was made.
    pub command_id: Option<CommandId>,
    /// The values compared.
    #[serde(with = "values")]
    pub values: Values,
}

mod values {
    //! `values` as a JSON object that keeps its order.
    use super::{Value, Values};
    use compact_str::CompactString;
    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};
    use std::fmt;

    pub fn serialize<S: Serializer>(values: &Values, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(values.iter().map(|(name, value)| (name, value)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Values, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Values;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of scalars")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
                let mut values = Values::new();
                while let Some(entry) = map.next_entry::<CompactString, Value>()? {
                    values.push(entry);
                }
                Ok(values)
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
