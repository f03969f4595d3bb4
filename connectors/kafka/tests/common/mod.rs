//! A namespace of its own for each test on the shared broker.

use cartwheel_broker::Broker;
use cartwheel_kafka::{
    Admin, Batch, Error, EventsProducer, KafkaConfig, Message, Offsets, OwnedRecord, Source, Start,
    TopicSpec,
};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Generous: a bound for failure, never waited for on success.
pub const LONG: Duration = Duration::from_secs(20);
/// For one poll.
#[allow(dead_code, reason = "not every test polls")]
pub const WAIT: Duration = Duration::from_millis(50);

/// A configuration for a namespace that no other test and no other run uses.
pub fn fresh() -> KafkaConfig {
    fresh_on(Broker::shared().unwrap().bootstrap())
}

/// The same on this broker.
pub fn fresh_on(bootstrap: &str) -> KafkaConfig {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    KafkaConfig {
        bootstrap: bootstrap.to_owned(),
        namespace: format!("t{started:x}-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        ..KafkaConfig::default()
    }
}

/// The same with its topics on the broker.
#[allow(dead_code, reason = "not every test needs them")]
pub fn with_topics(partitions: i32) -> KafkaConfig {
    made(fresh(), partitions)
}

/// A configuration with its topics on the broker.
pub fn made(config: KafkaConfig, partitions: i32) -> KafkaConfig {
    let admin = Admin::new(&config, LONG).unwrap();
    admin.ensure(&TopicSpec::all(&config, partitions, 1, Some(86_400_000)), true).unwrap();
    config
}

/// Appends `count` records to partition 0: keys and values that are there or not, headers, times.
#[allow(dead_code, reason = "not every test needs them")]
pub fn append(producer: &BaseProducer, topic: &str, name: &str, count: i64) {
    for number in 0..count {
        let (key, value) = (format!("{name}-{number}"), "v".repeat(number as usize % 300));
        let headers = OwnedHeaders::new()
            .insert(Header { key: "origin", value: Some(name) })
            .insert(Header { key: "none", value: None::<&str> });
        let mut record = BaseRecord::to(topic)
            .partition(0)
            .timestamp(1_700_000_000_000 + number)
            .headers(headers);
        if number % 7 != 0 {
            record = record.key(&key);
        }
        if number % 11 != 0 {
            record = record.payload(&value);
        }
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(LONG).unwrap();
}

/// A producer with these properties.
#[allow(dead_code, reason = "not every test needs one")]
pub fn producer(config: &KafkaConfig, properties: &[(&str, &str)]) -> BaseProducer {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", &config.bootstrap).set("message.max.bytes", "2000000");
    properties.iter().for_each(|(name, value)| _ = settings.set(*name, *value));
    settings.create().unwrap()
}

/// Everything up to the end, in batches of `capacity`.
#[allow(dead_code, reason = "not every test needs it")]
pub fn read(source: &mut Source, capacity: usize) -> Vec<OwnedRecord> {
    let end = source.end_offset(LONG).unwrap();
    let mut batch = Batch::new(capacity);
    let mut records = Vec::new();
    let deadline = Instant::now() + LONG;
    while source.position() < end {
        source.poll(&mut batch, WAIT).unwrap();
        assert!(batch.len() <= capacity);
        assert!(!batch.more() || source.position() < end);
        records.extend(batch.iter().map(|record| record.to_owned()));
        assert!(Instant::now() < deadline, "stopped at {} of {end}", source.position());
    }
    assert_eq!(source.position(), end);
    records
}

/// Opens partition 0 for reading the direct way.
#[allow(dead_code, reason = "not every test needs it")]
pub fn open(config: &KafkaConfig, topic: &str, start: Start) -> Result<Source, Error> {
    Source::open_direct(config, Arc::new(Offsets::new(config)?), topic, 0, start)
}

/// The first error of polling that does not pass by itself.
#[allow(dead_code, reason = "not every test needs it")]
pub fn lost(source: &mut Source) -> Error {
    let (mut batch, deadline) = (Batch::new(10), Instant::now() + LONG);
    loop {
        match source.poll(&mut batch, WAIT) {
            Err(error) if !error.is_transient() => return error,
            Ok(()) => assert!(batch.is_empty(), "{:?}", batch.iter().next()),
            Err(_) => {}
        }
        assert!(Instant::now() < deadline, "at {}", source.position());
    }
}

/// Appends a leader record to the sends topic: its offset.
#[allow(dead_code, reason = "not every test needs one")]
pub fn lead(config: &KafkaConfig, partition: i32) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (producer, topic) = (EventsProducer::new(config).unwrap(), config.topics().sends);
    runtime.block_on(producer.send(Message::leader(&topic, partition, b"{}"))).unwrap().offset
}
