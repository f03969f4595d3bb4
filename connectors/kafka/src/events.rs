//! Appending single records from async code: events, dead letters, suppressions, configurations, leader records.

use crate::config::KafkaConfig;
use crate::context::Context;
use crate::error::Error;
use crate::settings;
use cartwheel_core::sends::{KIND, Kind};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::util::Timeout;
use std::time::Duration;

/// A record to append.
#[derive(Clone, Copy, Debug, Default)]
pub struct Message<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Partition; none: by the key, as Java does it.
    pub partition: Option<i32>,
    /// Key; none: a random partition.
    pub key: Option<&'a [u8]>,
    /// Value; none removes the key from a compacted topic.
    pub value: Option<&'a [u8]>,
    /// Headers in order.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The record's time, epoch milliseconds; none: now. The broker overrules it on topics with LogAppendTime.
    pub timestamp_ms: Option<i64>,
}

impl<'a> Message<'a> {
    /// A leader record of a partition of the sends topic: of the three headers it has the kind alone, and no key.
    pub fn leader(topic: &'a str, partition: i32, value: &'a [u8]) -> Self {
        const HEADERS: [(&str, &[u8]); 1] = [(KIND, Kind::Leader.name().as_bytes())];
        Self {
            topic,
            partition: Some(partition),
            value: Some(value),
            headers: &HEADERS,
            ..Self::default()
        }
    }
}

/// Where a record went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

/// An idempotent appender of single records. Cheap to clone; needs a tokio runtime.
#[derive(Clone)]
pub struct EventsProducer {
    producer: FutureProducer<Context>,
}

impl std::fmt::Debug for EventsProducer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("EventsProducer")
    }
}

impl EventsProducer {
    /// Makes the client; it connects in the background.
    pub fn new(config: &KafkaConfig) -> Result<Self, Error> {
        let producer = settings::events_producer(config)?
            .create_with_context(Context::default())
            .map_err(|error| Error::of(&error, "creating a producer"))?;
        Ok(Self { producer })
    }

    /// Appends a record and waits until the broker has it safely; waits for room too if the queue is full. There is no timeout:
    /// whoever drops the future must expect that the record is appended all the same.
    pub async fn send(&self, message: Message<'_>) -> Result<Appended, Error> {
        let mut record = FutureRecord::to(message.topic);
        record.partition = message.partition;
        record.key = message.key;
        record.payload = message.value;
        record.timestamp = message.timestamp_ms;
        if !message.headers.is_empty() {
            let start = OwnedHeaders::new_with_capacity(message.headers.len());
            let add = |all: OwnedHeaders, (key, value): &(&str, &[u8])| {
                all.insert(Header { key, value: Some(*value) })
            };
            record.headers = Some(message.headers.iter().fold(start, add));
        }
        match self.producer.send(record, Timeout::Never).await {
            Ok(delivery) => Ok(Appended { partition: delivery.partition, offset: delivery.offset }),
            Err((error, _)) => Err(Error::of(&error, &format!("appending to {}", message.topic))),
        }
    }

    /// Waits until every record so far is acknowledged. Blocks the thread.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        self.producer.flush(timeout).map_err(|error| Error::of(&error, "flushing a producer"))
    }
}
