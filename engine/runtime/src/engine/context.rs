//! What all shards of an engine share.

use super::bundle::Configurations;
use super::options::EngineSettings;
use super::topics::Layout;
use crate::admin::Board;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::producer::Producer;
use cartwheel_kafka::{KafkaConfig, Offsets, Topics};
use cartwheel_shard::checkpoint::StoreError;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Opens the checkpoint store of a partition, on the shard's thread.
pub type OpenStore<S> = dyn Fn(i32) -> Result<S, StoreError> + Send + Sync;

/// What all shards of an engine share.
pub(super) struct Context<S> {
    pub kafka: KafkaConfig,
    pub topics: Topics,
    pub layout: Layout,
    pub settings: EngineSettings,
    pub clock: Arc<dyn Clock>,
    pub configurations: Configurations,
    pub offsets: Arc<Offsets>,
    /// For what is not a shard's own: the configuration, leader records.
    pub producer: Arc<Producer>,
    pub board: Arc<Board>,
    pub metrics: Arc<Metrics>,
    pub open: Box<OpenStore<S>>,
}

/// How a shard's thread is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    /// Go on.
    No,
    /// Finish the turn, write a checkpoint, and end.
    Gracefully,
    /// The partition is somebody else's: end now.
    AtOnce,
}

/// Shared between a shard's thread and its supervisor.
#[derive(Debug)]
pub(super) struct Control {
    stop: AtomicU8,
    /// Next offset of the events partition, for the group's lag tools; -1 before it is known.
    pub next_offset: AtomicI64,
    /// Offset of the leader record.
    pub epoch: AtomicI64,
    /// Last sequence.
    pub seq: AtomicU64,
    /// [`crate::metrics::labels::ShardState`] as its index.
    pub state: AtomicU8,
    /// When the replay was done.
    running: OnceLock<Instant>,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            stop: AtomicU8::new(0),
            next_offset: AtomicI64::new(-1),
            epoch: AtomicI64::new(-1),
            seq: AtomicU64::new(0),
            state: AtomicU8::new(0),
            running: OnceLock::new(),
        }
    }
}

impl Control {
    /// Tells the thread to end; what was said before is only ever sharpened.
    pub fn stop(&self, how: Stop) {
        self.stop.fetch_max(how as u8, Ordering::Relaxed);
    }

    /// The replay is done: from now on the shard decides.
    pub fn run(&self, now: Instant) {
        self.running.get_or_init(|| now);
    }

    /// How long it has decided by `now`. The time that it took to recover says nothing about its health.
    pub fn ran(&self, now: Instant) -> Duration {
        self.running.get().map_or(Duration::ZERO, |since| now.saturating_duration_since(*since))
    }

    /// What the thread has been told.
    pub fn told(&self) -> Stop {
        match self.stop.load(Ordering::Relaxed) {
            0 => Stop::No,
            1 => Stop::Gracefully,
            _ => Stop::AtOnce,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_health_begins_when_the_replay_is_done() {
        let (control, started) = (Control::default(), Instant::now());
        let after = |minutes: u64| started + Duration::from_secs(60 * minutes);
        assert_eq!(control.ran(after(30)), Duration::ZERO, "it recovers for half an hour");
        control.run(after(30));
        control.run(after(31));
        assert_eq!(control.ran(after(32)), Duration::from_secs(120));
    }
}
