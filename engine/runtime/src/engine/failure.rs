//! Why a shard stopped, and what follows from it.

use cartwheel_core::time::Millis;
use cartwheel_shard::ShardError;
use cartwheel_shard::checkpoint::StoreError;

/// Why a shard stopped.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
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
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] cartwheel_kafka::Error),
    /// The checkpoint store is held by another process, or cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    /// A configuration that the log names cannot be compiled to the same plan.
    #[error("configuration {hash} cannot be used: {why}")]
    Configuration {
        /// Its hash.
        hash: String,
        /// Why.
        why: String,
    },
    /// The shard's thread panicked: a defect. The message says where.
    #[error("the shard's thread panicked: {0}")]
    Panic(String),
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Take over again, later.
    Restart,
    /// A person must look: a restart would end the same, or hide something.
    Quarantine,
}

impl Failure {
    /// What follows. Panics are counted by the supervisor.
    pub fn remedy(&self) -> Remedy {
        match self {
            Failure::Shard(error) => match error {
                ShardError::ChainDiffers { .. }
                | ShardError::InputChanged { .. }
                | ShardError::CheckpointNotInLog { .. }
                | ShardError::UnknownSemantics(..)
                | ShardError::BadLog { .. }
                | ShardError::Store(StoreError::Damaged(_))
                | ShardError::State(_) => Remedy::Quarantine,
                ShardError::Deposed { .. }
                | ShardError::ClockAhead { .. }
                | ShardError::UnknownConfiguration(_)
                | ShardError::Store(_) => Remedy::Restart,
            },
            Failure::RetentionPassed { .. }
            | Failure::PartitionsChanged { .. }
            | Failure::DiskAhead { .. }
            | Failure::EventsMissing { .. } => Remedy::Quarantine,
            Failure::Kafka(cartwheel_kafka::Error::OffsetOutOfRange { .. })
            | Failure::Store(StoreError::Damaged(_)) => Remedy::Quarantine,
            Failure::Deposed { .. }
            | Failure::Lost { .. }
            | Failure::Kafka(_)
            | Failure::Store(_)
            | Failure::Configuration { .. }
            | Failure::Panic(_) => Remedy::Restart,
        }
    }

    /// How far (ms) the record that stopped the intake lies ahead of the clock; 0 if it was something else.
    pub fn record_ahead(&self) -> Millis {
        match self {
            Failure::Shard(ShardError::ClockAhead { ahead_ms, .. }) => *ahead_ms,
            _ => 0,
        }
    }

    /// Whether it is an ordinary change of owner.
    pub fn is_deposed(&self) -> bool {
        matches!(self, Failure::Deposed { .. } | Failure::Shard(ShardError::Deposed { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_restart_cannot_heal_is_quarantined() {
        let differs = ShardError::ChainDiffers {
            seq: 1,
            next_offset: 2,
            log: "a".into(),
            replay: "b".into(),
        };
        assert_eq!(Failure::from(differs).remedy(), Remedy::Quarantine);
        assert_eq!(
            Failure::from(ShardError::InputChanged { offset: 1 }).remedy(),
            Remedy::Quarantine
        );
        let ahead = Failure::from(ShardError::ClockAhead { offset: 1, ahead_ms: 7, limit_ms: 3 });
        assert_eq!((ahead.remedy(), ahead.record_ahead()), (Remedy::Restart, 7));
        let deposed = Failure::Deposed { ours: 1, later: 2, generation: None };
        assert!(deposed.is_deposed() && deposed.remedy() == Remedy::Restart);
        assert_eq!(Failure::Panic("here".into()).remedy(), Remedy::Restart);
    }
}
