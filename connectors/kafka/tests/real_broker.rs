//! Everything against a real Kafka broker: one JVM for the whole file.

mod common;

use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::Kind;
use cartwheel_kafka::{
    Admin, Batch, Compacted, Error, EventsProducer, KafkaConfig, Message, Offsets, OwnedRecord,
    SendsProducer, Source, Start, TopicSpec,
};
use common::{LONG, fresh, lead, with_topics};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::process::Command;
use std::time::{Duration, Instant};

/// Polls until `count` records have come.
fn read(source: &mut Source, count: usize) -> Vec<OwnedRecord> {
    let (mut batch, mut all, deadline) = (Batch::new(500), Vec::new(), Instant::now() + LONG);
    while all.len() < count && Instant::now() < deadline {
        source.poll(&mut batch, Duration::from_secs(1)).unwrap();
        all.extend(batch.iter().map(|record| record.to_owned()));
    }
    all
}

/// Polls until an error comes.
fn read_error(source: &mut Source) -> Error {
    let (mut batch, deadline) = (Batch::new(10), Instant::now() + LONG);
    while Instant::now() < deadline {
        if let Err(error) = source.poll(&mut batch, Duration::from_secs(1)) {
            return error;
        }
        assert!(batch.is_empty(), "a record instead of an error");
    }
    panic!("no error came");
}

async fn append(producer: &EventsProducer, topic: &str, key: &str, value: Option<&str>) -> i32 {
    let message = Message {
        topic,
        key: Some(key.as_bytes()),
        value: value.map(str::as_bytes),
        ..Message::default()
    };
    producer.send(message).await.unwrap().partition
}

/// A producer of partition 0 of the sends topic that has appended turns 1 to `count` under a leader record.
fn decide(config: &KafkaConfig, count: u64) -> (SendsProducer, i64) {
    let mut producer = SendsProducer::open(config, &config.topics().sends, 0).unwrap();
    let leader = lead(config, 0);
    for seq in 1..=count {
        producer.send(Kind::Turn, leader, seq, b"", format!("{{\"n\":{seq}}}").as_bytes()).unwrap();
    }
    producer.flush(LONG).unwrap();
    (producer, leader)
}

#[test]
fn batches_carry_everything_that_was_appended() {
    let config = with_topics(1);
    let (mut producer, leader) = decide(&config, 3000);
    producer.send(Kind::Command, leader, 3001, b"ana", b"{}").unwrap();
    producer.flush(LONG).unwrap();
    assert_eq!((producer.in_flight(), producer.acknowledged()), (0, Some(leader + 3001)));

    let mut source = Source::open(&config, &config.topics().sends, 0, Start::Beginning).unwrap();
    let records = read(&mut source, 3002);
    assert_eq!(
        records.iter().map(|record| record.offset).collect::<Vec<_>>(),
        (0..3002).collect::<Vec<_>>()
    );
    let first = records[0].sends_headers().unwrap();
    assert_eq!(
        (first.kind, records[0].headers.len(), records[0].key.as_deref()),
        (Kind::Leader, 1, None)
    );
    let last = records[3001].sends_headers().unwrap();
    assert_eq!((last.kind, last.leader, last.seq), (Kind::Command, leader, 3001));
    assert_eq!(
        (records[3001].key.as_deref(), records[3001].value.as_deref()),
        (Some(&b"ana"[..]), Some(&b"{}"[..]))
    );
    assert!(records[3001].timestamp_ms > 1_700_000_000_000);
    assert_eq!((source.position(), source.lag(LONG).unwrap()), (3002, 0));
}

#[test]
fn a_second_leader_is_told_its_own_offset() {
    let config = with_topics(1);
    let (mut first, old) = decide(&config, 4);
    let (_second, new) = decide(&config, 1);
    assert_eq!((old, new), (0, 5));
    // A deposed owner is acknowledged all the same: only readers tell.
    first.send(Kind::Turn, old, 5, b"", b"{}").unwrap();
    first.flush(LONG).unwrap();
    assert_eq!(first.acknowledged(), Some(7));
}

