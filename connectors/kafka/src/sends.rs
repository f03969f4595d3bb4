//! Appending to one partition of the sends topic: in order, once, without waiting.

use crate::config::KafkaConfig;
use crate::context::{ClientStats, Context};
use crate::error::Error;
use crate::settings;
use cartwheel_core::sends::{KIND, Kind, LEADER, SEQ};
use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, NoCustomPartitioner, Producer, ProducerContext};
use rdkafka::statistics::Statistics;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// No offset yet.
const NONE: i64 = -1;

/// Collects the delivery reports.
#[derive(Debug)]
struct Reports {
    context: Context,
    /// The first failed append. Later ones follow from it.
    failure: Mutex<Option<Error>>,
    /// Offset of the newest acknowledged append.
    acknowledged: AtomicI64,
}

impl Reports {
    fn fail(&self, error: Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.context.log(level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        self.context.stats(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }
}

impl ProducerContext<NoCustomPartitioner> for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(message) => _ = self.acknowledged.fetch_max(message.offset(), Ordering::Relaxed),
            Err((error, message)) => {
                let doing = format!("appending to {}/{}", message.topic(), message.partition());
                self.fail(match Error::of(error, &doing) {
                    // Idempotence gives up only where the order can no longer be kept: nothing about it is transient.
                    Error::Transient { doing, reason } => Error::Fatal { doing, reason },
                    other => other,
                });
            }
        }
    }
}

/// An idempotent appender to one partition of the sends topic. Belongs to one thread at a time.
///
/// Reports are collected by [`poll`](Self::poll) and [`flush`](Self::flush). After the first failed append every call fails with
/// the same error: drop the producer (what it still holds is thrown away) and resend with a new one from the last accepted sequence number.
pub struct SendsProducer {
    producer: BaseProducer<Reports>,
    topic: String,
    partition: i32,
}

impl std::fmt::Debug for SendsProducer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SendsProducer")
            .field("topic", &self.topic)
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}

impl SendsProducer {
    /// Makes the client; it connects in the background.
    pub fn open(config: &KafkaConfig, topic: &str, partition: i32) -> Result<Self, Error> {
        let reports = Reports {
            context: Context::default(),
            failure: Mutex::new(None),
            acknowledged: AtomicI64::new(NONE),
        };
        let producer = settings::sends_producer(config)?
            .create_with_context(reports)
            .map_err(|error| Error::of(&error, "creating a producer"))?;
        Ok(Self { producer, topic: topic.to_owned(), partition })
    }

    /// Enqueues a record under a leader record and returns at once; an empty key is sent as none. [`Error::QueueFull`]: nothing was enqueued;
    /// poll, then send again. The bytes are copied.
    pub fn send(
        &self,
        kind: Kind,
        leader: i64,
        seq: u64,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), Error> {
        let headers = OwnedHeaders::new_with_capacity(3)
            .insert(Header { key: KIND, value: Some(kind.name()) })
            .insert(Header { key: LEADER, value: Some(&leader.to_string()) })
            .insert(Header { key: SEQ, value: Some(&seq.to_string()) });
        self.enqueue(headers, key, value)
    }

    /// Collects the delivery reports that are there, without waiting. Call it at least every turn.
    pub fn poll(&self) -> Result<(), Error> {
        self.producer.poll(Duration::ZERO);
        self.check()
    }

    /// Waits until every record so far is acknowledged. An acknowledgement proves only that the broker has the record, not that readers accept it.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        let outcome = self.producer.flush(timeout);
        self.check()?;
        outcome.map_err(|_| Error::Transient {
            doing: format!("appending to {}/{}", self.topic, self.partition),
            reason: "not acknowledged in time".to_owned(),
        })
    }

    /// Records that are enqueued and not yet acknowledged (or whose reports have not been polled).
    pub fn in_flight(&self) -> usize {
        usize::try_from(self.producer.in_flight_count()).unwrap_or(0)
    }

    /// Offset of the newest acknowledged record; none before the first.
    pub fn acknowledged(&self) -> Option<i64> {
        let offset = self.reports().acknowledged.load(Ordering::Relaxed);
        (offset != NONE).then_some(offset)
    }

    /// The first failed append, if any.
    pub fn failure(&self) -> Option<Error> {
        self.reports().failure()
    }

    /// The client's figures.
    pub fn stats(&self) -> ClientStats {
        self.reports().context.latest()
    }

    fn enqueue(&self, headers: OwnedHeaders, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.check()?;
        let mut record =
            BaseRecord::to(&self.topic).partition(self.partition).payload(value).headers(headers);
        if !key.is_empty() {
            record = record.key(key);
        }
        self.producer.send(record).map_err(|(error, _)| {
            Error::of(&error, &format!("appending to {}/{}", self.topic, self.partition))
        })
    }

    fn check(&self) -> Result<(), Error> {
        if let Some(error) = self.failure() {
            return Err(error);
        }
        match self.client().fatal_error() {
            Some((code, reason)) => Err(Error::of_code(code, "appending", &reason)),
            None => Ok(()),
        }
    }

    fn client(&self) -> &Client<Reports> {
        self.producer.client()
    }

    fn reports(&self) -> &Reports {
        self.client().context()
    }
}
