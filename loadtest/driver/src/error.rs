//! What can go wrong.

use std::path::Path;

/// Why a load test has no result, or a bad one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The broker did not start.
    #[error(transparent)]
    Broker(#[from] cartwheel_broker::Error),
    /// A broker client failed.
    #[error(transparent)]
    Kafka(#[from] cartwheel_kafka::Error),
    /// Records could not be written.
    #[error("writing events: {0}")]
    Produce(#[from] rdkafka::error::KafkaError),
    /// The options make no stream of events.
    #[error(transparent)]
    Workload(#[from] cartwheel_workload::stream::Invalid),
    /// The shard failed.
    #[error(transparent)]
    Shard(#[from] cartwheel_shard::ShardError),
    /// A file or process operation failed.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// The configuration folder is not usable.
    #[error("{0}")]
    Config(String),
    /// A record of a topic of messages is not what it should be.
    #[error("partition {partition}, offset {offset}: {why}")]
    BadRecord {
        /// The partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
        /// What is wrong with it.
        why: String,
    },
    /// A child process ended or stood still.
    #[error("{what}; the end of its log:\n{log_end}")]
    Child {
        /// What happened to which.
        what: String,
        /// The last lines that it wrote.
        log_end: String,
    },
    /// The peers could not be built.
    #[error(
        "building the peers with Maven failed (are `mvn` and a JDK installed, and is a repository reachable?): {0}"
    )]
    Maven(String),
    /// Messages did not come, or came twice, or something else was measured than it should: the run has no figure.
    #[error("the run is void: {0}")]
    Void(String),
    /// The engine, or a peer, decided something else than the reference model.
    #[error("what was sent differs from the reference model: {0}")]
    Differs(String),
}

/// The exit status of a run that has no figure, since what was sent is not what had to be.
pub(crate) const VOID: u8 = 65;
/// That of all else that can go wrong.
const FAILED: u8 = 69;

impl Error {
    /// The exit status of a process that ends with it.
    pub fn status(&self) -> u8 {
        if matches!(self, Error::Differs(_) | Error::Void(_)) { VOID } else { FAILED }
    }

    /// An I/O failure of `what`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Error::Io(what, error)
    }

    /// A child's failure, with the last lines of its log.
    pub fn child(what: impl Into<String>, log: &Path) -> Self {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        Error::Child {
            what: what.into(),
            log_end: lines[lines.len().saturating_sub(20)..].join("\n"),
        }
    }
}
