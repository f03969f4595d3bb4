//! How many runs stand where, for metrics and the console.

use crate::checkpoint::Store;
use crate::shard::Shard;
use cartwheel_core::customer::Stage;
use std::collections::BTreeMap;

/// Where the shard's runs stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Open windows.
    pub windows: u64,
    /// Entered and not finished, by index of the journey in the plan and of the operation in the journey.
    pub running: BTreeMap<(u16, u16), u64>,
}

impl<S: Store> Shard<S> {
    /// Counts all runs. Looks at every customer: not for every turn.
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for slot in 0..self.table.len() as u32 {
            for run in &self.table.get(slot).runs {
                match run.stage {
                    Stage::Window => census.windows += 1,
                    Stage::Running => *census.running.entry((run.journey, run.op)).or_default() += 1,
                    Stage::Lingering => {}
                }
            }
        }
        census
    }
}
