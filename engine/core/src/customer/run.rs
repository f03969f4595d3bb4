//! An abandonment window, a run, or a finished run that waits for its goal.

use super::document::DocumentKey;
use super::heard::{self, Heard};
use crate::id::{CommandId, RunId};
use crate::time::Millis;
use crate::value::Value;
use compact_str::CompactString;
use thin_vec::ThinVec;

/// One customer's passage through a journey, from the moment at which its window opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Derived identity.
    pub id: RunId,
    /// The latest message; none before the first.
    pub sent: Option<Sent>,
    /// Hash of the key.
    pub key: u64,
    /// Event time of the trigger event that opened the window or entered.
    pub opened_at: Millis,
    /// Event time of its newest trigger event.
    pub newest: Millis,
    /// The same when it entered; of a window not used.
    pub entered_by: Millis,
    /// When it goes on. That of a held run does not count.
    pub deadline: Millis,
    /// From where waits count.
    pub anchor: Millis,
    /// Where it is.
    pub place: Place,
    /// What it keeps of its newest trigger event; behind that the codes of its coupons (true where a holdout has kept back the message that would have had it); behind that what it keeps of the event that it has waited for.
    pub captures: ThinVec<Value>,
    /// What it is about: the documents that its newest trigger event carried.
    pub about: ThinVec<DocumentKey>,
    /// What it has heard of since its latest message and may wait for later, in order of event time, of one time as it came.
    pub heard: ThinVec<Heard>,
    /// Index into the plan's journeys.
    pub journey: u16,
    /// The goal was reached.
    pub converted: bool,
    /// Whether a pause of its journey keeps it.
    pub pause: Pause,
}

/// Whether a pause of a journey keeps a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pause {
    /// It does not.
    #[default]
    None,
    /// The deadline has come, and counts no more until the journey is resumed.
    Waits,
    /// It was resumed too late for what was due then: no message leaves before the next wait.
    Missed,
}

/// Where a run is, with what that place needs. `op` is an index into the journey's operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In its abandonment window: at the deadline it enters.
    Window,
    /// In a wait for some time: at the deadline it goes on behind it.
    Delay {
        /// The wait.
        op: u16,
    },
    /// In a wait until a local time: at the deadline it goes on behind it.
    Local {
        /// The wait.
        op: u16,
    },
    /// In a wait for an event: at that, or at the deadline, it goes on behind it.
    Event {
        /// The wait.
        op: u16,
    },
    /// Before the gate: at the deadline, or where it is held once the shard has caught up, the gate is asked again.
    Gate {
        /// The send.
        op: u16,
        /// Index of the channel that is tried next.
        choice: u8,
        /// When the send was first reached.
        due: Millis,
        /// Marketing of a shard that is behind.
        held: bool,
        /// What has put it off beyond caps and quiet hours, and may end with any event.
        by: Option<PutOff>,
    },
    /// Behind a message whose fallback comes at the deadline, if what became of the message asks for it.
    Engagement {
        /// The send.
        op: u16,
        /// Index of the fallback.
        choice: u8,
        /// When the send was first reached.
        due: Millis,
    },
    /// All steps done: until the deadline it waits for its goal.
    Goal,
}

/// What a message waits for that may be over with any event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOff {
    /// The hold with this index in the policy.
    Hold(u8),
    /// A journey further up in the group.
    Group,
}

impl Place {
    /// A window, or entered and not finished.
    pub fn is_live(self) -> bool {
        self != Place::Goal
    }

    /// Entered and not finished.
    pub fn is_running(self) -> bool {
        match self {
            Place::Delay { .. }
            | Place::Local { .. }
            | Place::Event { .. }
            | Place::Gate { .. }
            | Place::Engagement { .. } => true,
            Place::Window | Place::Goal => false,
        }
    }

    /// The wait for an event in which it is.
    pub fn waits_for_event(self) -> Option<u16> {
        match self {
            Place::Event { op } => Some(op),
            Place::Window
            | Place::Delay { .. }
            | Place::Local { .. }
            | Place::Gate { .. }
            | Place::Engagement { .. }
            | Place::Goal => None,
        }
    }

