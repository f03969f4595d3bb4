//! Writes the stream to a topic, fast: many records under way, uncompressed, partitioned as Java does it.

use crate::Error;
use cartwheel_workload::{Options, Shopped, Workload};
use indicatif::ProgressBar;
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Records between two looks at the client's events.
const STRIDE: u64 = 4_096;
/// The client waits so long for a fuller batch where only throughput counts.
pub(crate) const LINGER_MS: f64 = 5.0;
/// How long the last records may take.
const FLUSH: Duration = Duration::from_secs(120);

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// Records.
    pub events: u64,
    /// Bytes of their values.
    pub bytes: u64,
    /// Seconds, until the broker had the last of them.
    pub seconds: f64,
}

/// Counts the records that the broker did not take.
#[derive(Default)]
struct Context {
    failed: AtomicU64,
}

impl ClientContext for Context {}

impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes events one by one.
pub(crate) struct Writer {
    producer: BaseProducer<Context>,
    topic: String,
    line: Vec<u8>,
    events: u64,
    bytes: u64,
}

impl Writer {
    /// The client waits so long for further records before it sends some to the broker.
    pub(crate) fn new(bootstrap: &str, topic: &str, linger_ms: f64) -> Result<Self, Error> {
        let producer = client(bootstrap, linger_ms)?;
        let line = Vec::with_capacity(1_024);
        Ok(Self { producer, topic: topic.to_owned(), line, events: 0, bytes: 0 })
    }

    /// Hands an event over to the client, with its own time as the record's time; waits for room while its queue is full.
    pub(crate) fn write(&mut self, event: &Shopped) -> Result<(), Error> {
        self.line.clear();
        event.encode(&mut self.line);
        let key = event.key();
        let record =
            BaseRecord::to(&self.topic).key(&key).payload(&self.line).timestamp(event.time);
        append(&self.producer, record)?;
        self.events += 1;
        self.bytes += self.line.len() as u64;
        Ok(())
    }

    /// Looks at what the client has to say.
    pub(crate) fn poll(&self) {
        self.producer.poll(Duration::ZERO);
    }

    /// Waits until the broker has all of them; an error if it did not take some.
    pub(crate) fn flush(&self) -> Result<(), Error> {
        self.producer.flush(FLUSH)?;
        match self.producer.context().failed.load(Ordering::Relaxed) {
            0 => Ok(()),
            failed => Err(Error::Config(format!(
                "the broker did not take {failed} of {} events for {}",
                self.events, self.topic
            ))),
        }
    }
}

/// Writes all events of the stream to `topic`: see [`produce_all`].
pub fn produce(
    bootstrap: &str,
    topic: &str,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Written, Error> {
    produce_all(bootstrap, topic, Workload::new(options.clone())?, bar)
}

/// Writes these events to `topic`, with their own times as the records' times, and waits for the broker.
pub fn produce_all(
    bootstrap: &str,
    topic: &str,
    all: impl IntoIterator<Item = Shopped>,
    bar: &ProgressBar,
) -> Result<Written, Error> {
    let mut writer = Writer::new(bootstrap, topic, LINGER_MS)?;
    let began = Instant::now();
    for event in all {
        writer.write(&event)?;
        if writer.events.is_multiple_of(STRIDE) {
            writer.poll();
            bar.set_position(writer.events);
        }
    }
    writer.flush()?;
    bar.finish_and_clear();
    let Writer { events, bytes, .. } = writer;
    Ok(Written { events, bytes, seconds: began.elapsed().as_secs_f64() })
}

fn client(bootstrap: &str, linger_ms: f64) -> Result<BaseProducer<Context>, Error> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("compression.type", "none")
        .set("linger.ms", linger_ms.to_string())
        .set("batch.size", "1000000")
        .set("queue.buffering.max.messages", "500000")
        .set("queue.buffering.max.kbytes", "262144")
        .set("allow.auto.create.topics", "false")
        // An acknowledgement of each record would cost more than the record.
        .set("delivery.report.only.error", "true");
    Ok(config.create_with_context(Context::default())?)
}

/// Hands the record over; waits for room while the queue is full.
fn append(
    producer: &BaseProducer<Context>,
    record: BaseRecord<'_, [u8; 11], Vec<u8>>,
) -> Result<(), Error> {
    let mut offered = Err((KafkaError::Canceled, record));
    while let Err((error, record)) = offered {
        match error {
            KafkaError::Canceled => {}
            KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => {
                producer.poll(Duration::from_millis(10))
            }
            other => return Err(other.into()),
        }
        offered = producer.send(record);
    }
    Ok(())
}
