//! A past event that is read in later (`docs/semantics.md`, "Past events"): it feeds the facts for which it is brought, and nothing else comes of it.

use super::context::Context;
use super::{Core, Environment, EventTime};
use crate::customer::Customer;
use crate::event::{Event, OddFields};

impl Core {
    /// Applies a past event to its customer, for the facts that `is_for` names: these count it, and what follows from them by time comes. Nothing is decided. The
    /// fields without which it was applied.
    pub fn past(
        &self,
        customer: &mut Customer,
        (event, is_for): (&Event<'_>, impl Fn(&str) -> bool),
        time: EventTime,
        environment: &mut Environment<'_>,
    ) -> OddFields {
        customer.dirty = true;
        let mut context = Context::new(self, customer, (time.seen, time.seen), environment);
        let plan = context.plan();
        let wanted = |fact| plan.facts.get(fact).is_some_and(|fact| is_for(&fact.name));
        let interest = plan.interest(event.kind.as_ref());
        let moments = context.moments();
        context.touched |= interest.is_some_and(|interest| interest.arms);
        let foreign = interest.map(|interest| context.feed(interest, event, time, wanted));
        context.levels_silently(interest.map_or(0, |interest| interest.levels));
        if context.touched {
            context.arm_silently(&moments);
        }
        event.odd().and(foreign.unwrap_or_default())
    }
}
