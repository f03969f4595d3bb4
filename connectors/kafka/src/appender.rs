//! Appending to partitions of a topic that the caller names: in order within each, once, without waiting.

use crate::config::KafkaConfig;
use crate::context::{ClientStats, Context};
use crate::error::Error;
use crate::settings;
use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _, OwnedHeaders};
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
    /// Greatest offset of an acknowledged append.
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

/// An idempotent appender to the partitions of one topic. Belongs to one thread at a time.
///
/// Reports are collected by [`poll`](Self::poll) and [`flush`](Self::flush). After the first failed append every call fails with
/// the same error: drop the appender (what it still holds is thrown away).
pub struct Appender {
    producer: BaseProducer<Reports>,
    topic: String,
}

impl std::fmt::Debug for Appender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Appender").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Appender {
    /// Makes the client; it connects in the background.
    pub fn open(config: &KafkaConfig, topic: &str) -> Result<Self, Error> {
        let reports = Reports {
            context: Context::default(),
            failure: Mutex::new(None),
            acknowledged: AtomicI64::new(NONE),
        };
        let producer = settings::sends_producer(config)?
            .create_with_context(reports)
            .map_err(|error| Error::of(&error, "creating a producer"))?;
        Ok(Self { producer, topic: topic.to_owned() })
    }

    /// Enqueues a record without headers and returns at once; an empty key is sent as none. [`Error::QueueFull`]: nothing was enqueued;
    /// poll, then send again. The bytes are copied.
    pub fn send(&self, partition: i32, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.send_with(partition, key, value, None)
    }

    /// The same with headers.
    pub(crate) fn send_with(
        &self,
        partition: i32,
        key: &[u8],
        value: &[u8],
        headers: Option<OwnedHeaders>,
    ) -> Result<(), Error> {
        self.check()?;
        let mut record = BaseRecord::to(&self.topic).partition(partition).payload(value);
        record.headers = headers;
        if !key.is_empty() {
            record = record.key(key);
        }
        self.producer.send(record).map_err(|(error, _)| {
            Error::of(&error, &format!("appending to {}/{partition}", self.topic))
        })
    }

    /// Collects the delivery reports that are there; waits up to `timeout` for the first.
    pub fn poll(&self, timeout: Duration) -> Result<(), Error> {
        self.producer.poll(timeout);
        self.check()
    }

    /// Waits until every record so far is acknowledged. [`Error::Transient`] after `timeout`: they are still on their way.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        let outcome = self.producer.flush(timeout);
        self.check()?;
        outcome.map_err(|_| Error::Transient {
            doing: format!("appending to {}", self.topic),
            reason: "not acknowledged in time".to_owned(),
        })
    }

    /// Records that are enqueued and not yet acknowledged (or whose reports have not been polled).
    pub fn in_flight(&self) -> usize {
        usize::try_from(self.producer.in_flight_count()).unwrap_or(0)
    }

    /// The greatest offset of an acknowledged record, of whatever partition; none before the first.
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