/// The reader in another language, which shares no code with us, agrees about who is heard.
#[test]
fn an_independent_reader_accepts_what_the_rule_says() {
    let config = with_topics(2);
    let (mut paused, old) = decide(&config, 2);
    let (mut current, new) = decide(&config, 0);
    let send = |producer: &mut SendsProducer, kind, leader, seq, key: &str| {
        producer.send(kind, leader, seq, key.as_bytes(), b"{\"n\": 1}").unwrap();
        producer.flush(LONG).unwrap();
    };
    send(&mut paused, Kind::Command, old, 3, "stray");
    send(&mut current, Kind::Command, new, 3, "ana");
    send(&mut current, Kind::Command, new, 3, "repeated");
    send(&mut current, Kind::Command, new, 5, "gap");
    send(&mut current, Kind::Turn, new, 4, "");
    let lines = cartwheel_broker::read_sends(&config.bootstrap, &config.topics().sends).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let accepted: Vec<_> = lines[..lines.len() - 1]
        .iter()
        .map(|line| (line["seq"].as_u64(), line["key"].as_str()))
        .collect();
    assert_eq!(
        accepted,
        [(Some(1), None), (Some(2), None), (Some(3), Some("ana")), (Some(4), None)]
    );
    assert_eq!(lines[2]["value"]["n"], 1);
    let counts = lines.last().unwrap();
    assert_eq!(
        (counts["records"].as_u64(), counts["leaders"].as_u64(), counts["rejected"].as_u64()),
        (Some(9), Some(2), Some(3))
    );
    assert_eq!(counts["accepted"], serde_json::json!({"command": 1, "turn": 3}));
}

#[test]
fn seek_and_start_choose_the_next_record() {
    let config = with_topics(1);
    decide(&config, 99);
    let topic = config.topics().sends;
    let mut source = Source::open(&config, &topic, 0, Start::Offset(40)).unwrap();
    assert_eq!(read(&mut source, 1)[0].offset, 40);
    source.seek(7, LONG).unwrap();
    assert_eq!(source.position(), 7);
    assert_eq!(read(&mut source, 1)[0].offset, 7);
    let at_end = Source::open(&config, &topic, 0, Start::End).unwrap();
    assert_eq!((at_end.position(), at_end.start_offset(LONG).unwrap()), (100, 0));
}

#[test]
fn an_offset_that_is_not_in_the_log_is_an_error() {
    let config = with_topics(1);
    decide(&config, 9);
    let topic = config.topics().sends;
    let mut source = Source::open(&config, &topic, 0, Start::Offset(11)).unwrap();
    assert_eq!(
        read_error(&mut source),
        Error::OffsetOutOfRange { topic: topic.clone(), partition: 0, offset: 11 }
    );
    source.seek(9, LONG).unwrap();
    assert_eq!(read(&mut source, 1)[0].offset, 9, "a reader goes on after an explicit seek");
    assert!(matches!(
        Source::open(&config, &topic, 0, Start::Offset(-1)),
        Err(Error::OffsetOutOfRange { .. })
    ));
}

#[test]
fn the_end_offset_is_that_of_this_moment() {
    let config = with_topics(1);
    let (mut producer, leader) = decide(&config, 1);
    let offsets = Offsets::new(&config).unwrap();
    // While a reader sits in its long poll at the end, which must not hold up the question.
    let mut source = Source::open(&config, &config.topics().sends, 0, Start::Beginning).unwrap();
    read(&mut source, 2);
    for seq in 2..=20 {
        producer.send(Kind::Turn, leader, seq, b"", b"{}").unwrap();
        producer.flush(LONG).unwrap();
        assert_eq!(offsets.end(&config.topics().sends, 0, LONG).unwrap(), seq as i64 + 1);
    }
}

#[test]
fn wrong_topics_and_partitions_are_named() {
    let config = with_topics(2);
    let missing = format!("{}.evnts.v1", config.namespace);
    let error = Source::open(&config, &missing, 0, Start::Beginning).unwrap_err();
    assert_eq!(
        error,
        Error::NoTopic { topic: missing.clone(), bootstrap: config.bootstrap.clone() }
    );
    assert!(error.to_string().contains("--create-topics"), "{error}");
    let error = Source::open(&config, &config.topics().events, 2, Start::Beginning).unwrap_err();
    assert!(matches!(error, Error::NoPartition { partition: 2, partitions: 2, .. }), "{error}");
    let spec = [TopicSpec::all(&fresh(), 1, 1, None)[0].clone()];
    assert!(matches!(
        Admin::new(&config, LONG).unwrap().ensure(&spec, false),
        Err(Error::NoTopic { .. })
    ));
}

