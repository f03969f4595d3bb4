//! One partition, read in batches from a position that the caller knows.

use crate::batch::Batch;
use crate::config::KafkaConfig;
use crate::context::ClientStats;
use crate::direct::{Direct, Trouble};
use crate::error::Error;
use crate::fetch::Fetch;
use crate::offsets::Offsets;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
/// How long to read through librdkafka before the direct way is tried again.
const DETOUR: Duration = Duration::from_secs(30);
/// How long a shard that reads may wait for the leader's address.
const ASK: Duration = Duration::from_secs(1);

/// A reader of one partition. Belongs to one thread at a time.
///
/// Errors of [`poll`](Self::poll): [`Error::OffsetOutOfRange`], [`Error::NoTopic`] and [`Error::Denied`] repeat until the caller
/// acts; [`Error::Transient`] (broker down) passes by itself.
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
    /// Through librdkafka; the direct way again at this time, if ever.
    Queue(Fetch, Option<Instant>),
    /// Over a connection of our own, as long as that goes well.
    Direct(Box<Direct>),
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
            way: Way::Queue(fetch, None),
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
        // A property may be about what we would do otherwise.
        if !(config.is_plain() && config.properties.is_empty() && config.direct_fetch) {
            return Self::open_with(config, offsets, topic, partition, start);
        }
        let offset = start_of(&offsets, topic, partition, start)?;
        let way = directly(config, &offsets, topic, partition, offset)?;
        Ok(Self { way, config: config.clone(), topic: topic.to_owned(), partition, offsets })
    }

    /// Refills `batch` with what is there, up to its capacity; if nothing is, waits up to `timeout` for the first record (then
    /// takes what is there) and may leave the batch empty. The batch's former records are freed.
    pub fn poll(&mut self, batch: &mut Batch, timeout: Duration) -> Result<(), Error> {
        batch.clear();
        match &mut self.way {
            Way::Queue(fetch, again) => {
                if again.is_none_or(|again| Instant::now() < again) {
                    return fetch.poll(batch, timeout);
                }
                match direct(&self.offsets, &self.topic, self.partition, position(fetch)) {
                    Ok(direct) => self.way = Way::Direct(Box::new(direct)),
                    Err(_) => *again = Some(Instant::now() + DETOUR),
                }
            }
            Way::Direct(direct) => match direct.poll(batch.capacity(), timeout) {
                Ok((chunk, range)) => batch.hold(chunk, range),
                Err(trouble) => {
                    self.way = detour(
                        &self.config,
                        &self.topic,
                        self.partition,
                        direct.position(),
                        trouble,
                    )?
                }
            },
        }
        Ok(())
    }

    /// Offset of the next record to be read. Stands behind control records too, so that it can equal the end offset.
    pub fn position(&self) -> i64 {
        match &self.way {
            Way::Queue(fetch, _) => position(fetch),
            Way::Direct(direct) => direct.position(),
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
            Way::Queue(fetch, _) => fetch.seek(self.partition, offset, timeout),
            Way::Direct(_) => {
                self.way =
                    directly(&self.config, &self.offsets, &self.topic, self.partition, offset)?;
                Ok(())
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
            Way::Queue(fetch, _) => fetch.stats(),
            Way::Direct(_) => ClientStats { brokers_up: 1, ..ClientStats::default() },
        }
    }

    /// Whether records come over a connection of our own now.
    pub fn is_direct(&self) -> bool {
        matches!(self.way, Way::Direct(_))
    }
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

fn direct(offsets: &Offsets, topic: &str, partition: i32, offset: i64) -> Result<Direct, Trouble> {
    let (host, port) = offsets.leader(topic, partition, ASK).ok_or(Trouble::Connection)?;
    Direct::open((&host, port), topic, partition, offset)
}

/// The direct way if it can be begun, else a detour.
fn directly(
    config: &KafkaConfig,
    offsets: &Offsets,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<Way, Error> {
    match direct(offsets, topic, partition, offset) {
        Ok(direct) => Ok(Way::Direct(Box::new(direct))),
        Err(trouble) => detour(config, topic, partition, offset, trouble),
    }
}

/// Goes on through librdkafka: for a while, or for good where the direct way cannot read what is there.
fn detour(
    config: &KafkaConfig,
    topic: &str,
    partition: i32,
    offset: i64,
    trouble: Trouble,
) -> Result<Way, Error> {
    tracing::info!(topic, partition, offset, ?trouble, "reading through librdkafka");
    let fetch = Fetch::start(config, topic, vec![(partition, offset)])?;
    Ok(Way::Queue(fetch, trouble.passes().then(|| Instant::now() + DETOUR)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MockBroker, SendsProducer};
    use cartwheel_core::sends::Kind;

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
    fn a_detour_ends_where_it_began_to_read() {
        let broker = MockBroker::start().unwrap();
        let config = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
        broker.create_topic("sends", 1).unwrap();
        let producer = SendsProducer::open(&config, "sends", 0).unwrap();
        (0..100).for_each(|seq| producer.send(Kind::Turn, 0, seq, b"", b"{}").unwrap());
        producer.flush(LONG).unwrap();

        let offsets = Arc::new(Offsets::new(&config).unwrap());
        let mut source =
            Source::open_direct(&config, offsets, "sends", 0, Start::Beginning).unwrap();
        let mut read_so_far = Vec::new();
        read(&mut source, &mut read_so_far, 30);
        source.way = detour(&config, "sends", 0, source.position(), Trouble::Connection).unwrap();
        read(&mut source, &mut read_so_far, 60);
        assert!(!source.is_direct());
        let Way::Queue(_, Some(again)) = &mut source.way else { panic!("no detour") };
        *again = Instant::now();
        read(&mut source, &mut read_so_far, 100);
        assert!(source.is_direct());
        assert_eq!(read_so_far, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn what_cannot_be_read_directly_is_no_detour() {
        let broker = MockBroker::start().unwrap();
        let config = KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() };
        broker.create_topic("events", 1).unwrap();
        assert!(matches!(
            detour(&config, "events", 0, 0, Trouble::Unreadable),
            Ok(Way::Queue(_, None))
        ));
        assert!(matches!(
            detour(&config, "events", 0, 0, Trouble::Code(6)),
            Ok(Way::Queue(_, Some(_)))
        ));
    }
}
