//! Records of control that bring codes of coupons: the shard takes in those that are its own (`docs/semantics.md`, "Coupons").

use crate::checkpoint::Store;
use crate::shard::Shard;
use cartwheel_core::coupon::{Load, Pools, Share};
use cartwheel_core::event::Record;
use cartwheel_core::stream::Streamed;

/// The field of a record of control that says what is to be done.
const CONTENT: &str = "control";

impl<S: Store> Shard<S> {
    /// Takes in the codes that a record brings; false, and nothing done, where that is about something else.
    pub(crate) fn apply_coupons(&mut self, record: &Record<'_>, streamed: &Streamed<'_>) -> bool {
        let Some(load) = streamed.field(CONTENT).and_then(Load::read) else { return false };
        let share = Share::of(self.identity.partition, self.identity.partitions);
        match load {
            Ok(load) => {
                let left = self.shared.pools.load(&load, share);
                let counts = self.counters.shared.codes.iter_mut();
                counts.zip(left).for_each(|(count, left)| *count += left);
            }
            Err(rejected) => self.bury(record, &rejected),
        }
        true
    }

    /// The pools of coupons.
    pub fn pools(&self) -> &Pools {
        &self.shared.pools
    }
}
