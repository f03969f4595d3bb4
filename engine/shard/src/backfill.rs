//! Past events that are read in for facts of their own (`docs/semantics.md`, "Past events").

use crate::checkpoint::Store;
use crate::shard::Shard;
use cartwheel_core::apply::EventTime;
use cartwheel_core::event::{Event, Record, Rejected};
use cartwheel_core::id::CustomerId;
use cartwheel_core::stream::{Past, Streamed};

impl<S: Store> Shard<S> {
    /// Applies the past event that the record brings; the record has had its number.
    pub(crate) fn apply_past(&mut self, record: &Record<'_>, streamed: &Streamed<'_>) {
        let read = Past::read(streamed, record.time, &self.core.plan.policy);
        let known = read.and_then(|past| {
            let slot = self.slot_of(&past.event, record.offset)?;
            Ok((past, slot))
        });
        match known {
            Ok((past, slot)) => self.feed(record, &past, slot),
            Err(rejected) => self.bury(record, &rejected),
        }
    }

    /// The slot of the event's customer, who may be new; or why there is none.
    fn slot_of(&mut self, event: &Event<'_>, offset: i64) -> Result<u32, Rejected> {
        if let Some(slot) = self.table.find(CustomerId::of(&event.customer)) {
            return Ok(slot);
        }
        match self.refused(event.customer.as_bytes(), offset) {
            Some(rejected) => Err(rejected),
            None => Ok(self.add(CustomerId::of(&event.customer), event)),
        }
    }

    fn feed(&mut self, record: &Record<'_>, past: &Past<'_>, slot: u32) {
        let time = EventTime::new(past.event.time, record.time, self.position.seen);
        let customer = self.table.get_mut(slot);
        let was_dirty = customer.dirty;
        let mut environment = self.shared.environment(&self.position, &mut self.effects);
        let what = (&past.event, |fact: &str| past.is_for(fact));
        let left_out = self.core.past(customer, what, time, &mut environment);
        if !left_out.is_empty() {
            self.degraded(record, &past.event, left_out, slot);
        }
        self.settle(slot, was_dirty);
    }
}
