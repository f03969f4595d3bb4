//! One sends partition: the reader's rule, reading ahead of the calls, and what may be committed.
//!
//! A worker reads its partition to the end before it calls anybody, so that it sees a suppression behind a command. The commands of a long
//! backlog do not fit into memory. So reading has two cursors over one consumer:
//!
//! - the **scan** reads every record once, in order, up to the end. It forwards suppressions, events and dead letters at once; commands go into the queue
//!   until it is full. The first that does not fit opens a **gap**.
//! - the **refill** goes back (`Seek`) to the gap when the queue is half empty, and takes commands only. When the queue is full again, or the
//!   scan's place is reached, the scan goes on.
//!
//! So a slow provider never holds up the forwarding of suppressions, and freshness is judged by the scan alone.

use crate::config::Room;
use crate::horizon::Horizon;
use crate::ledger::Ledger;
use crate::queue::Queue;
use cartwheel_core::sends::{Acceptance, Headers, Kind, Reader};
use cartwheel_core::time::Millis;
use std::collections::BTreeMap;

/// Commands from here on wait in the log.
#[derive(Clone, Copy, Debug)]
struct Gap {
    next: i64,
    reader: Reader,
}

/// Which cursor the consumer stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Scan,
    Refill,
    /// The queue is full in a refill; nothing is read until the consumer has been sent back to the scan.
    Stopped,
}

/// A record that was read and is not finished.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The reader's state before it: what a worker that starts here needs.
    before: Reader,
    /// Its outcome is known.
    settled: bool,
    /// Writes without acknowledgement.
    writes: u32,
}

/// What reading a record asks of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Nothing.
    Passed,
    /// Not accepted, or not ours.
    Skipped(&'static str),
    /// An accepted command that was given a place in the queue.
    Command,
    /// An accepted record to forward.
    Forward(Kind, u64),
}

/// The state of a partition.
pub struct Partition<S> {
    /// Tells this assignment from an earlier one of the same partition.
    pub incarnation: u64,
    pub ledger: Ledger<S>,
    /// The next flush of the ledger must reach the disk.
    pub durable: bool,
    pub queue: Queue,
    /// No new calls: the partition is about to be given away.
    pub draining: bool,
    pub paused: bool,
    horizon: Horizon,
    reader: Reader,
    gap: Option<Gap>,
    cursor: Cursor,
    open: BTreeMap<i64, Open>,
    writing: usize,
    writing_bytes: usize,
    committed: i64,
    commit_at: Millis,
}

impl<S> Partition<S> {
    /// A partition that is read from `offset`.
    pub fn new(incarnation: u64, offset: i64, reader: Reader, ledger: Ledger<S>) -> Self {
        Self {
            incarnation,
            ledger,
            durable: false,
            queue: Queue::default(),
            draining: false,
            paused: false,
            horizon: Horizon::at(offset),
            reader,
            gap: None,
            cursor: Cursor::Scan,
            open: BTreeMap::new(),
            writing: 0,
            writing_bytes: 0,
            committed: offset,
            commit_at: Millis::MIN,
        }
    }

    /// Reads one record; the worker does what the answer says and then settles or queues it.
    pub fn read(&mut self, offset: i64, headers: Option<Headers>, room: Room) -> Read {
        if self.cursor == Cursor::Stopped {
            return Read::Passed;
        }
        if offset >= self.horizon.next() {
            if self.cursor == Cursor::Refill {
                (self.gap, self.cursor) = (None, Cursor::Scan);
            }
            return self.scan(offset, headers, room);
        }
        match self.gap {
            Some(gap) if self.cursor == Cursor::Refill && offset >= gap.next => {
                self.refill(gap, offset, headers, room)
            }
            _ => Read::Passed,
        }
    }

    fn scan(&mut self, offset: i64, headers: Option<Headers>, room: Room) -> Read {
        let before = self.reader;
        self.horizon.advance(offset + 1);
        let Some(headers) = headers else { return Read::Skipped("foreign") };
        match (self.reader.read(offset, headers), headers.kind) {
            (Acceptance::Rejected, _) => Read::Skipped("rejected"),
            (Acceptance::Leader, _) | (_, Kind::Leader | Kind::Turn) => Read::Passed,
            (Acceptance::Accepted, Kind::Command) if self.gap.is_some() => Read::Passed,
            (Acceptance::Accepted, Kind::Command) if !self.has_room(room) => {
                self.gap = Some(Gap { next: offset, reader: before });
                Read::Passed
            }
            (Acceptance::Accepted, kind) => {
                self.open.insert(offset, Open { before, settled: false, writes: 0 });
                if kind == Kind::Command { Read::Command } else { Read::Forward(kind, headers.seq) }
            }
        }
    }

