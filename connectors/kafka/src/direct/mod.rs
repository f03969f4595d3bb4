//! Reading a partition without librdkafka's queues: one connection, one request under way while the records before are worked on, records
//! borrowed from its answers. A record costs no allocation and passes no other thread (ADR 10, ADR 18). And appending to one: records encoded where they
//! are decided, a batch a request, and an acknowledgement that says where in the log it stands (ADR 21).
//!
//! It knows TLS, PLAIN and SCRAM, brokers since 3.1 and batches of format 2. The rest is left to librdkafka: [`Source`](crate::Source) goes on with it at the same offset, [`SendsProducer`](crate::SendsProducer) begins with it.

mod again;
mod appender;
mod appending;
mod reader;
mod reading;
#[cfg(test)]
mod tests;
mod whereabouts;

pub(crate) use appender::DirectAppender;
pub use appending::Acknowledged;
pub(crate) use reader::Direct;

use crate::connection::{Security, addresses, followed, follows};
use crate::protocol::{Trouble, code};
use crate::{Error, KafkaConfig, settings};
use std::sync::Arc;

/// How brokers are reached.
#[derive(Debug)]
pub(crate) struct Reach {
    /// Brokers to ask first.
    pub bootstrap: Vec<(String, u16)>,
    pub security: Security,
    /// As which user we log in, for errors.
    who: String,
}

impl Reach {
    /// None where the settings are librdkafka's alone: what it is told by `properties` may be about what we would do otherwise.
    pub(crate) fn of(config: &KafkaConfig) -> Result<Option<Arc<Self>>, Error> {
        let settings = settings::common(config)?;
        let only_known = config.properties.iter().all(|(name, value)| follows(name, value));
        if !(config.direct_fetch && only_known && followed(&settings)) {
            return Ok(None);
        }
        let security = Security::of(&settings)?;
        let who = security.login.as_ref().map_or(String::new(), |login| {
            format!(" as user {:?} with {}", login.user, login.mechanism.name())
        });
        let bootstrap = addresses(&config.bootstrap);
        Ok(Some(Arc::new(Self { bootstrap, security, who })))
    }
}

/// Why nothing more is read now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lost {
    Trouble(Trouble),
    /// The topic is not there.
    NoTopic,
    /// The topic has only so many partitions.
    NoPartition(i32),
    /// There is a topic of this name, but not the one that was read.
    Replaced,
    /// The log was read up to the first offset, and now what was read ends at the second.
    Cut {
        read: i64,
        end: i64,
    },
    /// The log does not hold this offset.
    OutOfRange(i64),
}

impl From<Trouble> for Lost {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Lost {
    /// Whether librdkafka, which knows more, may get further.
    pub(crate) fn is_theirs(&self) -> bool {
        match self {
            Self::Trouble(Trouble::Old | Trouble::Unreadable) => true,
            Self::Trouble(
                Trouble::Connection(_)
                | Trouble::Untrusted(_)
                | Trouble::Denied(_)
                | Trouble::Code(_),
            )
            | Self::NoTopic
            | Self::NoPartition(_)
            | Self::Replaced
            | Self::Cut { .. }
            | Self::OutOfRange(_) => false,
        }
    }

    /// As callers see it.
    pub(crate) fn error(
        self,
        reach: &Reach,
        bootstrap: &str,
        doing: String,
        topic: &str,
        partition: i32,
    ) -> Error {
        let topic = topic.to_owned();
        match self {
            Self::NoTopic => Error::NoTopic { topic, bootstrap: bootstrap.to_owned() },
            Self::NoPartition(partitions) => Error::NoPartition { topic, partition, partitions },
            Self::Replaced => Error::Replaced { topic, partition },
            Self::Cut { read, end } => Error::Cut { topic, partition, read, end },
            Self::OutOfRange(offset) => Error::OffsetOutOfRange { topic, partition, offset },
            Self::Trouble(Trouble::Denied(reason)) => {
                Error::Denied { doing: format!("logging in{}", reach.who), reason }
            }
            Self::Trouble(Trouble::Untrusted(reason)) => Error::Untrusted { doing, reason },
            Self::Trouble(Trouble::Connection(reason)) => Error::Transient { doing, reason },
            Self::Trouble(Trouble::Code(code::TOPIC_AUTHORIZATION_FAILED)) => {
                Error::Denied { doing, reason: "the broker refuses this topic".to_owned() }
            }
            // The next try asks anew what the topic is.
            Self::Trouble(Trouble::Code(
                code::UNKNOWN_TOPIC_OR_PARTITION
                | code::UNKNOWN_TOPIC_ID
                | code::INCONSISTENT_TOPIC_ID,
            )) => Error::Transient { doing, reason: "the broker has no such topic".to_owned() },
            Self::Trouble(Trouble::Code(code)) => Error::of_number(code, &doing),
            Self::Trouble(Trouble::Old) => Error::Transient {
                doing,
                reason: "the broker does not know our requests (Kafka does since 3.1)".to_owned(),
            },
            Self::Trouble(Trouble::Unreadable) => {
                Error::Transient { doing, reason: "what is there cannot be read".to_owned() }
            }
        }
    }
}
