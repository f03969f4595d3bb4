//! Follows our own sends partition: what has been appended there, by us or by others, record by record.
//!
//! The log is a sequence of offsets. An acknowledgement that says that our records stand directly behind what has been read says what the log has
//! there, since we know what we sent: they count as read, and are not fetched (ADR 21). One that stands further behind leaves a gap, in which may be a later leader: then everything is
//! read, as it is where appends go through librdkafka, and now and then where nothing is appended.

use cartwheel_core::sends::Headers;
use cartwheel_kafka::{Acknowledged, Batch, Error, Source};
use cartwheel_shard::owner::SendsRecord;
use std::time::Duration;

/// Records in one read.
const READ: usize = 2_048;
/// How often is looked whether somebody else has appended, while nothing of ours is under way.
const LOOK: Duration = Duration::from_millis(100);

/// See the module.
pub(super) struct Follower {
    sends: Source,
    batch: Batch,
    /// Every record before is known to be in the log.
    known: i64,
    /// When the log was read last, or ours was acknowledged (monotonic).
    looked: Duration,
}

impl Follower {
    /// Behind what `sends` has read.
    pub(super) fn new(sends: Source) -> Self {
        let known = sends.position();
        Self { sends, batch: Batch::new(READ), known, looked: Duration::ZERO }
    }

    /// Takes note of an acknowledgement and hands over its records, if they stand directly behind what has been read.
    pub(super) fn acknowledged<E>(
        &mut self,
        acknowledged: &Acknowledged,
        mono: Duration,
        mut take: impl FnMut(SendsRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let position = self.sends.position();
        let Some(base) = acknowledged.base else {
            self.known = self.known.max(position + 1); // somewhere behind
            return Ok(());
        };
        let behind = base + acknowledged.headers.len() as i64;
        self.known = self.known.max(behind);
        if base != position || !self.sends.pass_to(behind) {
            return Ok(());
        }
        self.looked = mono;
        let record = |(offset, headers): (i64, &Headers)| SendsRecord::new(offset, *headers, b"");
        (base..).zip(&acknowledged.headers).map(record).try_for_each(&mut take)
    }

    /// Whether the log is to be read now: it has more than is known, or has not been looked at for a while. `waits` says that acknowledgements are awaited.
    pub(super) fn is_due(&self, waits: bool, mono: Duration) -> bool {
        let is_behind = self.sends.position() < self.known;
        is_behind || !self.sends.is_direct() || !waits && mono.saturating_sub(self.looked) >= LOOK
    }

    /// Reads what is there, waiting up to `wait` for something, and hands it over.
    pub(super) fn read<E: From<Error>>(
        &mut self,
        wait: Duration,
        mono: Duration,
        mut take: impl FnMut(SendsRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        self.looked = mono;
        match self.sends.poll(&mut self.batch, wait) {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                tracing::debug!(partition = self.sends.partition(), %error, "reading back");
            }
            Err(error) => return Err(error.into()),
        }
        for record in self.batch.iter() {
            if let Some(headers) = record.sends_headers() {
                let value = record.value().unwrap_or_default();
                take(SendsRecord::new(record.offset(), headers, value))?;
            }
        }
        self.batch.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
            let sends =
                Source::open_direct(&config, offsets, "sends", 0, Start::Beginning).unwrap();
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
        assert!(
            log.acknowledged(&mut ours).is_empty(),
            "they stand behind what somebody else said"
        );
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
}