#[test]
fn an_unreachable_broker_is_an_error_in_bounded_time() {
    // A port that nobody listens on: taken from the system, then given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = KafkaConfig { bootstrap: format!("127.0.0.1:{port}"), ..KafkaConfig::default() };
    let timeout = Duration::from_millis(300);
    let error = Admin::new(&config, timeout).unwrap().describe("shop.events.v1").unwrap_err();
    assert!(error.is_transient() && error.to_string().contains(&config.bootstrap), "{error}");
    let error = Offsets::new(&config).unwrap().end("shop.events.v1", 0, timeout).unwrap_err();
    assert!(error.is_transient(), "{error}");
    let mut producer = SendsProducer::open(&config, "shop.sends.v1", 0).unwrap();
    producer.send(Kind::Turn, 0, 1, b"", b"{}").unwrap();
    assert!(producer.flush(timeout).unwrap_err().is_transient());
}

#[test]
fn topics_are_described_as_they_were_created() {
    let config = with_topics(3);
    let admin = Admin::new(&config, LONG).unwrap();
    let names = config.topics();
    let sends = admin.describe(&names.sends).unwrap();
    assert_eq!(
        (sends.partitions, sends.replication, sends.retention_ms, sends.compacted),
        (3, 1, Some(86_400_000), Some(false))
    );
    assert_eq!(
        (sends.log_append_time, sends.unclean_election, sends.min_insync),
        (Some(false), Some(false), Some(1))
    );
    assert!(sends.max_message_bytes > Some(1_000_000));
    assert_eq!(sends.warnings().len(), 2, "{:?}", sends.warnings());
    let suppressions = admin.describe(&names.suppressions).unwrap();
    assert_eq!((suppressions.partitions, suppressions.compacted), (1, Some(true)));
    // A second time finds them and changes nothing.
    let again = admin.ensure(&TopicSpec::all(&config, 5, 1, None), true).unwrap();
    assert_eq!(again[0].partitions, 3);
    let stamped = TopicSpec {
        name: format!("{}.stamped", names.events),
        log_append_time: true,
        ..TopicSpec::all(&config, 1, 1, None)[0].clone()
    };
    let made = admin.ensure(&[stamped], true).unwrap();
    assert_eq!(made[0].log_append_time, Some(true));
}

#[test]
fn a_topic_that_was_deleted_can_be_made_anew_and_is_empty() {
    let config = with_topics(1);
    let admin = Admin::new(&config, LONG).unwrap();
    let sends = config.topics().sends;
    let mut producer = SendsProducer::open(&config, &sends, 0).unwrap();
    producer.send(Kind::Turn, 0, 1, b"", b"{}").unwrap();
    producer.flush(LONG).unwrap();
    assert_eq!(Offsets::new(&config).unwrap().end(&sends, 0, LONG), Ok(1));
    assert_eq!(admin.names(&sends).unwrap(), std::slice::from_ref(&sends));
    admin.delete(&sends).unwrap();
    assert!(admin.names(&sends).unwrap().is_empty());
    // There is none: nothing to do.
    admin.delete(&sends).unwrap();
    admin.ensure(&TopicSpec::all(&config, 1, 1, None), true).unwrap();
    assert_eq!(Offsets::new(&config).unwrap().end(&sends, 0, LONG), Ok(0));
}

#[test]
fn a_full_queue_is_back_pressure() {
    let mut config = with_topics(1);
    config.properties.insert("queue.buffering.max.messages".to_owned(), "10".to_owned());
    config.linger_ms = 1000;
    let mut producer = SendsProducer::open(&config, &config.topics().sends, 0).unwrap();
    let accepted =
        (1..=100).take_while(|seq| producer.send(Kind::Turn, 0, *seq, b"", b"{}").is_ok()).count();
    assert_eq!(producer.send(Kind::Turn, 0, 101, b"", b"{}"), Err(Error::QueueFull));
    assert_eq!(accepted, 10);
    producer.flush(LONG).unwrap();
    producer.send(Kind::Turn, 0, 11, b"", b"{}").unwrap();
}

