//! Every send passes one gate, in one order: consent, suppression, holdout, exit criteria, quiet hours, caps with priority.
//! `docs/semantics.md`, "The gate".

mod cap;
mod consent;
mod quiet_hours;

use crate::channel::{Channel, Class};
use crate::customer::{Customer, Zones};
use crate::decision::{Compared, Reason, Shown};
use crate::id::in_holdout;
use crate::journey::condition::{Condition, Field};
use crate::journey::plan::{Choice, Plan};
use crate::time::Millis;
use crate::value::{Value, ValueRef};
pub use cap::remember_touch;
pub use quiet_hours::clock;

/// What the gate says of a send.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// Now, through the channel with this index.
    Send(usize),
    /// Not now: the gate is asked again at `until`.
    Defer {
        /// Quiet hours, a cap or a reservation.
        reason: Reason,
        /// When.
        until: Millis,
        /// The channel that was chosen.
        channel: Channel,
        /// The values compared.
        values: Compared,
    },
    /// Not at all.
    Drop {
        /// Why.
        reason: Reason,
        /// The channel that was chosen, or the first.
        channel: Channel,
        /// The values compared.
        values: Compared,
    },
    /// The run's `while` condition no longer holds: the run exits.
    Exit(Compared),
}

/// What the gate needs to know.
pub struct Question<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The zones.
    pub zones: &'a Zones,
    /// Hashes of the plan's attributes.
    pub attributes: &'a [u32],
    /// To whom.
    pub customer: &'a Customer,
    /// Index of the run that asks.
    pub run: usize,
    /// The channels of the send.
    pub choices: &'a [Choice],
    /// The time that the send sees.
    pub t: Millis,
}

/// Asks the gate. The hold of a shard that is behind comes before it and is the caller's.
pub fn judge(question: &Question<'_>) -> Verdict {
    let run = &question.customer.runs[question.run];
    let journey = &question.plan.journeys[usize::from(run.journey)];
    let policy = &question.plan.policy;
    let marketing = journey.class == Class::Marketing;

    let index = match consent::choose(
        question.customer,
        journey.class,
        question.choices,
        usize::from(run.choice),
    ) {
        Ok(index) => index,
        Err((channel, reason)) => {
            return Verdict::Drop { reason, channel, values: Compared::new() };
        }
    };
    let channel = question.choices[index].channel;
    let drop = |reason| Verdict::Drop { reason, channel, values: Compared::new() };
    if marketing && in_holdout("*global*", question.customer.id, policy.holdout.0) {
        return drop(Reason::GlobalHoldout);
    }
    if marketing && in_holdout(&journey.name, question.customer.id, journey.holdout) {
        return drop(Reason::Holdout);
    }
    if let Some(condition) = &journey.while_ {
        let read = |field| match field {
            Field::Capture(index) => {
                run.captures.get(usize::from(index)).map_or(ValueRef::Null, Value::borrow)
            }
            field => question.customer.field(field, question.attributes, question.t),
        };
        if !condition.holds(read) {
            return Verdict::Exit(compared(condition, read));
        }
    }
    if !marketing {
        return Verdict::Send(index);
    }
    if let Some(until) =
        quiet_hours::until(policy, question.zones, question.customer.zone, channel, question.t)
    {
        let values = vec![("until".into(), Shown::Instant(until))];
        return Verdict::Defer { reason: Reason::QuietHours, until, channel, values };
    }
    match cap::blocked(question, channel) {
        None => Verdict::Send(index),
        Some(blocked) if blocked.until - run.due > policy.max_defer.millis() => {
            Verdict::Drop { reason: blocked.reason, channel, values: blocked.values }
        }
        Some(cap::Blocked { reason, until, values }) => {
            Verdict::Defer { reason, until, channel, values }
        }
    }
}

/// The values that a condition read: at most four, in order of appearance.
pub fn compared<'v>(condition: &Condition, read: impl Fn(Field) -> ValueRef<'v>) -> Compared {
    condition
        .fields
        .iter()
        .take(4)
        .map(|(name, field)| (name.clone(), read(*field).to_value().into()))
        .collect()
}
