//! A compacted topic kept in view: read to its end, then followed.

use crate::batch::{Batch, RecordRef};
use crate::config::KafkaConfig;
use crate::error::Error;
use crate::fetch::Fetch;
use crate::offsets::Offsets;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long opening may ask the broker.
const OPEN: Duration = Duration::from_secs(10);

/// A reader of all partitions of a compacted topic.
#[derive(Debug)]
pub struct Compacted {
    fetch: Fetch,
    offsets: Offsets,
    batch: Batch,
}

impl Compacted {
    /// Starts reading every partition of `topic` from its beginning.
    pub fn open(config: &KafkaConfig, topic: &str) -> Result<Self, Error> {
        let offsets = Offsets::new(config)?;
        let mut positions = Vec::new();
        for partition in 0..offsets.partitions(topic, OPEN)? {
            positions.push((partition, offsets.range(topic, partition, OPEN)?.0));
        }
        Ok(Self {
            fetch: Fetch::start(config, topic, positions)?,
            offsets,
            batch: Batch::new(1000),
        })
    }

    /// Passes what has arrived to `apply`, in order within a partition (and so for one key); waits up to `timeout` for the first record.
    /// A record without a value removes its key. Returns the number of records.
    pub fn poll(
        &mut self,
        timeout: Duration,
        mut apply: impl FnMut(RecordRef<'_>),
    ) -> Result<usize, Error> {
        self.fetch.poll(&mut self.batch, timeout)?;
        self.batch.iter().for_each(&mut apply);
        Ok(self.batch.len())
    }

    /// (partition, offset behind all that has been passed on) of every partition. It may lie behind the last record: what a transaction wrote at its end, or
    /// compaction took away, has an offset and is no record.
    pub fn positions(&self) -> &[(i32, i64)] {
        self.fetch.positions()
    }

    /// Reads up to the end that the topic has now. Returns an instant read before that end was asked for: the view holds
    /// everything appended before it. Fails with [`Error::Transient`] after `timeout`; call again to go on.
    pub fn catch_up(
        &mut self,
        timeout: Duration,
        mut apply: impl FnMut(RecordRef<'_>),
    ) -> Result<Instant, Error> {
        let asked = Instant::now();
        let deadline = asked + timeout;
        let left = || deadline.saturating_duration_since(Instant::now());
        let mut ends = Vec::new();
        for (partition, _) in self.fetch.positions() {
            ends.push(self.offsets.end(self.fetch.topic(), *partition, left())?);
        }
        while self.fetch.positions().iter().zip(&ends).any(|((_, position), end)| position < end) {
            if left().is_zero() {
                return Err(Error::Transient {
                    doing: format!("reading {} to its end", self.fetch.topic()),
                    reason: "not done in time".to_owned(),
                });
            }
            // Returns at a record and at an end mark, which moves the position over control records.
            self.poll(left(), &mut apply)?;
        }
        Ok(asked)
    }

    /// The latest value of every key in `topic`.
    pub fn read_all(
        config: &KafkaConfig,
        topic: &str,
        timeout: Duration,
    ) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Error> {
        let mut map = BTreeMap::new();
        Self::open(config, topic)?.catch_up(timeout, |record| {
            let key = record.key().unwrap_or_default().to_vec();
            match record.value() {
                Some(value) => map.insert(key, value.to_vec()),
                None => map.remove(&key),
            };
        })?;
        Ok(map)
    }
}
