//! What can go wrong with Kafka, by what the caller should do about it.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::types::{RDKafkaConfRes, RDKafkaRespErr};

/// An error of a Kafka client. Carries names of topics and hosts, never keys or values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used.
    #[error("Kafka configuration: {0}")]
    Config(String),
    /// The topic is not there.
    #[error("topic {topic} does not exist on {bootstrap}; create it or run with --create-topics")]
    NoTopic {
        /// The topic.
        topic: String,
        /// Where it was looked for.
        bootstrap: String,
    },
    /// The topic has fewer partitions.
    #[error("topic {topic} has {partitions} partitions; there is no partition {partition}")]
    NoPartition {
        /// The topic.
        topic: String,
        /// The partition that was asked for.
        partition: i32,
        /// How many there are.
        partitions: i32,
    },
    /// The log does not hold the wanted offset. Never reset silently: the caller decides.
    #[error(
        "offset {offset} of {topic}/{partition} is not in the log (retention has passed it, or the topic was made anew)"
    )]
    OffsetOutOfRange {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that was asked for.
        offset: i64,
    },
    /// There is a topic of this name, but another one than was read. Never read instead: the caller decides.
    #[error(
        "topic {topic} was deleted and made anew while {topic}/{partition} was read: what stands in it now is not what was read before"
    )]
    Replaced {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// The log has lost what was read of it.
    #[error(
        "{topic}/{partition} was read up to offset {read}, and what was read ends at offset {end} now: its new leader does not have the rest (an unclean election, or a lost disk)"
    )]
    Cut {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset behind what was read.
        read: i64,
        /// Where that ends now.
        end: i64,
    },
    /// The broker's certificate does not prove that it is the one that was called, or it does not take ours.
    #[error(
        "{doing}: no trust ({reason}); check ssl_ca_file, the names in the broker's certificate, and ssl_certificate_file"
    )]
    Untrusted {
        /// What was tried.
        doing: String,
        /// What TLS says.
        reason: String,
    },
    /// The broker refuses these credentials or lacks a permission for them.
    #[error("{doing}: not allowed ({reason}); check the credentials and the ACLs")]
    Denied {
        /// What was tried.
        doing: String,
        /// The broker's words.
        reason: String,
    },
    /// Broker down, leader moving, time run out: the same call may succeed later. librdkafka reconnects by itself.
    #[error("{doing}: {reason}")]
    Transient {
        /// What was tried.
        doing: String,
        /// Why it failed.
        reason: String,
    },
    /// The producer's queue is full: poll, then send again.
    #[error("the producer's queue is full")]
    QueueFull,
    /// A record is longer than the topic takes.
    #[error(
        "{doing}: a record is larger than the topic's max.message.bytes or the client's message_max_bytes"
    )]
    TooLarge {
        /// What was tried.
        doing: String,
    },
    /// This client can do no more; make a new one.
    #[error("{doing}: {reason} (this client is finished)")]
    Fatal {
        /// What was tried.
        doing: String,
        /// Why it failed.
        reason: String,
    },
}

impl Error {
    /// Whether the same call on the same client may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Transient { .. } | Error::QueueFull)
    }

    /// Sorts a code of librdkafka's; `doing` says what was tried, `reason` is librdkafka's text.
    pub(crate) fn of_code(code: Code, doing: &str, reason: &str) -> Self {
        let (doing, reason) = (doing.to_owned(), reason.to_owned());
        match code {
            Code::QueueFull => Error::QueueFull,
            Code::MessageSizeTooLarge => Error::TooLarge { doing },
            Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed => Error::Denied { doing, reason },
            code if transient(code) => Error::Transient { doing, reason },
            _ => Error::Fatal { doing, reason },
        }
    }

    /// Sorts a code as it stands in a broker's answer; librdkafka's are the same.
    pub(crate) fn of_number(number: i16, doing: &str) -> Self {
        match RDKafkaRespErr::try_from(i32::from(number)).map(Code::from) {
            Ok(code) => Self::of_code(code, doing, &code.to_string()),
            Err(_) => {
                let reason = format!("the broker answers with code {number}");
                Error::Fatal { doing: doing.to_owned(), reason }
            }
        }
    }

    /// The same for the wrapper's error.
    pub(crate) fn of(error: &KafkaError, doing: &str) -> Self {
        if let KafkaError::ClientConfig(refusal, _, property, _) = error {
            return Self::of_property(*refusal, property);
        }
        match code_of(error) {
            Some(code) => Self::of_code(code, doing, &code.to_string()),
            None => Error::Fatal { doing: doing.to_owned(), reason: error.to_string() },
        }
    }

    /// A property that librdkafka does not take. Its own words repeat the value, which may be a secret.
    fn of_property(refusal: RDKafkaConfRes, property: &str) -> Self {
        Error::Config(match refusal {
            RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN => {
                format!("librdkafka has no property {property}")
            }
            _ => format!("property {property} does not take the value that it is given"),
        })
    }
}

/// The code in an error, if it has one.
pub(crate) fn code_of(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) | KafkaError::MockCluster(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// Whether librdkafka or the cluster may recover without us.
fn transient(code: Code) -> bool {
    matches!(
        code,
        Code::AllBrokersDown
            | Code::BrokerTransportFailure
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::MessageTimedOut
            | Code::TimedOutQueue
            | Code::WaitingForCoordinator
            | Code::WaitCache
            | Code::Retry
            | Code::InProgress
            | Code::AssignmentLost
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::ReplicaNotAvailable
            | Code::BrokerNotAvailable
            | Code::RequestTimedOut
            | Code::NetworkException
            | Code::KafkaStorageError
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::RebalanceInProgress
            | Code::IllegalGeneration
            | Code::UnknownMemberId
            | Code::NotController
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::OffsetNotAvailable
            | Code::UnstableOffsetCommit
            | Code::ThrottlingQuotaExceeded
    )
}
