//! Where partitions begin and end, asked of the broker each time.

use crate::config::KafkaConfig;
use crate::context::Context;
use crate::error::Error;
use crate::settings;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode as Code;
use std::time::Duration;

/// A client for questions about topics. It has a connection of its own: on a connection that fetches, a question waits
/// behind the long poll. May be shared between threads.
pub struct Offsets {
    client: BaseConsumer<Context>,
    bootstrap: String,
}

impl std::fmt::Debug for Offsets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Offsets").field("bootstrap", &self.bootstrap).finish_non_exhaustive()
    }
}

impl Offsets {
    /// Makes the client; it connects when it is asked something.
    pub fn new(config: &KafkaConfig) -> Result<Self, Error> {
        let client = settings::query(config)?
            .create_with_context(Context::default())
            .map_err(|error| Error::of(&error, "creating a client"))?;
        Ok(Self { client, bootstrap: config.bootstrap.clone() })
    }

    /// The end offset: that of the next record to be appended. The broker is asked during this call, so that a clock read
    /// before it is older than the answer. At most `timeout`.
    pub fn end(&self, topic: &str, partition: i32, timeout: Duration) -> Result<i64, Error> {
        self.range(topic, partition, timeout).map(|(_, end)| end)
    }

    /// The first offset that retention has left, and the end offset; both asked during this call.
    pub fn range(
        &self,
        topic: &str,
        partition: i32,
        timeout: Duration,
    ) -> Result<(i64, i64), Error> {
        self.drain();
        self.client.fetch_watermarks(topic, partition, timeout).map_err(|error| {
            match error.rdkafka_error_code() {
                Some(
                    Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition,
                ) => self.missing(topic, partition, timeout),
                _ => Error::of(
                    &error,
                    &format!("asking {} for the offsets of {topic}/{partition}", self.bootstrap),
                ),
            }
        })
    }

    /// The topic's number of partitions.
    pub fn partitions(&self, topic: &str, timeout: Duration) -> Result<i32, Error> {
        self.drain();
        partitions(self.client.client(), topic, &self.bootstrap, timeout)
    }

    /// [`Error::NoPartition`] unless the topic has this partition.
    pub(crate) fn require(
        &self,
        topic: &str,
        partition: i32,
        timeout: Duration,
    ) -> Result<(), Error> {
        let partitions = self.partitions(topic, timeout)?;
        if (0..partitions).contains(&partition) {
            return Ok(());
        }
        Err(Error::NoPartition { topic: topic.to_owned(), partition, partitions })
    }

    fn missing(&self, topic: &str, partition: i32, timeout: Duration) -> Error {
        match self.require(topic, partition, timeout) {
            Err(error) => error,
            Ok(()) => Error::Transient {
                doing: format!("asking for the offsets of {topic}/{partition}"),
                reason: "metadata is out of date".to_owned(),
            },
        }
    }

    /// Nobody else polls this client: serve its logs and statistics.
    fn drain(&self) {
        while self.client.poll(Duration::ZERO).is_some() {}
    }
}

/// The number of partitions of `topic`, by any client's metadata.
pub(crate) fn partitions<C: rdkafka::ClientContext>(
    client: &rdkafka::client::Client<C>,
    topic: &str,
    bootstrap: &str,
    timeout: Duration,
) -> Result<i32, Error> {
    let doing = || format!("asking {bootstrap} for topic {topic}");
    let missing = || Error::NoTopic { topic: topic.to_owned(), bootstrap: bootstrap.to_owned() };
    let metadata = client.fetch_metadata(Some(topic), timeout).map_err(|error| {
        match error.rdkafka_error_code() {
            Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => missing(),
            _ => Error::of(&error, &doing()),
        }
    })?;
    let found = metadata.topics().iter().find(|found| found.name() == topic).ok_or_else(missing)?;
    match found.error().map(Code::from) {
        None => Ok(found.partitions().len() as i32),
        Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => Err(missing()),
        Some(code) => Err(Error::of_code(code, &doing(), &code.to_string())),
    }
}