    fn refill(&mut self, mut gap: Gap, offset: i64, headers: Option<Headers>, room: Room) -> Read {
        let before = gap.reader;
        let accepted =
            headers.is_some_and(|headers| gap.reader.read(offset, headers) == Acceptance::Accepted);
        let command = accepted && headers.is_some_and(|headers| headers.kind == Kind::Command);
        if command && !self.has_room(room) {
            self.cursor = Cursor::Stopped;
            return Read::Passed;
        }
        gap.next = offset + 1;
        if gap.next < self.horizon.next() {
            self.gap = Some(gap);
        } else {
            (self.gap, self.cursor) = (None, Cursor::Scan);
        }
        if !command {
            return Read::Passed;
        }
        self.open.insert(offset, Open { before, settled: false, writes: 0 });
        Read::Command
    }

    fn has_room(&self, room: Room) -> bool {
        room.takes(self.queue.len(), self.queue.bytes())
    }

    /// The end offset, asked for at `requested_at`.
    pub fn end_seen(&mut self, end: i64, requested_at: Millis) {
        self.horizon.end_seen(end, requested_at);
    }

    /// Until when the reading speaks for the log.
    pub fn fresh_until(&self, life: Millis) -> Option<Millis> {
        self.horizon.proven().map(|proven| proven.saturating_add(life))
    }

    /// Where the consumer must go, if elsewhere.
    pub fn seek(&mut self, room: Room) -> Option<i64> {
        match (self.cursor, self.gap) {
            (Cursor::Stopped, _) => {
                self.cursor = Cursor::Scan;
                Some(self.horizon.next())
            }
            (Cursor::Scan, Some(gap))
                if room.is_half_empty(self.queue.len(), self.queue.bytes()) =>
            {
                self.cursor = Cursor::Refill;
                Some(gap.next)
            }
            _ => None,
        }
    }

    /// Whether the consumer is going back for commands.
    pub fn is_refilling(&self) -> bool {
        self.cursor == Cursor::Refill
    }

    /// The outcome of the record is known and writes of these sizes must be acknowledged.
    pub fn settle(&mut self, offset: i64, writes: &[usize]) {
        if let Some(open) = self.open.get_mut(&offset) {
            open.settled = true;
            open.writes += writes.len() as u32;
            self.writing += writes.len();
            self.writing_bytes += writes.iter().sum::<usize>();
        }
        self.close(offset);
    }

    /// One write of the record, of this size, was acknowledged.
    pub fn written(&mut self, offset: i64, bytes: usize) {
        if let Some(open) = self.open.get_mut(&offset).filter(|open| open.writes > 0) {
            open.writes -= 1;
            self.writing -= 1;
            self.writing_bytes -= bytes;
        }
        self.close(offset);
    }

    fn close(&mut self, offset: i64) {
        if self.open.get(&offset).is_some_and(|open| open.settled && open.writes == 0) {
            self.open.remove(&offset);
        }
    }

    /// Writes without acknowledgement.
    pub fn writing(&self) -> usize {
        self.writing
    }

    /// Their bytes.
    pub fn writing_bytes(&self) -> usize {
        self.writing_bytes
    }

    /// Whether no call and no write is out.
    pub fn is_idle(&self) -> bool {
        self.queue.calling() == 0 && self.writing == 0
    }

    /// The lowest offset that is not finished, with the reader's state before it.
    pub fn low_water(&self) -> (i64, Reader) {
        let end = self.gap.map_or((self.horizon.next(), self.reader), |gap| (gap.next, gap.reader));
        match self.open.first_key_value() {
            Some((offset, open)) if *offset < end.0 => (*offset, open.before),
            _ => end,
        }
    }

    /// The commit that is due, if any.
    pub fn commit(&mut self, now: Millis, every: Millis) -> Option<(i64, Reader)> {
        let (offset, reader) = self.low_water();
        if offset <= self.committed || now < self.commit_at {
            return None;
        }
        (self.committed, self.commit_at) = (offset, now.saturating_add(every));
        Some((offset, reader))
    }
}
