//! What to ask for a partition's records, and what the answers mean. A state machine without I/O.
//!
//! A log is what it was as long as its topic has the same id (KIP-516), and as long as it still has all that was read of it: the leader
//! of each later epoch must know the end of the epoch that was read last, at or behind what was read (KIP-320). Both are looked at before a
//! leader is asked for records, and every request for records names id and epoch, so that no broker answers under others.

use super::Lost;
use super::whereabouts::Whereabouts;
use crate::connection::Answered;
use crate::protocol::{
    Answer, Ask, AskEpoch, Chunk, EpochEnd, Reader, Request, TopicId, Trouble, code, read,
};
use crate::settings::FETCH_WAIT_MS;

/// About how many bytes of the partition an answer holds. Measured: with 1 MiB the broker answers twice as often, and takes a twentieth more
/// of the machine.
const ANSWER_BYTES: i32 = 2 << 20;
/// Memory of records beyond this is given back behind an answer that needed it.
const KEEP: usize = 1 << 16;

/// See the module.
#[derive(Debug)]
pub(super) struct Reading {
    at: Whereabouts,
    /// The newest of what was read: the epoch of its leader, and the offset behind it.
    seen: Option<(i32, i64)>,
    /// Offset to be asked for.
    next: i64,
}

impl Reading {
    pub(super) fn new(topic: &str, partition: i32) -> Self {
        Self { at: Whereabouts::new(topic, partition), seen: None, next: 0 }
    }

    /// Which partition, and where its leader is.
    pub(super) fn whereabouts(&mut self) -> &mut Whereabouts {
        &mut self.at
    }

    /// Offset behind the newest answer.
    pub(super) fn next(&self) -> i64 {
        self.next
    }

    /// Goes on at `offset`.
    pub(super) fn go_to(&mut self, offset: i64) {
        self.next = offset;
    }

    /// Asks the leader where the log ends of which the newest was read; none if nothing was.
    pub(super) fn ask_end(&self) -> Option<Request> {
        let (epoch, _) = self.seen?;
        let Whereabouts { topic, partition, epoch: current, .. } = &self.at;
        let ask = AskEpoch { topic, partition: *partition, current: *current, epoch };
        Some(ask.request())
    }

    /// Reads that. A leader that does not know the epoch any more, or ends it earlier, has another log.
    pub(super) fn end(&self, answer: &mut Reader<'_>) -> Result<(), Lost> {
        let found = EpochEnd::read(answer)?;
        match self.seen {
            Some((_, behind)) if found.end < behind => {
                Err(Lost::Cut { read: behind, end: found.end.max(0) })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Asks for the next records.
    pub(super) fn ask(&self) -> Request {
        let ask = Ask {
            topic: self.at.id.unwrap_or(TopicId([0; 16])),
            partition: self.at.partition,
            epoch: self.at.epoch,
            offset: self.next,
            max_wait_ms: FETCH_WAIT_MS,
            max_bytes: ANSWER_BYTES,
        };
        ask.request()
    }

    /// Turns an answer into records, in the memory of `chunk`.
    pub(super) fn take(&mut self, answer: Answered, mut chunk: Chunk) -> Result<Chunk, Lost> {
        chunk.records.clear();
        if chunk.records.capacity() > KEEP {
            chunk.records = Vec::new();
        }
        chunk.partition = self.at.partition;
        let found = match Answer::read(&mut answer.reader()) {
            Err(Trouble::Code(code::OFFSET_OUT_OF_RANGE)) => {
                return Err(Lost::OutOfRange(self.next));
            }
            found => found?,
        };
        chunk.bytes = answer.bytes;
        let read =
            read(&mut chunk.bytes, found.records, self.next, found.aborted, &mut chunk.records)?;
        if read.epoch >= 0 {
            self.seen = self.seen.max(Some((read.epoch, read.next)));
        }
        self.next = read.next;
        chunk.more = read.next < found.end;
        Ok(chunk)
    }
}
