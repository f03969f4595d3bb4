//! Why a shard stops. Every error leaves it unusable: the runtime drops it and takes over again, or quarantines it.

use crate::checkpoint::StoreError;
use cartwheel_core::customer::StateError;
use cartwheel_core::time::Millis;

/// Why a shard stops.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// A later leader record stands in the sends partition.
    #[error("another owner has taken over: leader record at offset {later}, ours is {ours}")]
    Deposed {
        /// Our epoch.
        ours: i64,
        /// The later one.
        later: i64,
    },
    /// Wall time lies so far behind shard time that it is wrong; the next record waits, since by it that would come from the future.
    #[error(
        "the wall clock is {behind_ms} ms behind shard time (limit {limit_ms} ms): correct this machine's clock; the record at offset {offset} waits for it"
    )]
    ClockBehind {
        /// Offset of the record that waits.
        offset: i64,
        /// How far.
        behind_ms: Millis,
        /// The limit.
        limit_ms: Millis,
    },
    /// The replay of a turn gives another chain hash than the log states.
    #[error(
        "replay of the turn with sequence {seq} (next offset {next_offset}) differs: the log says {log}, the replay {replay}"
    )]
    ChainDiffers {
        /// Sequence of the turn record.
        seq: u64,
        /// Its next offset.
        next_offset: i64,
        /// The chain hash in the log.
        log: String,
        /// The chain hash of the replay.
        replay: String,
    },
    /// The checkpoint is not confirmed by the log.
    #[error("the checkpoint at sequence {seq} is not in the accepted log: {why}")]
    CheckpointNotInLog {
        /// The checkpoint's sequence.
        seq: u64,
        /// What is there instead.
        why: String,
    },
    /// A turn record names a configuration that is not known.
    #[error("configuration {0} is named by the log but not in the configurations topic")]
    UnknownConfiguration(String),
    /// A turn record behind the checkpoint was decided under rules that this build does not have.
    #[error(
        "the turn with sequence {seq} was decided under semantics {log}; this build has {ours} and cannot decide it again. \
         Start the previous build once, let it catch up and stop it: it leaves a checkpoint that ends its log, and this build starts there"
    )]
    UnknownSemantics {
        /// Sequence of the turn record.
        seq: u64,
        /// The number that it states.
        log: u32,
        /// This build's.
        ours: u32,
    },
    /// The last applied record is another one than at the checkpoint: the topic was recreated or truncated.
    #[error(
        "the record at offset {offset} of the events partition is not the one that was applied: the topic was recreated or truncated"
    )]
    InputChanged {
        /// The offset.
        offset: i64,
    },
    /// A record of our own sends partition is malformed.
    #[error("record at offset {offset} of the sends partition is malformed: {why}")]
    BadLog {
        /// Its offset.
        offset: i64,
        /// Why.
        why: String,
    },
    /// The checkpoint store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A customer's stored state.
    #[error(transparent)]
    State(#[from] StateError),
}
