//! A deadline has come: a window has passed, a wait is over, a send is asked again, a fallback's time is up, a goal's time is over.

use super::context::Context;
use super::emitted::Emitted;
use super::{Core, Environment};
use crate::customer::{Customer, Place};
use crate::time::Millis;

/// Timers that are to fire.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Exactly those of this deadline.
    pub deadline: Millis,
    /// What they see as shard time.
    pub now: Millis,
    /// At most so many.
    pub budget: u64,
}

impl Core {
    /// Fires the runs of the customer whose deadline has come, in order of RunId. Returns how many fired.
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
            mode: environment.mode,
            effects: environment.effects,
            emitted: Emitted::default(),
        };
        let mut fired = 0;
        let mut place = 0;
        while let Some(run) = context.customer.runs.get(place).filter(|_| fired < due.budget) {
            if run.is_held() || run.deadline != due.deadline {
                place += 1;
                continue;
            }
            let id = run.id;
            context.customer.dirty = true;
            let run = context.customer.runs.remove(place);
            context.wake(run);
            context.apply_emitted();
            fired += 1;
            // It may be gone, and with it one that had finished.
            place = context.customer.runs.partition_point(|run| run.id <= id);
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
