//! A deadline has come: a window has passed, a wait is over, a send is asked again, a fallback's time is up, a goal's time is over.

use super::context::Context;
use super::emitted::Emitted;
use super::levels::Looked;
use super::{Core, Environment};
use crate::customer::{Customer, Place};
use crate::time::Millis;
use std::cmp::Reverse;

/// Timers that are to fire.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Exactly those of this deadline.
    pub deadline: Millis,
    /// What they see as shard time.
    pub now: Millis,
    /// The greatest record time so far, which `now` may be ahead of.
    pub seen: Millis,
    /// At most so many.
    pub budget: u64,
}

impl Core {
    /// Fires the runs of the customer whose deadline has come: those whose window ends and those that expire, then, behind the levels, the others; of
    /// each the higher priority first, then by RunId. Returns how many fired; levels that time may have changed are one.
    pub fn fire(
        &self,
        customer: &mut Customer,
        due: Due,
        environment: &mut Environment<'_>,
    ) -> u64 {
        let mut context = Context {
            core: self,
            customer,
            t: due.now,
            seen: due.seen,
            now: due.now,
            mode: environment.mode,
            effects: environment.effects,
            emitted: Emitted::default(),
        };
        let mut fired = 0;
        // What has fired has a later deadline, or is gone.
        while fired < due.budget {
            let next = context.next_due(due.deadline);
            let ends = next.is_some_and(|place| !context.customer.runs[place].place.is_running());
            let looked = if ends { None } else { context.turn_levels(due.deadline) };
            if looked.is_none() {
                let Some(place) = next else { break };
                let run = context.customer.runs.remove(place);
                context.wake(run);
            }
            context.customer.dirty = true;
            fired += 1;
            if looked != Some(Looked::Same) {
                context.apply_emitted();
                // A firing arms nothing that it sees as due.
                context.review(due.now + 1);
            }
        }
        context.customer.runs_changed();
        fired
    }

    /// The shard has caught up: every held run's deadline counts again. True if the customer had one.
    pub fn release(&self, customer: &mut Customer) -> bool {
        let mut any = false;
        for run in customer.runs.iter_mut() {
            if let Place::Gate { held: held @ true, .. } = &mut run.place {
                *held = false;
                any = true;
            }
        }
        if any {
            customer.dirty = true;
            customer.runs_changed();
        }
        any
    }
}

impl Context<'_> {
    /// The place of the run that fires next of those with this deadline.
    fn next_due(&self, deadline: Millis) -> Option<usize> {
        let runs = self.customer.runs.iter().enumerate();
        let due = runs.filter(|(_, run)| run.deadline == deadline && !run.is_held());
        // Of equal ones the first: they stand in the order of RunId.
        due.min_by_key(|(_, run)| {
            (run.place.is_running(), Reverse(self.journey(run.journey).priority))
        })
        .map(|(place, _)| place)
    }
}
