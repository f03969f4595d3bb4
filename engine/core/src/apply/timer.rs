//! A deadline has come: a window has passed, time begins a journey, a wait is over, a send is asked again, a fallback's time is up, a goal's time is over.

use super::context::Context;
use super::levels::Looked;
use super::{Core, Environment};
use crate::customer::{Customer, Place};
use crate::time::{Millis, NEVER};
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

/// What comes first of an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Ends,
    Levels,
    Begins,
    GoesOn,
}

impl Core {
    /// Fires what of the customer has come: windows that end and runs that expire, then levels, then what begins by time, then the other runs; of
    /// each the higher priority first, then by RunId or name. Returns how many fired; levels that time may have changed are one.
    pub fn fire(
        &self,
        customer: &mut Customer,
        due: Due,
        environment: &mut Environment<'_>,
    ) -> u64 {
        let mut context = Context {
            now: due.now,
            ..Context::new(self, customer, (due.now, due.seen), environment)
        };
        let mut fired = 0;
        // What has fired has a later deadline, or is gone.
        while fired < due.budget
            && let Some(looked) = context.fire_one(due.deadline)
        {
            context.customer.dirty = true;
            fired += 1;
            if looked != Looked::Same {
                context.apply_emitted();
                if context.touched {
                    context.arm();
                }
                // A firing arms nothing that it sees as due.
                context.review(due.now + 1);
            }
            // Mostly nothing else has come: that is known without a look at it.
            context.runs_changed();
            if context.customer.deadline > due.deadline {
                return fired;
            }
        }
        context.runs_changed();
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
    /// Fires what comes first up to this deadline; none if there is nothing.
    fn fire_one(&mut self, deadline: Millis) -> Option<Looked> {
        let next = self.next_due(deadline);
        let run = next.map_or((NEVER, Stage::Ends), |place| {
            let run = &self.customer.runs[place];
            (run.deadline, if run.place.is_running() { Stage::GoesOn } else { Stage::Ends })
        });
        let levels = (self.turns(), Stage::Levels);
        let begins = (self.customer.begins(), Stage::Begins);
        let (at, stage) = run.min(levels).min(begins);
        if at > deadline {
            return None;
        }
        match stage {
            Stage::Levels => return self.turn_levels(at),
            Stage::Begins => return self.begin_one(at).then_some(Looked::Judged),
            Stage::Ends | Stage::GoesOn => {}
        }
        let run = self.customer.runs.remove(next?);
        self.wake(run);
        Some(Looked::Judged)
    }

    /// The place of the run that fires next of those with this deadline: or with an earlier one, which something that has fired may have brought.
    fn next_due(&self, deadline: Millis) -> Option<usize> {
        let runs = self.customer.runs.iter().enumerate();
        let due = runs.filter(|(_, run)| run.deadline <= deadline && run.is_timed());
        // Of equal ones the first: they stand in the order of RunId.
        due.min_by_key(|(_, run)| {
            let priority = Reverse(self.journey(run.journey).priority);
            (run.deadline, run.place.is_running(), priority)
        })
        .map(|(place, _)| place)
    }
}
