//! The direct way reads what librdkafka reads, and leaves to it what it cannot read.

mod common;

use cartwheel_broker::{Broker, Options};
use cartwheel_kafka::{Admin, Error, KafkaConfig, MockBroker, Source, Start, TopicSpec};
use common::{LONG, WAIT, append, fresh_on, lost, made, open, producer, read, with_topics};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::time::Instant;

fn direct(config: &KafkaConfig, topic: &str, start: Start) -> Source {
    open(config, topic, start).unwrap()
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
    for _ in 0..2 {
        let error = lost(&mut source);
        assert!(matches!(&error, Error::OffsetOutOfRange { offset: 99, .. }), "{error}");
    }
    source.seek(0, LONG).unwrap();
    append(&producer(&config, &[]), &topic, "later", 3);
    assert_eq!(read(&mut source, 10).len(), 3);
    assert!(source.is_direct());
}

#[test]
fn records_that_are_deleted_under_a_reader_are_missed() {
    let config = with_topics(1);
    let topic = config.topics().events;
    append(&producer(&config, &[]), &topic, "first", 50);
    let mut source = direct(&config, &topic, Start::Offset(10));
    delete_until(&config, &topic, 40);
    let error = lost(&mut source);
    assert!(matches!(&error, Error::OffsetOutOfRange { offset: 10, .. }), "{error}");
    source.seek(40, LONG).unwrap();
    assert_eq!(read(&mut source, 100).len(), 10);
}

fn delete_until(config: &KafkaConfig, topic: &str, offset: i64) {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", &config.bootstrap);
    let admin: AdminClient<DefaultClientContext> = settings.create().unwrap();
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(topic, 0, Offset::Offset(offset)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(admin.delete_records(&offsets, &AdminOptions::new())).unwrap();
    assert!(done.elements().iter().all(|element| element.error().is_ok()), "{done:?}");
}

#[test]
fn a_topic_made_anew_under_a_reader_is_not_read_instead() {
    let config = with_topics(1);
    let topic = config.topics().events;
    append(&producer(&config, &[]), &topic, "old", 20);
    let mut source = direct(&config, &topic, Start::Beginning);
    assert_eq!(read(&mut source, 100).len(), 20);
    let admin = Admin::new(&config, LONG).unwrap();
    admin.delete(&topic).unwrap();
    let error = lost(&mut source);
    assert!(matches!(&error, Error::NoTopic { .. }), "{error}");
    // Longer than the old one, so that our offset is in it.
    admin.ensure(&TopicSpec::all(&config, 1, 1, Some(86_400_000)), true).unwrap();
    append(&producer(&config, &[]), &topic, "new", 50);
    for _ in 0..2 {
        let error = lost(&mut source);
        assert!(matches!(&error, Error::Replaced { partition: 0, .. }), "{error}");
        assert!(error.to_string().contains("made anew"), "{error}");
    }
    // Whoever opens it anew has read nothing of it.
    assert_eq!(read(&mut direct(&config, &topic, Start::Beginning), 100).len(), 50);
}

#[test]
fn a_log_that_was_cut_and_has_grown_again_is_not_read_on() {
    let mut broker =
        Broker::start(Options { heap: "512m".to_owned(), ..Options::default() }).unwrap();
    let config = made(fresh_on(&broker.bootstrap()), 1);
    let topic = config.topics().events;
    append(&producer(&config, &[]), &topic, "kept", 10);
    let log = broker.dir().join(format!("logs/{topic}-0/{:020}.log", 0));
    let kept = std::fs::metadata(&log).unwrap().len();
    append(&producer(&config, &[]), &topic, "lost", 10);
    let mut source = direct(&config, &topic, Start::Beginning);
    assert_eq!(read(&mut source, 100).len(), 20);

    // As a disk does that lost what it had said to have written.
    broker.kill_hard();
    std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(kept).unwrap();
    broker.restart().unwrap();
    append(&producer(&config, &[]), &topic, "other", 50);
    let error = lost(&mut source);
    assert!(matches!(&error, Error::Cut { read: 20, end: 10, .. }), "{error}");
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
        Ok(()) => {
            offsets.extend(batch.iter().map(|record| record.offset()));
            true
        }
        Err(error) => {
            assert!(error.is_transient(), "{error}");
            false
        }
    };
    while offsets.len() < 6 {
        poll(&mut source, &mut offsets);
    }
    broker.down().unwrap();
    let deadline = Instant::now() + LONG;
    while poll(&mut source, &mut offsets) && Instant::now() < deadline {}
    assert_eq!(source.stats().brokers_up, 0);
    broker.up().unwrap();
    append(&plain, "events", "after", 20);
    while offsets.len() < 40 && Instant::now() < deadline {
        poll(&mut source, &mut offsets);
    }
    assert_eq!(offsets, (0..40).collect::<Vec<_>>());
    assert!(source.is_direct() && source.stats().brokers_up == 1);
}
