//! What to append to a partition, and what the answers mean. A state machine without I/O.
//!
//! Batches go out in order, a few at a time, under the sequence numbers of one idempotent producer (KIP-98). Where an answer is lost or says that it was the broker's fault, all that is not acknowledged is
//! sent again over the next connection, byte for byte: what the broker has already it does not take twice.

use super::Lost;
use super::whereabouts::Whereabouts;
use crate::protocol::{
    Append, Pack, ProducerId, Reader, Records, Request, Sealed, Trouble, appended_at, code,
};
use cartwheel_core::sends::Headers;
use std::collections::VecDeque;

/// Batches under way at once. A broker remembers the numbers of the last five.
const UNDER_WAY: usize = 5;
/// Bytes of records in a batch, before compression: more of them in one request cost the broker no less.
const BATCH: usize = 512 << 10;
/// Records in a batch.
const MOST_RECORDS: usize = 10_000;
/// Bytes that wait to be sent or acknowledged, above which no more is taken.
const MOST_WAITING: usize = 64 << 20;
/// How long the broker may wait for the other replicas: less than a connection's patience with a silent broker.
const REPLICAS_MS: i32 = 8_000;

/// Records that the broker has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Offset of the first; none if the broker does not remember.
    pub base: Option<i64>,
    /// One behind the other.
    pub headers: Vec<Headers>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Appending {
    at: Whereabouts,
    pack: Pack,
    /// Bytes of records in a batch.
    most: usize,
    producer: Option<ProducerId>,
    /// Of the next record that is put into a batch.
    sequence: i32,
    /// Not yet in batches, in order. The last may take more.
    waiting: VecDeque<Records>,
    /// In batches and not acknowledged, in order.
    sealed: VecDeque<Sealed>,
    /// So many of these are under way over the present connection.
    sent: usize,
    /// Bytes of both.
    bytes: usize,
    acknowledged: Vec<Acknowledged>,
    /// Greatest offset of an acknowledged record.
    newest: Option<i64>,
}

impl Appending {
    /// To this partition. No batch has more bytes of records than `most`, unless it is one record.
    pub(super) fn new(topic: &str, partition: i32, pack: Pack, most: usize) -> Self {
        Self {
            at: Whereabouts::new(topic, partition),
            pack,
            most: most.min(BATCH),
            producer: None,
            sequence: 0,
            waiting: VecDeque::new(),
            sealed: VecDeque::new(),
            sent: 0,
            bytes: 0,
            acknowledged: Vec::new(),
            newest: None,
        }
    }

    /// Which partition, and where its leader is.
    pub(super) fn whereabouts(&mut self) -> &mut Whereabouts {
        &mut self.at
    }

    /// Records that are not acknowledged.
    pub(super) fn in_flight(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(Records::len).sum();
        waiting + self.sealed.iter().map(|sealed| sealed.headers.len()).sum::<usize>()
    }

    /// Whether an answer is awaited.
    pub(super) fn is_under_way(&self) -> bool {
        self.sent > 0
    }

    /// Takes a record; false if too much waits already.
    pub(super) fn push(&mut self, headers: Headers, key: &[u8], value: &[u8]) -> bool {
        if self.bytes >= MOST_WAITING {
            return false;
        }
        let most = self.most;
        let has_room = |last: &Records| {
            last.len() < MOST_RECORDS && last.bytes() + key.len() + value.len() < most
        };
        if !self.waiting.back().is_some_and(has_room) {
            self.waiting.push_back(Records::default());
        }
        if let Some(last) = self.waiting.back_mut() {
            let before = last.bytes();
            last.push(headers, key, value);
            self.bytes += last.bytes() - before;
        }
        true
    }

    /// Whether an id is to be asked for first.
    pub(super) fn wants_id(&self) -> bool {
        self.producer.is_none()
    }

    /// The id under which everything is appended.
    pub(super) fn knows(&mut self, producer: ProducerId) {
        self.producer = Some(producer);
    }

    /// There is a new connection: nothing is under way over it.
    pub(super) fn begin(&mut self) {
        self.sent = 0;
    }

    /// The next batch to be sent, if there is one and there are not too many under way. `now` is epoch milliseconds.
    pub(super) fn next(&mut self, now: i64) -> Result<Option<Request>, Lost> {
        if self.sent == self.sealed.len() {
            let Some(producer) = self.producer.filter(|_| self.sent < UNDER_WAY) else {
                return Ok(None);
            };
            let Some(records) = self.waiting.pop_front() else { return Ok(None) };
            self.seal(records, producer, now)?;
        }
        let Whereabouts { topic, partition, .. } = &self.at;
        let request = self.sealed.get(self.sent).map(|sealed| {
            let batch = &sealed.bytes;
            Append { topic, partition: *partition, timeout_ms: REPLICAS_MS, batch }.request()
        });
        self.sent += usize::from(request.is_some());
        Ok(request)
    }

    fn seal(&mut self, records: Records, producer: ProducerId, now: i64) -> Result<(), Lost> {
        let (plain, count) = (records.bytes(), records.len() as i32);
        let sealed = records
            .seal(self.pack, now, producer, self.sequence)
            .map_err(|error| Trouble::Connection(format!("compressing a batch: {error}")))?;
        // Behind the greatest number comes 0, in the middle of a batch too.
        self.sequence = (i64::from(self.sequence) + i64::from(count)) as i32 & i32::MAX;
        self.bytes = self.bytes - plain + sealed.bytes.len();
        self.sealed.push_back(sealed);
        Ok(())
    }

    /// Takes the answer to the oldest batch under way. On an error the connection is of no use any more.
    pub(super) fn answered(&mut self, answer: &mut Reader<'_>) -> Result<(), Lost> {
        let base = match appended_at(answer) {
            Ok(base) => Some(base).filter(|base| *base >= 0),
            // Sent again after its answer was lost, so long ago that where it stands is forgotten.
            Err(Trouble::Code(code::DUPLICATE_SEQUENCE_NUMBER)) => None,
            Err(trouble) => return Err(trouble.into()),
        };
        // Before a batch is taken out: one that was not sent is no answer's.
        self.sent = self.sent.checked_sub(1).ok_or(Trouble::Unreadable)?;
        let sealed = self.sealed.pop_front().ok_or(Trouble::Unreadable)?;
        self.bytes -= sealed.bytes.len();
        self.newest = self.newest.max(base.map(|base| base + sealed.headers.len() as i64 - 1));
        self.acknowledged.push(Acknowledged { base, headers: sealed.headers });
        Ok(())
    }

    /// Greatest offset of an acknowledged record; none before the first.
    pub(super) fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// What has been acknowledged since the last call, in order.
    pub(super) fn acknowledged(&mut self) -> std::vec::Drain<'_, Acknowledged> {
        self.acknowledged.drain(..)
    }
}

#[cfg(test)]
mod tests;
