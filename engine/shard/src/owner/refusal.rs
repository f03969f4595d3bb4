//! Why an owner does not lead, or no longer.

use crate::checkpoint::StoreError;
use crate::error::ShardError;
use cartwheel_core::time::Millis;

/// Why an owner does not lead, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What the shard itself says.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// Another owner leads; says the generation of the group under which it does.
    #[error("another owner has taken over: leader record at offset {later}, ours is {ours}")]
    Deposed {
        /// Our epoch.
        ours: i64,
        /// Offset of the later leader record.
        later: i64,
        /// Its generation; none if its value cannot be read.
        generation: Option<i64>,
    },
    /// A record of ours stands in the log out of sequence: one before it is missing, or it is there twice.
    #[error("our own record at offset {offset} (sequence {seq}) is out of sequence")]
    Lost {
        /// Its offset.
        offset: i64,
        /// Its sequence.
        seq: u64,
    },
    /// Retention has passed what the checkpoint (or its absence) needs.
    #[error(
        "{topic}/{partition}: offset {wanted} is needed and the log begins at {start}; retention has passed it"
    )]
    RetentionPassed {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What is needed.
        wanted: i64,
        /// The first offset there is.
        start: i64,
    },
    /// The topics have another number of partitions than when the checkpoint was taken: customers' keys fall elsewhere.
    #[error(
        "{topic}: has {is} partitions, and the checkpoint of partition {partition} is of {was}: customers have moved between shards. \
         Go back to {was}, or begin with a new namespace"
    )]
    PartitionsChanged {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// How many there were.
        was: i32,
        /// How many there are.
        is: i32,
    },
    /// A topic has another number of partitions than when this process began: customers' keys fall elsewhere.
    #[error(
        "{topic}: has {is} partitions, and had {was} when this engine began: partition {partition} would not know all of its customers. \
         Go back to {was}, or begin with a new namespace"
    )]
    PartitionsAdded {
        /// The topic.
        topic: String,
        /// The partition that was to be led.
        partition: i32,
        /// How many there were.
        was: i32,
        /// How many there are.
        is: i32,
    },
    /// The sends partition ends before what the disk knows to be in it: the broker lost acknowledged records.
    #[error(
        "{topic}/{partition}: the checkpoint was confirmed at offset {checkpoint} and the log ends at {end}: acknowledged records were lost"
    )]
    DiskAhead {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Offset of the checkpoint's turn record.
        checkpoint: i64,
        /// The log's end.
        end: i64,
    },
    /// A turn of the log was decided on events that are not there.
    #[error(
        "{topic}/{partition}: the log of decisions reaches offset {wanted} and the events end at {end}"
    )]
    EventsMissing {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Next offset of the log's last turn.
        wanted: i64,
        /// The end of the events.
        end: i64,
    },
}

impl Refusal {
    /// Whether a person must look: taking over again would end the same, or hide something.
    pub fn is_final(&self) -> bool {
        match self {
            Refusal::Shard(error) => match error {
                ShardError::ChainDiffers { .. }
                | ShardError::InputChanged { .. }
                | ShardError::CheckpointNotInLog { .. }
                | ShardError::UnknownSemantics { .. }
                | ShardError::BadLog { .. }
                | ShardError::Store(StoreError::Damaged(_))
                | ShardError::State(_) => true,
                ShardError::Deposed { .. }
                | ShardError::ClockBehind { .. }
                | ShardError::UnknownConfiguration(_)
                | ShardError::Store(_) => false,
            },
            Refusal::RetentionPassed { .. }
            | Refusal::PartitionsChanged { .. }
            | Refusal::PartitionsAdded { .. }
            | Refusal::DiskAhead { .. }
            | Refusal::EventsMissing { .. } => true,
            Refusal::Deposed { .. } | Refusal::Lost { .. } => false,
        }
    }

    /// Whether it is an ordinary change of owner.
    pub fn is_deposed(&self) -> bool {
        matches!(self, Refusal::Deposed { .. } | Refusal::Shard(ShardError::Deposed { .. }))
    }

    /// How far (ms) the wall clock that stopped the intake lies behind shard time; 0 if it was something else.
    pub fn clock_behind(&self) -> Millis {
        match self {
            Refusal::Shard(ShardError::ClockBehind { behind_ms, .. }) => *behind_ms,
            _ => 0,
        }
    }
}
