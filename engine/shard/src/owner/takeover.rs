//! Taking over: whether both logs still hold what the checkpoint needs, then the log up to our leader record.

use super::refusal::Refusal;
use crate::checkpoint::{Meta, Store};
use crate::error::ShardError;
use crate::log::AcceptedLog;
use crate::shard::Shard;
use cartwheel_core::sends::{Headers, Kind, Leader};
use std::ops::Range;

/// The two logs of a shard: names, for whoever reads a refusal, and numbers.
#[derive(Clone, Debug)]
pub struct Logs {
    /// The events topic.
    pub events: String,
    /// The sends topic.
    pub sends: String,
    /// The partition of both.
    pub partition: i32,
    /// How many partitions they have.
    pub partitions: i32,
}

/// First and end offsets of both logs, asked before we lead.
#[derive(Clone, Debug)]
pub struct Ends {
    /// Of the events partition.
    pub events: Range<i64>,
    /// Of the sends partition.
    pub sends: Range<i64>,
    /// How many partitions the events and the sends have now: somebody may have added some since the process began.
    pub partitions: [i32; 2],
}

impl Logs {
    /// Before we lead. Refuses where a log no longer holds, or does not yet hold, what the checkpoint says.
    pub fn check(&self, ends: &Ends, checkpoint: Option<&Meta>) -> Result<(), Refusal> {
        if let Some(is) = ends.partitions.into_iter().find(|is| *is != self.partitions) {
            return Err(Refusal::PartitionsAdded {
                topic: if is == ends.partitions[0] { &self.events } else { &self.sends }.clone(),
                partition: self.partition,
                was: self.partitions,
                is,
            });
        }
        let wanted = checkpoint.map_or(0, |meta| meta.sends_offset);
        if ends.sends.start > wanted {
            return Err(self.passed(&self.sends, wanted, ends.sends.start));
        }
        let Some(meta) = checkpoint else { return Ok(()) };
        if meta.partitions != self.partitions {
            return Err(Refusal::PartitionsChanged {
                topic: self.events.clone(),
                partition: self.partition,
                was: meta.partitions,
                is: self.partitions,
            });
        }
        if meta.sends_offset >= ends.sends.end {
            return Err(Refusal::DiskAhead {
                topic: self.sends.clone(),
                partition: self.partition,
                checkpoint: meta.sends_offset,
                end: ends.sends.end,
            });
        }
        if ends.events.start > meta.next_offset {
            return Err(self.passed(&self.events, meta.next_offset, ends.events.start));
        }
        Ok(())
    }

    /// Where a shard that leads begins to read the events, which are these. Refuses if they are not all there.
    pub fn begin<S: Store>(&self, shard: &Shard<S>, events: Range<i64>) -> Result<i64, Refusal> {
        let next = shard.next_offset();
        self.begin_at(next, shard.replay_until(), shard.wanted_offset(), events)
    }

    pub(super) fn begin_at(
        &self,
        next: i64,
        replay_until: Option<i64>,
        first: i64,
        events: Range<i64>,
    ) -> Result<i64, Refusal> {
        if events.start > next {
            return Err(self.passed(&self.events, next, events.start));
        }
        let wanted = replay_until.unwrap_or(0).max(next);
        if wanted > events.end {
            return Err(Refusal::EventsMissing {
                topic: self.events.clone(),
                partition: self.partition,
                wanted,
                end: events.end,
            });
        }
        // The record before the next one is only compared; where retention has passed just that one, it is not missed.
        Ok(first.max(events.start))
    }

    fn passed(&self, topic: &str, wanted: i64, start: i64) -> Refusal {
        Refusal::RetentionPassed {
            topic: topic.to_owned(),
            partition: self.partition,
            wanted,
            start,
        }
    }
}

/// A record of our own sends partition, as far as it matters to its owner.
#[derive(Clone, Copy, Debug)]
pub struct SendsRecord {
    /// Its offset.
    pub offset: i64,
    /// Its headers.
    pub headers: Headers,
    /// Of a leader record, the generation of the group under which it was appended; none if that cannot be read.
    pub generation: Option<i64>,
}

impl SendsRecord {
    /// Looks into the value of a leader record.
    pub fn new(offset: i64, headers: Headers, value: &[u8]) -> Self {
        let leader = match headers.kind {
            Kind::Leader => serde_json::from_slice::<Leader>(value).ok(),
            _ => None,
        };
        Self { offset, headers, generation: leader.map(|leader| leader.generation) }
    }
}

/// The sends partition, read up to our leader record, and what comes behind it in the same read.
pub struct Reading {
    pub(super) epoch: i64,
    pub(super) log: AcceptedLog,
    pub(super) later: Vec<SendsRecord>,
}

impl Reading {
    /// Our leader record is at `epoch`.
    pub fn new(checkpoint: Option<Meta>, epoch: i64) -> Self {
        Self { epoch, log: AcceptedLog::new(checkpoint), later: Vec::new() }
    }

    /// The offset at which to begin; none for the start of the partition.
    pub fn begin(&self) -> Option<i64> {
        self.log.begin()
    }

    /// Takes the next record.
    pub fn record(
        &mut self,
        offset: i64,
        headers: Headers,
        value: &[u8],
    ) -> Result<(), ShardError> {
        if offset <= self.epoch {
            return self.log.push(offset, headers, value);
        }
        self.later.push(SendsRecord::new(offset, headers, value));
        Ok(())
    }

    /// Whether a reader at `position` is behind our leader record.
    pub fn is_done(&self, position: i64) -> bool {
        position > self.epoch
    }

    /// The configuration hashes that the replay needs.
    pub fn configurations(&self) -> Vec<u128> {
        self.log.configurations()
    }
}
