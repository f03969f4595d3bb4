//! One partition, read in batches from a position that the caller knows.

use crate::batch::Batch;
use crate::config::KafkaConfig;
use crate::context::ClientStats;
use crate::error::Error;
use crate::fetch::Fetch;
use crate::offsets::Offsets;
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
/// acts; [`Error::Transient`] (broker down) passes by itself.
#[derive(Debug)]
pub struct Source {
    fetch: Fetch,
    partition: i32,
    offsets: Arc<Offsets>,
}

impl Source {
    /// Opens `partition` of `topic`. Fails within 10 s if the broker does not answer, and at once if topic or partition is not there.
    pub fn open(config: &KafkaConfig, topic: &str, partition: i32, start: Start) -> Result<Self, Error> {
        Self::open_with(config, Arc::new(Offsets::new(config)?), topic, partition, start)
    }

    /// The same, sharing the client for questions with other sources: one connection and two threads fewer.
    pub fn open_with(config: &KafkaConfig, offsets: Arc<Offsets>, topic: &str, partition: i32, start: Start) -> Result<Self, Error> {
        offsets.require(topic, partition, OPEN)?;
        let offset = match start {
            Start::Offset(offset) => offset,
            Start::Beginning => offsets.range(topic, partition, OPEN)?.0,
            Start::End => offsets.range(topic, partition, OPEN)?.1,
        };
        if offset < 0 {
            return Err(Error::OffsetOutOfRange { topic: topic.to_owned(), partition, offset });
        }
        Ok(Self { fetch: Fetch::start(config, topic, vec![(partition, offset)])?, partition, offsets })
    }

    /// Refills `batch` with what is there, up to its capacity; if nothing is, waits up to `timeout` for the first record (then
    /// takes what is there) and may leave the batch empty. The batch's former records are freed.
    pub fn poll(&mut self, batch: &mut Batch, timeout: Duration) -> Result<(), Error> {
        self.fetch.poll(batch, timeout)
    }

    /// Offset of the next record to be read. Stands behind control records too, so that it can equal the end offset.
    pub fn position(&self) -> i64 {
        self.fetch.positions().first().map_or(0, |own| own.1)
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
        self.fetch.seek(self.partition, offset, timeout)
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        self.fetch.topic()
    }

    /// The partition.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The fetching client's figures.
    pub fn stats(&self) -> ClientStats {
        self.fetch.stats()
    }
}
