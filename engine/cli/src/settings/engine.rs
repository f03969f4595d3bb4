//! `engine:`: how shards keep time, batch and persist.

use cartwheel_core::time::{HOUR, SECOND, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The shards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Engine {
    /// Shard time stays this far behind the wall clock when caught up, for records still under way.
    pub margin: Span,
    /// A shard behind by more than this holds marketing until it has caught up.
    pub hold_after: Span,
    /// How often a shard writes its state to disk.
    pub checkpoint_interval: Span,
    /// Customers of all partitions, roughly. Before a shard leads it takes 200 bytes of memory for each of its share, and for their documents
    /// and decisions 512 bytes each, at most 144 MiB a shard: the system makes memory real only when it is first written, which is in the middle of
    /// turns otherwise. 0: memory is taken as it is needed.
    #[schemars(range(max = 1_000_000_000))]
    pub expected_customers: u32,
    /// Customers of one partition, at most. Somebody new beyond that is refused: a dead letter, `too_many_customers`. One
    /// takes from 200 to 700 bytes of memory, so that ten million take from 2 to 7 GB.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub max_customers_per_shard: u32,
    /// What a shard keeps of its decisions to explain them, MiB on disk. Of a log that is longer the oldest part is deleted. A decision takes some 70
    /// bytes: 4 GiB are 60 million.
    #[schemars(range(min = 32, max = 16_777_216))]
    pub decision_log_mib: u32,
    /// Records in one turn, at most.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_batch: u32,
    /// Records published and not yet read back; above it, a shard waits.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub in_flight: u32,
    /// A record further ahead of the wall clock than this is a dead letter; one that is less far ahead counts as 5 s ahead at most.
    pub max_clock_ahead: Span,
    /// The broker may take so long to answer at the start before the process gives up.
    pub start_timeout: Span,
    /// A shard may take so long to write its last checkpoint when it is asked to stop.
    pub stop_timeout: Span,
    /// Make missing topics at the start.
    pub create_topics: bool,
    /// Partitions of topics that are made: also the number of shards, for good. Where the events topic is there already, its number holds.
    #[schemars(range(min = 1, max = 4096))]
    pub partitions: u32,
    /// Copies of a topic that is made. Fewer than 3 exclude the loss of a broker's disk from the promise.
    #[schemars(range(min = 1, max = 15))]
    pub replication: u16,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            margin: Span(SECOND / 2),
            hold_after: Span(60 * SECOND),
            checkpoint_interval: Span(60 * SECOND),
            expected_customers: 0,
            max_customers_per_shard: 10_000_000,
            decision_log_mib: 4096,
            max_batch: 8192,
            in_flight: 50_000,
            max_clock_ahead: Span(HOUR),
            start_timeout: Span(20 * SECOND),
            stop_timeout: Span(20 * SECOND),
            create_topics: false,
            partitions: 8,
            replication: 3,
        }
    }
}
