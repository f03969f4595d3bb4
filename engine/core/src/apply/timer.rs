//! A deadline has come: a window has passed, a wait is over, a send is asked again, a fallback's time is up, a goal's time is over.

use super::{Core, Turn};
use crate::customer::{Customer, Stage};
use crate::decision::Reason;
use crate::journey::plan::Op;
use crate::time::Millis;
use std::sync::Arc;

impl Core {
    /// Fires the runs of the customer whose deadline is exactly `deadline`, in order of RunId, at shard time `now`; at most
    /// `budget`. Returns how many fired.
    pub fn fire(
        &self,
        customer: &mut Customer,
        deadline: Millis,
        now: Millis,
        budget: u64,
        turn: &mut Turn<'_>,
    ) -> u64 {
        let mut fired = 0;
        let mut place = 0;
        while let Some(run) = customer.runs.get(place).filter(|_| fired < budget) {
            if run.held || run.deadline != deadline {
                place += 1;
                continue;
            }
            let id = run.id;
            customer.dirty = true;
            self.fire_run(customer, place, now, turn);
            fired += 1;
            // A run that is gone has made place for the next one.
            if customer.runs.get(place).is_some_and(|run| run.id == id) {
                place += 1;
            }
        }
        customer.runs_changed();
        fired
    }

    fn fire_run(&self, customer: &mut Customer, place: usize, now: Millis, turn: &mut Turn<'_>) {
        let plan = Arc::clone(&self.plan);
        let run = &mut customer.runs[place];
        match run.stage {
            Stage::Window => return self.enter(customer, place, now, Reason::Window, turn),
            Stage::Lingering => {
                customer.runs.remove(place);
                return;
            }
            Stage::Running => {}
        }
        match plan.journeys[usize::from(run.journey)].ops.get(usize::from(run.op)) {
            Some(Op::Wait { .. } | Op::WaitUntil { .. }) => {
                run.anchor = now;
                run.op += 1;
            }
            Some(Op::Send { .. }) if run.choice > 0 && run.engaged => {
                self.leave_send_op(customer, place)
            }
            _ => {}
        }
        self.execute(customer, place, now, turn);
    }

    /// The shard has caught up: every held run's deadline counts again. True if the customer had one.
    pub fn release(&self, customer: &mut Customer) -> bool {
        let mut any = false;
        for run in customer.runs.iter_mut().filter(|run| run.held) {
            run.held = false;
            any = true;
        }
        if any {
            customer.dirty = true;
            customer.runs_changed();
        }
        any
    }
}