    /// What has put off the message before the gate, beyond caps and quiet hours.
    pub fn put_off_by(self) -> Option<PutOff> {
        match self {
            Place::Gate { by, .. } => by,
            Place::Window
            | Place::Delay { .. }
            | Place::Local { .. }
            | Place::Event { .. }
            | Place::Engagement { .. }
            | Place::Goal => None,
        }
    }

    /// The operation at which it waits; none where no step does.
    pub fn op(self) -> Option<u16> {
        match self {
            Place::Delay { op }
            | Place::Local { op }
            | Place::Event { op }
            | Place::Gate { op, .. }
            | Place::Engagement { op, .. } => Some(op),
            Place::Window | Place::Goal => None,
        }
    }
}

/// A message that a run has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its command.
    pub command: CommandId,
    /// When.
    pub at: Millis,
    /// When the run's first message was.
    pub first: Millis,
    /// What became of it.
    pub seen: Reactions,
}

/// What is known to have become of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reactions {
    /// It reached the recipient.
    pub delivered: bool,
    /// It was opened.
    pub opened: bool,
    /// A link in it was followed.
    pub clicked: bool,
    /// The address refused it for good.
    pub bounced: bool,
}

impl Reactions {
    /// Whether somebody has looked at it: whoever follows a link has.
    pub fn engaged(self) -> bool {
        self.opened || self.clicked
    }
}

impl Run {
    /// One that begins by what happened, or was computed, at `at`, and has done nothing yet; it is about nothing, and keeps nothing.
    pub fn opened(id: RunId, journey: u16, key: u64, at: Millis) -> Self {
        Self {
            id,
            sent: None,
            key,
            opened_at: at,
            newest: at,
            entered_by: at,
            deadline: at,
            anchor: 0,
            place: Place::Window,
            captures: ThinVec::new(),
            about: ThinVec::new(),
            heard: ThinVec::new(),
            journey,
            converted: false,
            pause: Pause::None,
        }
    }

    /// The code that it keeps at this place of its captures ([`crate::journey::plan::Journey::code_place`]), if it has been given one.
    pub fn coupon(&self, place: usize) -> Option<&str> {
        match self.captures.get(place) {
            Some(Value::Text(code)) => Some(code),
            Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => None,
        }
    }

    /// It keeps this code there from now on.
    pub fn keep_coupon(&mut self, place: usize, code: CompactString) {
        if let Some(kept) = self.captures.get_mut(place) {
            *kept = Value::Text(code);
        }
    }

    /// Whether it has a code there, or would have one if no holdout had kept its message back.
    pub fn had_coupon(&self, place: usize) -> bool {
        match self.captures.get(place) {
            Some(Value::Text(_) | Value::Bool(_)) => true,
            Some(Value::Null | Value::Number(_)) | None => false,
        }
    }

    /// A holdout keeps the message back with which it would have been given a code there. One that it has been given stays.
    pub fn forgo_coupon(&mut self, place: usize) {
        if let Some(kept @ Value::Null) = self.captures.get_mut(place) {
            *kept = Value::Bool(true);
        }
    }

    /// Whether it waits for the shard to catch up: then its deadline does not count.
    pub fn is_held(&self) -> bool {
        matches!(self.place, Place::Gate { held: true, .. })
    }

    /// Whether its deadline counts: neither the shard that is behind nor a pause of its journey keeps it.
    pub fn is_timed(&self) -> bool {
        !self.is_held() && self.pause != Pause::Waits
    }

    /// Remembers an event for waits that lie ahead of the step at which it is.
    pub fn hear(&mut self, heard: Heard) {
        let ahead = self.place.op().map_or(0, |op| op.saturating_add(1));
        heard::add(&mut self.heard, heard, ahead);
    }

    /// It comes to the wait at `op`: the first event that ends it. It ends no other one.
    pub fn take_heard(&mut self, op: u16) -> Option<Heard> {
        heard::take(&mut self.heard, op)
    }

    /// What has come so far ends no wait. The memory is given back: most runs have heard of nothing.
    pub fn forget_heard(&mut self) {
        self.heard = ThinVec::new();
    }

    /// What became of the latest message.
    pub fn seen(&self) -> Reactions {
        self.sent.map(|sent| sent.seen).unwrap_or_default()
    }
}

// A run lies on the heap beside others of its customer.
const _: () = assert!(size_of::<Run>() <= 160);
