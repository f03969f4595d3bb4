//! From a record to a changed customer: decode, find, apply, arm.

use crate::checkpoint::Store;
use crate::shard::Shard;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwheel_core::apply::{Applied, EventTime, Turn};
use cartwheel_core::customer::{Customer, Document};
use cartwheel_core::event::{Event, Record, Rejected, decode};
use cartwheel_core::id::CustomerId;
use cartwheel_core::sends::{Dead, Poison, Skipped};

/// A dead letter carries the record up to this many bytes.
const MAX_DEAD_VALUE: usize = 256 * 1024;

impl<S: Store> Shard<S> {
    /// Applies one record; timers due by its time have fired.
    pub(crate) fn apply(&mut self, record: &Record<'_>) {
        // A record's time is whatever its producer wrote; -1 is none.
        let record = &Record { time: record.time.max(0), ..*record };
        self.position.seen = self.position.seen.max(record.time);
        self.position.now = self.position.now.max(self.position.seen);
        self.position.next_offset = record.offset + 1;
        match decode(record.value, record.time, &self.core.plan.policy) {
            Ok(event) => self.apply_event(record, &event),
            Err(rejected) => self.bury(record, &rejected),
        }
    }

    fn apply_event(&mut self, record: &Record<'_>, event: &Event<'_>) {
        let seen = self.position.seen;
        let stated = event.time.unwrap_or(record.time);
        let time = EventTime { at: stated.min(seen), seen, age: seen - stated };
        let slot = self.slot_of(event);
        let customer = self.table.get_mut(slot);
        let was_dirty = customer.dirty;
        let mut turn = Turn { mode: self.position.mode, effects: &mut self.effects };
        match self.core.event(customer, event, time, &mut turn) {
            Applied::Wanted => self.counters.wanted += 1,
            Applied::Unwanted => self.counters.unwanted += 1,
            Applied::Duplicate => self.counters.duplicates += 1,
        }
        self.arm(slot);
        self.table.changed(slot, was_dirty);
    }

    /// The customer's slot; somebody new gets one, and a name among the documents.
    fn slot_of(&mut self, event: &Event<'_>) -> u32 {
        let id = CustomerId::of(&event.customer);
        if let Some(slot) = self.table.find(id) {
            return slot;
        }
        let mut customer = Customer::new(id);
        self.effects.journal.append(&mut customer.cold, Document::Name, event.customer.as_bytes());
        self.table.add(customer)
    }

    /// A record that cannot be applied: its offset stands in the turn record, the rest in a dead letter.
    fn bury(&mut self, record: &Record<'_>, rejected: &Rejected) {
        let place = Poison::ALL.iter().position(|reason| *reason == rejected.reason).unwrap_or_default();
        self.counters.poison[place] += 1;
        self.skipped.push(Skipped { offset: record.offset, reason: rejected.reason });
        self.dead.push(Dead {
            topic: self.identity.events_topic.clone(),
            partition: self.identity.partition,
            offset: record.offset,
            reason: rejected.reason,
            detail: rejected.detail.clone().into_owned(),
            key: record.key.map(|key| STANDARD.encode(&key[..key.len().min(1024)])),
            value: (record.value.len() <= MAX_DEAD_VALUE).then(|| STANDARD.encode(record.value)),
        });
    }
}
