//! One partition, read in batches from a position that the caller knows.

use crate::batch::Batch;
use crate::config::KafkaConfig;
use crate::context::ClientStats;
use crate::direct::{Direct, Lost, Reach};
use crate::error::Error;
use crate::fetch::Fetch;
use crate::offsets::Offsets;
use crate::protocol::Trouble;
use std::sync::Arc;
use std::time::Duration;

/// Where to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this offset; one that the log does not hold is an error of the first poll.
    Offset(i64),
    /// At the first record that retention has left.
    Beginning,
    /// Behind the last record.
    End,
}

/// How long opening may ask the broker.
const OPEN: Duration = Duration::from_secs(10);

/// A reader of one partition. Belongs to one thread at a time.
///
/// Errors of [`poll`](Self::poll): [`Error::OffsetOutOfRange`], [`Error::NoTopic`] and [`Error::Denied`] repeat until the caller
/// acts; [`Error::Transient`] (broker down) passes by itself. Where it [`is_direct`](Self::is_direct), [`Error::Replaced`] and [`Error::Cut`]
/// say that the log is no longer the one that was read; they never go away.
#[derive(Debug)]
pub struct Source {
    way: Way,
    config: KafkaConfig,
    topic: String,
    partition: i32,
    offsets: Arc<Offsets>,
}

#[derive(Debug)]
enum Way {
    /// Through librdkafka.
    Queue(Fetch),
    /// Over a connection of our own, as long as it can read what is there.
    Direct(Box<Direct>, Arc<Reach>),
}

impl Source {
    /// Opens `partition` of `topic`. Fails within 10 s if the broker does not answer, and at once if topic or partition is not there.
    pub fn open(
        config: &KafkaConfig,
        topic: &str,
        partition: i32,
        start: Start,
    ) -> Result<Self, Error> {
        Self::open_with(config, Arc::new(Offsets::new(config)?), topic, partition, start)
    }

    /// The same, sharing the client for questions with other sources: one connection and two threads fewer.
    pub fn open_with(
        config: &KafkaConfig,
        offsets: Arc<Offsets>,
        topic: &str,
        partition: i32,
        start: Start,
    ) -> Result<Self, Error> {
        let offset = start_of(&offsets, topic, partition, start)?;
        let fetch = Fetch::start(config, topic, vec![(partition, offset)])?;
        Ok(Self {
            way: Way::Queue(fetch),
            config: config.clone(),
            topic: topic.to_owned(),
            partition,
            offsets,
        })
    }

    /// The same, reading the direct way where the configuration lets it and the records are made for it.
    pub fn open_direct(
        config: &KafkaConfig,
        offsets: Arc<Offsets>,
        topic: &str,
        partition: i32,
        start: Start,
    ) -> Result<Self, Error> {
        let Some(reach) = Reach::of(config)? else {
            return Self::open_with(config, offsets, topic, partition, start);
        };
        let mut direct = Box::new(Direct::new(Arc::clone(&reach), topic, partition));
        // First of all: it knows at once what librdkafka waits for in vain, a refused login and a certificate that proves nothing.
        if let Err(lost) = direct.connect() {
            let theirs = lost.is_theirs() || trusted_by_librdkafka(&lost, &offsets, topic);
            let error =
                lost.error(&reach, &config.bootstrap, reading(topic, partition), topic, partition);
            if theirs {
                tracing::warn!(topic, partition, %error, "reading through librdkafka");
                return Self::open_with(config, offsets, topic, partition, start);
            }
            if !error.is_transient() {
                return Err(error);
            }
        }
        direct.go_to(start_of(&offsets, topic, partition, start)?);
        Ok(Self {
            way: Way::Direct(direct, reach),
            config: config.clone(),
            topic: topic.to_owned(),
            partition,
            offsets,
        })
    }

    /// Refills `batch` with what is there, up to its capacity; if nothing is, waits up to `timeout` for the first record (then
    /// takes what is there) and may leave the batch empty. The batch's former records are freed.
    pub fn poll(&mut self, batch: &mut Batch, timeout: Duration) -> Result<(), Error> {
        batch.clear();
        let (direct, reach) = match &mut self.way {
            Way::Queue(fetch) => return fetch.poll(batch, timeout),
            Way::Direct(direct, reach) => (direct, reach),
        };
        match direct.poll(batch.capacity(), timeout) {
            Ok((chunk, range)) => batch.hold(chunk, range),
            Err(lost) if lost.is_theirs() => {
                let position = direct.position();
                self.way = detour(&self.config, &self.topic, self.partition, position, &lost)?;
            }
            Err(lost) => {
                let (config, topic) = (&self.config, &self.topic);
                let doing = reading(topic, self.partition);
                return Err(lost.error(reach, &config.bootstrap, doing, topic, self.partition));
            }
        }
        Ok(())
    }

    /// Offset of the next record to be read. Stands behind control records too, so that it can equal the end offset.
    pub fn position(&self) -> i64 {
        match &self.way {
            Way::Queue(fetch) => position(fetch),
            Way::Direct(direct, _) => direct.position(),
        }
    }

