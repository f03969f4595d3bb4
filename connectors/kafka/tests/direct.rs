//! The direct way reads what librdkafka reads, and leaves to it what it cannot read.

mod common;

use cartwheel_kafka::{Error, KafkaConfig, MockBroker, OwnedRecord, Source, Start};
use common::{LONG, with_topics};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAIT: Duration = Duration::from_millis(50);

fn producer(config: &KafkaConfig, properties: &[(&str, &str)]) -> BaseProducer {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", &config.bootstrap).set("message.max.bytes", "2000000");
    properties.iter().for_each(|(name, value)| _ = settings.set(*name, *value));
    settings.create().unwrap()
}

/// Appends `count` records to partition 0: keys and values that are there or not, headers, times.
fn append(producer: &BaseProducer, topic: &str, name: &str, count: i64) {
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

/// Everything up to the end, in batches of `capacity`.
fn read(source: &mut Source, capacity: usize) -> Vec<OwnedRecord> {
    let end = source.end_offset(LONG).unwrap();
    let mut batch = cartwheel_kafka::Batch::new(capacity);
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

fn direct(config: &KafkaConfig, topic: &str, start: Start) -> Source {
    Source::open_direct(
        config,
        Arc::new(cartwheel_kafka::Offsets::new(config).unwrap()),
        topic,
        0,
        start,
    )
    .unwrap()
}

#[test]
fn it_reads_what_librdkafka_reads() {
    let config = with_topics(1);
    let topic = config.topics().events;
    let plain = producer(&config, &[("linger.ms", "5")]);
    append(&plain, &topic, "plain", 3_000);
    plain
        .send(BaseRecord::<str, _>::to(&topic).partition(0).payload(&vec![b'x'; 900_000]))
        .map_err(|(error, _)| error)
        .unwrap();
    let transactional = producer(&config, &[("transactional.id", &config.namespace)]);
    transactional.init_transactions(LONG).unwrap();
    for (name, commit) in [("kept", true), ("aborted", false), ("kept too", true)] {
        transactional.begin_transaction().unwrap();
        append(&transactional, &topic, name, 40);
        append(&plain, &topic, "between", 3);
        if commit {
            transactional.commit_transaction(LONG)
        } else {
            transactional.abort_transaction(LONG)
        }
        .unwrap();
    }
    for start in [Start::Beginning, Start::Offset(1_234), Start::Offset(3_050)] {
        let expected = read(&mut Source::open(&config, &topic, 0, start).unwrap(), 1_000);
        for capacity in [7, 1_000, 100_000] {
            let mut source = direct(&config, &topic, start);
            let mut batch = cartwheel_kafka::Batch::new(capacity);
            source.poll(&mut batch, LONG).unwrap();
            assert_eq!(
                batch.more(),
                source.position() < source.end_offset(LONG).unwrap(),
                "{start:?} {capacity}"
            );
            source.seek(batch.iter().next().unwrap().offset(), LONG).unwrap();
            assert_eq!(read(&mut source, capacity), expected, "{start:?}");
            assert!(source.is_direct());
        }
        assert!(!expected.iter().any(|record| record.header("origin") == Some(b"aborted")));
    }
}

#[test]
fn what_comes_later_is_waited_for_and_a_seek_goes_back() {
    let config = with_topics(1);
    let topic = config.topics().events;
    let mut source = direct(&config, &topic, Start::Beginning);
    assert_eq!(read(&mut source, 10), []);
    let plain = producer(&config, &[]);
    append(&plain, &topic, "first", 5);
    assert_eq!(read(&mut source, 10).len(), 5);
    source.seek(3, LONG).unwrap();
    append(&plain, &topic, "second", 5);
    assert_eq!(
        read(&mut source, 10).iter().map(|record| record.offset).collect::<Vec<_>>(),
        (3..10).collect::<Vec<_>>()
    );
    assert!(source.is_direct());
}

#[test]
fn every_compression_is_read() {
    let config = with_topics(1);
    let topic = config.topics().events;
    for codec in ["gzip", "snappy", "lz4", "zstd", "none"] {
        append(&producer(&config, &[("compression.type", codec)]), &topic, codec, 500);
    }
    let expected = read(&mut Source::open(&config, &topic, 0, Start::Beginning).unwrap(), 1_000);
    assert_eq!(expected.len(), 2_500);
    for start in [0, 777, 1_999] {
        let mut source = direct(&config, &topic, Start::Offset(start));
        assert_eq!(read(&mut source, 64), expected[start as usize..]);
        assert!(source.is_direct());
    }
}

#[test]
fn an_offset_that_is_not_in_the_log_is_an_error() {
    let config = with_topics(1);
    let topic = config.topics().events;
    let mut source = direct(&config, &topic, Start::Offset(99));
    let mut batch = cartwheel_kafka::Batch::new(10);
    let deadline = Instant::now() + LONG;
    let error = loop {
        match source.poll(&mut batch, WAIT) {
            Ok(()) => assert!(batch.is_empty() && Instant::now() < deadline),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, Error::OffsetOutOfRange { offset: 99, .. }), "{error}");
}

#[test]
fn properties_and_the_setting_keep_to_librdkafka() {
    let broker = MockBroker::start().unwrap();
    let plain = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
    broker.create_topic("events", 1).unwrap();
    assert!(direct(&plain, "events", Start::Beginning).is_direct());
    let tuned = KafkaConfig {
        properties: [("fetch.wait.max.ms".to_owned(), "10".to_owned())].into(),
        ..plain.clone()
    };
    let off = KafkaConfig { direct_fetch: false, ..plain };
    for config in [tuned, off] {
        assert!(!direct(&config, "events", Start::Beginning).is_direct());
    }
}

#[test]
fn a_broker_that_goes_away_loses_nothing() {
    let broker = MockBroker::start().unwrap();
    let config = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
    broker.create_topic("events", 1).unwrap();
    let plain = producer(&config, &[]);
    append(&plain, "events", "before", 20);
    let mut source = direct(&config, "events", Start::Beginning);
    let mut batch = cartwheel_kafka::Batch::new(6);
    let mut offsets: Vec<i64> = Vec::new();
    let mut poll = |source: &mut Source, offsets: &mut Vec<i64>| match source.poll(&mut batch, WAIT)
    {
        Ok(()) => offsets.extend(batch.iter().map(|record| record.offset())),
        Err(error) => assert!(error.is_transient(), "{error}"),
    };
    while offsets.len() < 6 {
        poll(&mut source, &mut offsets);
    }
    assert!(source.is_direct());
    broker.down().unwrap();
    let deadline = Instant::now() + LONG;
    while source.is_direct() && Instant::now() < deadline {
        poll(&mut source, &mut offsets);
    }
    assert!(!source.is_direct());
    broker.up().unwrap();
    append(&plain, "events", "after", 20);
    while offsets.len() < 40 && Instant::now() < deadline {
        poll(&mut source, &mut offsets);
    }
    assert_eq!(offsets, (0..40).collect::<Vec<_>>());
}
