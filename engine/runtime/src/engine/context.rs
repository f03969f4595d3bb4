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
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};

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
}

impl Default for Control {
    fn default() -> Self {
        Self {
            stop: AtomicU8::new(0),
            next_offset: AtomicI64::new(-1),
            epoch: AtomicI64::new(-1),
            seq: AtomicU64::new(0),
            state: AtomicU8::new(0),
        }
    }
}

impl Control {
    /// Tells the thread to end; what was said before is only ever sharpened.
    pub fn stop(&self, how: Stop) {
        self.stop.fetch_max(how as u8, Ordering::Relaxed);
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
