//! Appends of two, one behind the other, over a broker in the process.

use super::*;
use cartwheel_core::sends::Kind;
use cartwheel_kafka::{KafkaConfig, MockBroker, Offsets, SendsProducer, Start};
use std::sync::Arc;
use std::time::Instant;

const LONG: Duration = Duration::from_secs(20);

struct Log {
    _broker: MockBroker,
    config: KafkaConfig,
    follower: Follower,
}

impl Log {
    fn new() -> Self {
        let broker = MockBroker::start().unwrap();
        let config = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
        broker.create_topic("sends", 1).unwrap();
        let offsets = Arc::new(Offsets::new(&config).unwrap());
        let sends = Source::open_direct(&config, offsets, "sends", 0, Start::Beginning).unwrap();
        Self { _broker: broker, config, follower: Follower::new(sends) }
    }

    fn producer(&self) -> SendsProducer {
        let producer = SendsProducer::open(&self.config, "sends", 0).unwrap();
        assert!(producer.is_direct());
        producer
    }

    /// Takes note of what this producer has appended: the offsets that count as read.
    fn acknowledged(&mut self, producer: &mut SendsProducer) -> Vec<i64> {
        let mut taken = Vec::new();
        for one in producer.acknowledgements() {
            let take = |record: SendsRecord| {
                taken.push(record.offset);
                Ok::<(), Error>(())
            };
            self.follower.acknowledged(&one, LONG, take).unwrap();
        }
        taken
    }

    /// Reads until there are `count` offsets more.
    fn read(&mut self, count: usize) -> Vec<i64> {
        let (mut taken, until) = (Vec::new(), Instant::now() + LONG);
        while taken.len() < count && Instant::now() < until {
            let take = |record: SendsRecord| {
                taken.push(record.offset);
                Ok::<(), Error>(())
            };
            self.follower.read(Duration::from_millis(20), LONG, take).unwrap();
        }
        taken
    }
}

fn append(producer: &mut SendsProducer, seqs: std::ops::Range<u64>) {
    seqs.for_each(|seq| producer.send(Kind::Turn, 0, seq, b"", b"{}").unwrap());
    producer.flush(LONG).unwrap();
}

#[test]
fn what_stands_directly_behind_counts_as_read_and_a_gap_is_read() {
    let mut log = Log::new();
    let (mut ours, mut theirs) = (log.producer(), log.producer());
    append(&mut ours, 0..3);
    assert_eq!(log.acknowledged(&mut ours), [0, 1, 2]);
    assert!(!log.follower.is_due(true, LONG), "nothing else is there");

    append(&mut theirs, 0..2);
    append(&mut ours, 3..5);
    assert!(log.acknowledged(&mut ours).is_empty(), "they stand behind what somebody else said");
    assert!(log.follower.is_due(true, LONG));
    assert_eq!(log.read(4), [3, 4, 5, 6]);
    assert!(!log.follower.is_due(true, LONG));

    // And on with acknowledgements; what was asked for meanwhile is not taken twice.
    append(&mut ours, 5..7);
    assert_eq!(log.acknowledged(&mut ours), [7, 8]);
    append(&mut theirs, 2..3);
    assert_eq!(log.read(1), [9]);
}

#[test]
fn a_place_that_nobody_remembers_is_found_by_reading() {
    let mut log = Log::new();
    let mut ours = log.producer();
    append(&mut ours, 0..2);
    let mut one = ours.acknowledgements().pop().unwrap();
    one.base = None;
    log.follower.acknowledged(&one, LONG, |_| Err::<(), Error>(Error::QueueFull)).unwrap();
    assert!(log.follower.is_due(true, LONG));
    assert_eq!(log.read(2), [0, 1]);
}

#[test]
fn the_log_is_looked_at_now_and_then() {
    let mut log = Log::new();
    let mut theirs = log.producer();
    append(&mut theirs, 0..1);
    assert!(log.follower.is_due(false, LOOK) && !log.follower.is_due(true, LOOK));
    assert_eq!(log.read(1), [0]);
    assert!(!log.follower.is_due(false, LONG) && log.follower.is_due(false, LONG + LOOK));
}
