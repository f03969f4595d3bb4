//! What the worker needs to know about limits and providers.

use crate::attempt::RetryPolicy;
use crate::breaker::BreakerPolicy;
use crate::bucket::Rate;
use cartwheel_core::channel::Channel;
use cartwheel_core::time::{Millis, SECOND};

/// The provider of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in receipts, metrics and the ledger.
    pub name: String,
    /// The account that its rate limit belongs to; channels with the same account share one bucket (the first one's rate).
    pub account: String,
    /// How long it honours an idempotency key, in ms, less the longest time that a call takes to reach it; none for a provider without them.
    pub key_life: Option<Millis>,
    /// The rate of the account.
    pub rate: Rate,
    /// Calls at one time.
    pub max_in_flight: usize,
}

/// What a queue has room for. One more is taken while both are not reached, so the bytes may be exceeded by one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Records.
    pub count: usize,
    /// Bytes of their values. A command that was read takes several times those of its record.
    pub bytes: usize,
}

impl Room {
    /// Whether a queue of this many records and bytes takes one more.
    pub const fn takes(self, count: usize, bytes: usize) -> bool {
        count < self.count && bytes < self.bytes
    }

    /// Whether a queue is at most half full.
    pub const fn is_half_empty(self, count: usize, bytes: usize) -> bool {
        count <= self.count / 2 && bytes <= self.bytes / 2
    }
}

/// Limits of one worker. Every queue is bounded by one of them.
#[derive(Clone, Debug)]
pub struct Config {
    /// The provider of each channel; a command for a channel that is not here is undeliverable.
    pub providers: Vec<(Channel, Provider)>,
    /// Name of the sends topic, for dead letters.
    pub sends_topic: String,
    /// `L`: how long a check of the suppressions holds, in ms. A suppression counts as acknowledged `L` plus a margin after its append.
    pub check_life: Millis,
    /// What may be held in memory per partition; the commands behind it are fetched again later.
    pub queue: Room,
    /// Unacknowledged writes per partition, above which it is paused.
    pub writes: Room,
    /// Words in the view of the suppressions: one for each address, source partition and reason. Where one more has no room, the view no longer
    /// says of any address that it may be called: see [`crate::suppression`].
    pub max_suppressions: usize,
    /// Commands that the ledgers of all partitions remember. Where one more has no room, none that is not among them is called.
    pub max_remembered: usize,
    /// Calls at one time, over all channels.
    pub max_in_flight: usize,
    /// Least time between two commits of a partition, in ms.
    pub commit_every: Millis,
    /// How often and when to call again.
    pub retry: RetryPolicy,
    /// When a provider counts as down.
    pub breaker: BreakerPolicy,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            sends_topic: "sends".to_owned(),
            check_life: 5 * SECOND,
            queue: Room { count: 4_096, bytes: 16 << 20 },
            writes: Room { count: 4_096, bytes: 16 << 20 },
            max_suppressions: 10_000_000,
            max_remembered: 20_000_000,
            max_in_flight: 256,
            commit_every: SECOND,
            retry: RetryPolicy::default(),
            breaker: BreakerPolicy::default(),
        }
    }
}
