//! How many runs stand where, for metrics and the console.

use crate::checkpoint::Store;
use crate::shard::Shard;
use cartwheel_core::customer::Place;
use cartwheel_core::time::Millis;
use std::collections::BTreeMap;

/// Where the shard's runs stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Open windows, by index of the journey in the plan.
    pub windows: BTreeMap<u16, u64>,
    /// Entered and not finished, by index of the journey in the plan and of the operation in the journey.
    pub running: BTreeMap<(u16, u16), u64>,
}

/// Timers that are due and have not fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Customers with such a timer.
    pub customers: u64,
    /// The earliest deadline; none if nothing is due.
    pub oldest: Option<Millis>,
}

impl<S: Store> Shard<S> {
    /// What is due at or before `limit` and has not fired. Looks at every customer, unless it is known that nothing is due.
    pub fn due(&self, limit: Millis) -> Due {
        let mut due = Due::default();
        if !self.may_be_due(limit) {
            return due;
        }
        for slot in 0..self.table.len() as u32 {
            let deadline = self.table.get(slot).deadline;
            if deadline <= limit {
                due.customers += 1;
                due.oldest = Some(due.oldest.map_or(deadline, |oldest| oldest.min(deadline)));
            }
        }
        due
    }

    /// Counts all runs. Looks at every customer: not for every turn.
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for slot in 0..self.table.len() as u32 {
            for run in &self.table.get(slot).runs {
                match (run.place, run.place.op()) {
                    (Place::Window, _) => *census.windows.entry(run.journey).or_default() += 1,
                    (_, Some(op)) => *census.running.entry((run.journey, op)).or_default() += 1,
                    (_, None) => {}
                }
            }
        }
        census
    }
}
