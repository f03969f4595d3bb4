//! The mock broker: that the demo's path works on it, and that a broker that goes away and comes back is waited for.

use cartwheel_core::sends::Kind;
use cartwheel_kafka::{
    Admin, Batch, Error, KafkaConfig, MockBroker, SendsProducer, Source, Start, TopicSpec,
};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_broker_that_comes_back_has_everything_once() {
    let broker = MockBroker::start().unwrap();
    let config = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
    let topic = config.topics().sends;
    broker.create_topic(&topic, 1).unwrap();
    let mut producer = SendsProducer::open(&config, &topic, 0).unwrap();
    producer.send(Kind::Turn, 0, 0, b"", b"{}").unwrap();
    producer.flush(LONG).unwrap();
    let mut source = Source::open(&config, &topic, 0, Start::Beginning).unwrap();

    broker.down().unwrap();
    for seq in 1..=50 {
        producer.send(Kind::Turn, 0, seq, b"", b"{}").unwrap();
    }
    let mut batch = Batch::new(100);
    let mut offsets = Vec::new();
    let deadline = Instant::now() + LONG;
    let error = loop {
        match source.poll(&mut batch, Duration::from_millis(50)) {
            Ok(()) => offsets.extend(batch.iter().map(|record| record.offset())),
            Err(error) => break error,
        }
        assert!(Instant::now() < deadline, "no error while the broker is down");
    };
    assert!(matches!(&error, Error::Transient { .. }), "{error}");
    assert_eq!(producer.poll(Duration::ZERO), Ok(()));

    broker.up().unwrap();
    producer.flush(LONG).unwrap();
    while offsets.len() < 51 && Instant::now() < deadline {
        match source.poll(&mut batch, Duration::from_millis(50)) {
            Ok(()) => offsets.extend(batch.iter().map(|record| record.offset())),
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
    assert_eq!(offsets, (0..51).collect::<Vec<_>>());
}

#[test]
fn topics_are_described_as_far_as_it_knows() {
    let broker = MockBroker::start().unwrap();
    let config = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
    let specs = TopicSpec::all(&config, 2, 1, None);
    for spec in &specs {
        broker.create_topic(&spec.name, spec.partitions).unwrap();
    }
    let facts = Admin::new(&config, LONG).unwrap().ensure(&specs, false).unwrap();
    assert_eq!(facts.iter().map(|facts| facts.partitions).collect::<Vec<_>>(), [2, 2, 2, 1, 1]);
    assert!(facts.iter().all(|facts| facts.retention_ms.is_none()));
}
