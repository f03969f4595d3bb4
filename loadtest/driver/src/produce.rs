//! Writes the stream to a topic, fast: many records under way, uncompressed, partitioned as Java does it.

use crate::Error;
use cartwheel_workload::{Options, Workload};
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

/// Writes all events of the stream to `topic`, with their own times as the records' times, and waits for the broker.
pub fn produce(
    bootstrap: &str,
    topic: &str,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Written, Error> {
    let producer = client(bootstrap)?;
    let began = Instant::now();
    let (mut events, mut bytes) = (0, 0);
    let mut line = Vec::with_capacity(1_024);
    for event in Workload::new(options.clone())? {
        line.clear();
        event.encode(&mut line);
        append(
            &producer,
            BaseRecord::to(topic).key(&event.key()).payload(&line).timestamp(event.time),
        )?;
        events += 1;
        bytes += line.len() as u64;
        if events % STRIDE == 0 {
            producer.poll(Duration::ZERO);
            bar.set_position(events);
        }
    }
    producer.flush(FLUSH)?;
    bar.finish_and_clear();
    match producer.context().failed.load(Ordering::Relaxed) {
        0 => Ok(Written { events, bytes, seconds: began.elapsed().as_secs_f64() }),
        failed => Err(Error::Config(format!(
            "the broker did not take {failed} of {events} events for {topic}"
        ))),
    }
}

fn client(bootstrap: &str) -> Result<BaseProducer<Context>, Error> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("compression.type", "none")
        .set("linger.ms", "5")
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
