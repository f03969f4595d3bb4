//! The events of a shard, encoded beforehand.

use crate::Error;
use cartwheel_core::event::Record;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::time::Millis;
use cartwheel_workload::{Options, Shopped, Workload};

/// Bytes of room for an event: more than the mean.
const ROOM: usize = 256;

/// The events of one shard, one behind the other.
pub struct Input {
    bytes: Vec<u8>,
    /// Where each event ends, and its time.
    events: Vec<(usize, Millis)>,
}

impl Input {
    /// The events of `options` that belong to `shard` of `shards`.
    pub fn make(options: &Options, shard: i32, shards: i32) -> Result<Self, Error> {
        let own = Workload::new(options.clone())?
            .filter(|event| Partitioner::Murmur2.partition_of(&event.key(), shards) == shard);
        Ok(Self::of(own, options.events as usize / shards.unsigned_abs().max(1) as usize))
    }

    /// These events, roughly so many.
    pub fn of(events: impl Iterator<Item = Shopped>, expected: usize) -> Self {
        // Enough room from the start: what growing vectors leave behind would look like the shards' memory. Untouched room is none.
        let mut input = Self {
            bytes: Vec::with_capacity(ROOM * expected),
            events: Vec::with_capacity(expected + expected / 4),
        };
        for event in events {
            input.push(&event);
        }
        input
    }

    fn push(&mut self, event: &Shopped) {
        event.encode(&mut self.bytes);
        self.events.push((self.bytes.len(), event.time));
    }

    /// Other events in their place, in the same memory; whether there is any.
    pub fn refill(&mut self, events: impl Iterator<Item = Shopped>) -> bool {
        self.bytes.clear();
        self.events.clear();
        events.for_each(|event| self.push(&event));
        !self.is_empty()
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Bytes of memory that they take.
    pub fn memory(&self) -> u64 {
        (self.bytes.len() + size_of_val(&*self.events)) as u64
    }

    /// The record at this place.
    pub fn record(&self, place: usize) -> Record<'_> {
        let begin = place.checked_sub(1).map_or(0, |before| self.events[before].0);
        let (end, time) = self.events[place];
        Record { offset: place as i64, time, key: None, value: &self.bytes[begin..end] }
    }
}
