//! Why a shard stopped, and what follows from it.

use cartwheel_core::time::Millis;
use cartwheel_shard::ShardError;
use cartwheel_shard::checkpoint::StoreError;
use cartwheel_shard::owner::Refusal;

/// Why a shard stopped.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What the owner says: a rule of the shard protocol.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] cartwheel_kafka::Error),
    /// The checkpoint store is held by another process, or cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
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
            Failure::Refused(refusal) if refusal.is_final() => Remedy::Quarantine,
            Failure::Kafka(
                cartwheel_kafka::Error::OffsetOutOfRange { .. }
                | cartwheel_kafka::Error::Replaced { .. }
                | cartwheel_kafka::Error::Cut { .. },
            )
            | Failure::Store(StoreError::Damaged(_)) => Remedy::Quarantine,
            Failure::Refused(_)
            | Failure::Kafka(_)
            | Failure::Store(_)
            | Failure::Configuration { .. }
            | Failure::Panic(_) => Remedy::Restart,
        }
    }

    /// How far (ms) the machine's clock that stopped the intake lies behind shard time; 0 if it was something else.
    pub fn clock_behind(&self) -> Millis {
        match self {
            Failure::Refused(refusal) => refusal.clock_behind(),
            _ => 0,
        }
    }

    /// Whether it is an ordinary change of owner.
    pub fn is_deposed(&self) -> bool {
        matches!(self, Failure::Refused(refusal) if refusal.is_deposed())
    }
}

impl From<ShardError> for Failure {
    fn from(error: ShardError) -> Self {
        Failure::Refused(error.into())
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
        let topic = || "events".to_owned();
        for lost in [
            cartwheel_kafka::Error::Replaced { topic: topic(), partition: 0 },
            cartwheel_kafka::Error::Cut { topic: topic(), partition: 0, read: 2, end: 1 },
        ] {
            assert_eq!(Failure::Kafka(lost).remedy(), Remedy::Quarantine);
        }
        let slow = Failure::from(ShardError::ClockBehind { offset: 1, behind_ms: 7, limit_ms: 3 });
        assert_eq!((slow.remedy(), slow.clock_behind()), (Remedy::Restart, 7));
        let deposed = Failure::from(Refusal::Deposed { ours: 1, later: 2, generation: None });
        assert!(deposed.is_deposed() && deposed.remedy() == Remedy::Restart);
        assert_eq!(Failure::Panic("here".into()).remedy(), Remedy::Restart);
    }
}