    /// The end offset, asked of the broker during this call. At most `timeout`.
    pub fn end_offset(&self, timeout: Duration) -> Result<i64, Error> {
        self.offsets.end(self.topic(), self.partition, timeout)
    }

    /// The first offset that retention has left, asked during this call. At most `timeout`.
    pub fn start_offset(&self, timeout: Duration) -> Result<i64, Error> {
        self.offsets.range(self.topic(), self.partition, timeout).map(|(start, _)| start)
    }

    /// Records between our position and the end, asked during this call.
    pub fn lag(&self, timeout: Duration) -> Result<u64, Error> {
        Ok(u64::try_from(self.end_offset(timeout)? - self.position()).unwrap_or(0))
    }

    /// Goes on at `offset`; what was fetched already is dropped. At most `timeout`.
    pub fn seek(&mut self, offset: i64, timeout: Duration) -> Result<(), Error> {
        match &mut self.way {
            Way::Queue(fetch) => fetch.seek(self.partition, offset, timeout),
            Way::Direct(direct, _) => {
                direct.go_to(offset);
                Ok(())
            }
        }
    }

    /// Passes over records up to `offset`, which are known from elsewhere; false, and nothing is passed over, where that cannot be done at once.
    pub fn pass_to(&mut self, offset: i64) -> bool {
        match &mut self.way {
            Way::Queue(_) => false,
            Way::Direct(direct, _) => {
                direct.go_to(offset);
                true
            }
        }
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The partition.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The fetching client's figures.
    pub fn stats(&self) -> ClientStats {
        match &self.way {
            Way::Queue(fetch) => fetch.stats(),
            Way::Direct(direct, _) => {
                ClientStats { brokers_up: direct.is_connected().into(), ..ClientStats::default() }
            }
        }
    }

    /// Whether records come over a connection of our own now.
    pub fn is_direct(&self) -> bool {
        matches!(self.way, Way::Direct(..))
    }
}

fn reading(topic: &str, partition: i32) -> String {
    format!("reading {topic}/{partition}")
}

/// The offset to start at.
fn start_of(offsets: &Offsets, topic: &str, partition: i32, start: Start) -> Result<i64, Error> {
    offsets.require(topic, partition, OPEN)?;
    let offset = match start {
        Start::Offset(offset) => offset,
        Start::Beginning => offsets.range(topic, partition, OPEN)?.0,
        Start::End => offsets.range(topic, partition, OPEN)?.1,
    };
    if offset < 0 {
        return Err(Error::OffsetOutOfRange { topic: topic.to_owned(), partition, offset });
    }
    Ok(offset)
}

fn position(fetch: &Fetch) -> i64 {
    fetch.positions().first().map_or(0, |own| own.1)
}

/// Whether librdkafka trusts brokers that we do not: OpenSSL takes some certificates that rustls does not, such as those that have their name only as
/// their subject's.
fn trusted_by_librdkafka(lost: &Lost, offsets: &Offsets, topic: &str) -> bool {
    matches!(lost, Lost::Trouble(Trouble::Untrusted(_))) && offsets.partitions(topic, OPEN).is_ok()
}

/// Goes on through librdkafka, where we cannot read what is there.
fn detour(
    config: &KafkaConfig,
    topic: &str,
    partition: i32,
    offset: i64,
    lost: &Lost,
) -> Result<Way, Error> {
    tracing::info!(topic, partition, offset, ?lost, "reading through librdkafka");
    Ok(Way::Queue(Fetch::start(config, topic, vec![(partition, offset)])?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MockBroker, SendsProducer};
    use cartwheel_core::sends::Kind;
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(20);

    /// Appends the offsets of what is there until there are `count`, ten at a time at most.
    fn read(source: &mut Source, offsets: &mut Vec<i64>, count: usize) {
        let (mut batch, deadline) = (Batch::new(10), Instant::now() + LONG);
        while offsets.len() < count && Instant::now() < deadline {
            source.poll(&mut batch, Duration::from_millis(50)).unwrap();
            offsets.extend(batch.iter().map(|record| record.offset()));
        }
    }

    #[test]
    fn a_detour_begins_where_we_stopped() {
        let broker = MockBroker::start().unwrap();
        let config = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
        broker.create_topic("sends", 1).unwrap();
        let mut producer = SendsProducer::open(&config, "sends", 0).unwrap();
        (0..100).for_each(|seq| producer.send(Kind::Turn, 0, seq, b"", b"{}").unwrap());
        producer.flush(LONG).unwrap();

        let offsets = Arc::new(Offsets::new(&config).unwrap());
        let mut source =
            Source::open_direct(&config, offsets, "sends", 0, Start::Beginning).unwrap();
        let mut read_so_far = Vec::new();
        read(&mut source, &mut read_so_far, 30);
        assert!(source.is_direct());
        let lost = Lost::Trouble(Trouble::Unreadable);
        source.way = detour(&config, "sends", 0, source.position(), &lost).unwrap();
        read(&mut source, &mut read_so_far, 100);
        assert!(!source.is_direct());
        assert_eq!(read_so_far, (0..100).collect::<Vec<_>>());
    }
}
