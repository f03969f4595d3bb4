//! What the worker needs to know about limits and providers.

use crate::attempt::RetryPolicy;
use crate::breaker::BreakerPolicy;
use crate::bucket::Rate;
use cartwheel_core::channel::Channel;
use cartwheel_core::time::{Millis, SECOND};

/// The provider of one channel.
#[derive(Clone, Debug)]
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

/// Limits of one worker. Every queue is bounded by one of them.
#[derive(Clone, Debug)]
pub struct Config {
    /// The provider of each channel; a command for a channel that is not here is undeliverable.
    pub providers: Vec<(Channel, Provider)>,
    /// Name of the sends topic, for dead letters.
    pub sends_topic: String,
    /// `L`: how long a check of the suppressions holds, in ms. A suppression counts as acknowledged `L` plus a margin after its append.
    pub check_life: Millis,
    /// Commands held in memory per partition; those behind it are fetched again later.
    pub max_queued: usize,
    /// Unacknowledged writes per partition, above which it is paused.
    pub max_writes: usize,
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
            max_queued: 4_096,
            max_writes: 4_096,
            max_in_flight: 256,
            commit_every: SECOND,
            retry: RetryPolicy::default(),
            breaker: BreakerPolicy::default(),
        }
    }
}
