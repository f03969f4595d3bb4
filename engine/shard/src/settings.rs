//! What a shard is told once.

use crate::index::IndexKey;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::time::{HOUR, Millis, SECOND};

/// Which shard this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The events topic's name; stands in dead letters.
    pub events_topic: String,
    /// The partition of both topics.
    pub partition: i32,
    /// How many partitions the topics have. With another number keys fall elsewhere: a checkpoint of another number is refused.
    pub partitions: i32,
    /// How the events topic's producers choose a customer's partition.
    pub partitioner: Partitioner,
}

/// Limits and periods of a shard.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Behind by more than this (ms): marketing is held. [`Millis::MAX`] never holds.
    pub hold_after: Millis,
    /// A record further (ms) ahead of wall time is a dead letter; one that is less far ahead counts as 5 s ahead at most. [`Millis::MAX`]: every
    /// record counts with its own time.
    pub max_clock_ahead: Millis,
    /// Timers fired, or customers reached by a broadcast, in one turn at most; a storm is cut into turns of this size.
    pub max_timers: u64,
    /// Records published in one turn at most, roughly: a turn ends at the event that reaches it.
    pub max_effects: usize,
    /// Bytes of them: a turn ends at the event or timer that reaches it. What is counted late (the last 64 commands) and what the last event or
    /// customer makes come on top.
    pub max_turn_bytes: usize,
    /// Bytes of documents and decisions in memory that are written without waiting for the checkpoint.
    pub max_journal: usize,
    /// How often that is done between two checkpoints, at most.
    pub max_spills: u32,
    /// Bytes of the log of documents below which it is left alone; in a longer one, customers are gone through for what lies far back.
    pub short_log: u64,
    /// Customers at most. Whoever would be one more is refused (`too_many_customers`): memory has an end, and a shard that has come to it would take
    /// the others along.
    pub max_customers: usize,
    /// Where customers stand in the index; of no other consequence. One for a process.
    pub index_key: IndexKey,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold_after: 60 * SECOND,
            max_clock_ahead: HOUR,
            max_timers: 4_096,
            max_effects: 8_192,
            max_turn_bytes: 32 << 20,
            max_journal: 32 << 20,
            max_spills: 16,
            short_log: 4 << 30,
            max_customers: 10_000_000,
            index_key: IndexKey::random(),
        }
    }
}

impl Settings {
    /// For a shard that is driven without a wall clock: it never holds, and takes records of any time.
    pub fn without_clock() -> Self {
        Self { hold_after: Millis::MAX, max_clock_ahead: Millis::MAX, ..Self::default() }
    }
}