#[test]
fn a_record_too_large_is_refused_and_named() {
    let config = KafkaConfig { message_max_bytes: 2000, ..with_topics(1) };
    let mut producer = SendsProducer::open(&config, &config.topics().sends, 0).unwrap();
    let error = producer.send(Kind::Command, 0, 1, b"", &[b'x'; 3000]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert_eq!(producer.failure(), None, "nothing was enqueued, so nothing is lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_land_where_java_and_we_say() {
    let config = with_topics(7);
    let topic = config.topics().events;
    let producer = EventsProducer::new(&config).unwrap();
    for key in ["21", "foobar", "a-little-bit-long-string", "c0001234567", "ü", "abc"] {
        assert_eq!(
            append(&producer, &topic, key, Some("{}")).await,
            Partitioner::Murmur2.partition_of(key.as_bytes(), 7),
            "{key}"
        );
    }
    let chosen = Message {
        topic: &topic,
        partition: Some(6),
        value: Some(b"{}"),
        headers: &[("a", b"1"), ("b", b"")],
        ..Message::default()
    };
    assert_eq!(producer.send(chosen).await.unwrap().partition, 6);
    let mut source = Source::open(&config, &topic, 6, Start::Beginning).unwrap();
    let all = read(&mut source, 1);
    let record = all.iter().find(|record| record.key.is_none()).or_else(|| all.last()).unwrap();
    assert_eq!(
        (record.header("a"), record.header("b"), record.header("c")),
        (Some(&b"1"[..]), Some(&b""[..]), None)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compacted_topic_is_read_to_its_end_and_followed() {
    let config = with_topics(1);
    let topic = config.topics().suppressions;
    let producer = EventsProducer::new(&config).unwrap();
    for (key, value) in [("a", Some("1")), ("b", Some("1")), ("a", Some("2")), ("b", None)] {
        append(&producer, &topic, key, value).await;
    }
    let map = Compacted::read_all(&config, &topic, LONG).unwrap();
    assert_eq!(map.into_iter().collect::<Vec<_>>(), [(b"a".to_vec(), b"2".to_vec())]);

    let mut view = Compacted::open(&config, &topic).unwrap();
    let mut seen = Vec::new();
    view.catch_up(LONG, |record| seen.push(record.offset())).unwrap();
    append(&producer, &topic, "c", Some("1")).await;
    let before = Instant::now();
    let fresh_at = view.catch_up(LONG, |record| seen.push(record.offset())).unwrap();
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    assert!(fresh_at >= before);
    // An empty topic is at its end at once.
    assert!(Compacted::read_all(&config, &config.topics().configs, LONG).unwrap().is_empty());
}

/// What a transaction writes at its end has an offset and is no record: a reader's position passes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_compacted_topic_may_be_a_transactions() {
    let config = with_topics(1);
    let topic = config.topics().suppressions;
    let offsets = Offsets::new(&config).unwrap();
    let mut view = Compacted::open(&config, &topic).unwrap();
    let mut seen = Vec::new();
    let other: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &config.bootstrap)
        .set("transactional.id", &config.namespace)
        .create()
        .unwrap();
    other.init_transactions(LONG).unwrap();
    // Each transaction is one record and its mark; the record of the second is withdrawn.
    for (commits, end) in [(true, 2), (false, 4)] {
        other.begin_transaction().unwrap();
        other.send(BaseRecord::to(&topic).partition(0).key("a").payload("1")).unwrap();
        other.flush(LONG).unwrap();
        match commits {
            true => other.commit_transaction(LONG).unwrap(),
            false => other.abort_transaction(LONG).unwrap(),
        }
        // The broker writes the mark behind its answer.
        let deadline = Instant::now() + LONG;
        while offsets.end(&topic, 0, LONG).unwrap() < end && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        view.catch_up(LONG, |record| seen.push(record.offset())).unwrap();
        assert_eq!((view.positions(), &seen[..]), (&[(0, end)][..], &[0][..]));
    }
}

/// Another client's opinion: the same keys through kcat, which is told to hash like Java.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_another_client_are_read() {
    if Command::new("kcat").arg("-V").output().is_err() {
        eprintln!("kcat is not installed: nothing to compare with");
        return;
    }
    let config = with_topics(2);
    let topic = config.topics().events;
    let mut kcat = Command::new("kcat")
        .args([
            "-P",
            "-q",
            "-b",
            &config.bootstrap,
            "-t",
            &topic,
            "-K",
            ":",
            "-X",
            "partitioner=murmur2_random",
            "-z",
            "gzip",
        ])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut kcat.stdin.take().unwrap(), b"ana:{\"n\":1}\nbob:{\"n\":2}\n")
        .unwrap();
    assert!(kcat.wait().unwrap().success());
    for (key, value) in [("ana", "{\"n\":1}"), ("bob", "{\"n\":2}")] {
        let mut source = Source::open(
            &config,
            &topic,
            Partitioner::Murmur2.partition_of(key.as_bytes(), 2),
            Start::Beginning,
        )
        .unwrap();
        let records = read(&mut source, 1);
        assert!(
            records.iter().any(|record| record.key.as_deref() == Some(key.as_bytes())
                && record.value.as_deref() == Some(value.as_bytes())),
            "{key}"
        );
    }
}
