//! The events of a shard, encoded beforehand.

use crate::Error;
use cartwheel_core::event::Record;
use cartwheel_core::time::Millis;
use cartwheel_kafka::partition_of;
use cartwheel_workload::{Options, Workload};

/// The events of one shard, one behind the other.
#[derive(Default)]
pub struct Input {
    bytes: Vec<u8>,
    /// Where each event ends, and its time.
    events: Vec<(usize, Millis)>,
}

impl Input {
    /// The events of `options` that belong to `shard` of `shards`.
    pub fn make(options: &Options, shard: i32, shards: i32) -> Result<Self, Error> {
        let mut input = Self::default();
        for event in Workload::new(options.clone())?.filter(|event| partition_of(&event.key(), shards) == shard) {
            event.encode(&mut input.bytes);
            input.events.push((input.bytes.len(), event.time));
        }
        Ok(input)
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The record at this place.
    pub fn record(&self, place: usize) -> Record<'_> {
        let begin = place.checked_sub(1).map_or(0, |before| self.events[before].0);
        let (end, time) = self.events[place];
        Record { offset: place as i64, time, key: None, value: &self.bytes[begin..end] }
    }
}
