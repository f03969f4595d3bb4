//! The decision log of a shard: what was decided, in the order in which it was decided, in files of its own beside the store's.
//!
//! Decisions are written once and read seldom, so they are no business of a sorted tree, which writes them again and again. A segment is a file of entries
//! (customer id, length, packed decision); one that is full ends with an index: of each entry the lowest 64 bits of the customer id and
//! where it stands, sorted, then how many there are, how long the entries are, and a mark.
//!
//! A checkpoint appends first and makes what it has appended durable, then names the end of the log ([`End`]) in the store: what stands behind the end is
//! of a checkpoint that did not come to be, and is cut off by the next one. When the log is longer than it may be, its oldest segment is deleted.

use super::segments::Segments;
use super::{Logged, StoreError};
use cartwheel_core::effect::{DECISION_HEADER, PackedDecision, decision_at, decisions_in};
use cartwheel_core::id::CustomerId;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Entries of a segment, bytes; the last may pass it by a chunk of memory.
const SEGMENT: u64 = 16 << 20;
/// How long a log is allowed to be unless the settings say otherwise, bytes.
pub const DECISION_LOG_BYTES: u64 = 4 << 30;
/// An entry of an index: lowest 64 bits of the customer id, position (u32), both LE.
const INDEXED: usize = 12;
/// Number of entries (u32), bytes of the entries (u32), mark.
const FOOTER: usize = 16;
const MARK: [u8; 8] = *b"cwdecide";
/// Read at once of an entry: longer ones are read again.
const MOST: u64 = 512;

/// Where the log ends, as of a checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Number of the last segment.
    segment: u64,
    /// Bytes of its entries.
    bytes: u64,
}

impl End {
    /// The stored form.
    pub fn encode(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.segment.to_le_bytes());
        bytes[8..].copy_from_slice(&self.bytes.to_le_bytes());
        bytes
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged("the end of the decision log is not 16 bytes".into());
        let (segment, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let bytes = rest.try_into().map_err(|_| damaged())?;
        Ok(Self { segment: u64::from_le_bytes(*segment), bytes: u64::from_le_bytes(bytes) })
    }
}

/// See the module. Clones are handles of the same log: one reads while another appends.
#[derive(Clone)]
pub struct DecisionLog {
    segments: Segments,
    /// Bytes that it may have.
    pub limit: u64,
    state: Arc<Mutex<State>>,
}

/// What readers see: the log as of the last checkpoint.
#[derive(Default)]
struct State {
    end: End,
    /// Sequence of that checkpoint; none before the first.
    seq: Option<u64>,
    /// The numbers of the full segments, oldest first, and their sizes, index and all.
    full: VecDeque<(u64, u64)>,
}

impl DecisionLog {
    /// The log in this folder, which is made if need be, as of a checkpoint (its sequence) that names this end.
    pub fn open(folder: &Path, end: End, seq: Option<u64>) -> Result<Self, StoreError> {
        let open = || -> io::Result<Self> {
            let segments = Segments::open(folder, 16, SUFFIX)?;
            // What is behind the end is of no checkpoint; the segment at the end is not full.
            let numbers = segments.numbers()?.into_iter().filter(|number| *number < end.segment);
            let size = |number| Ok((number, segments.path(number).metadata()?.len()));
            let full = numbers.map(size).collect::<io::Result<_>>()?;
            let state = Arc::new(Mutex::new(State { end, seq, full }));
            Ok(Self { segments, limit: DECISION_LOG_BYTES, state })
        };
        open().map_err(|error| StoreError::failed(folder, &error))
    }

    /// Appends pieces of whole entries behind `end` and makes them durable. Readers see them once they have been [`published`](Self::publish).
    pub fn append<'p>(
        &self,
        pieces: impl Iterator<Item = &'p [u8]>,
    ) -> Result<Appended, StoreError> {
        let end = self.state().end;
        let append = || -> io::Result<Appended> {
            let mut segment = self.begin(end)?;
            let (mut filled, mut bytes) = (Vec::new(), 0);
            for piece in pieces {
                if segment.end.bytes >= SEGMENT {
                    let number = segment.end.segment;
                    filled.push((number, segment.finish()?));
                    segment = self.begin(End { segment: number + 1, bytes: 0 })?;
                }
                segment.file.write_all(piece)?;
                segment.end.bytes += piece.len() as u64;
                bytes += piece.len() as u64;
            }
            segment.file.sync_data()?;
            self.segments.sync()?;
            Ok(Appended { end: segment.end, bytes, filled })
        };
        append().map_err(|error| self.segments.failed(&error))
    }

    /// The segment that ends there, cut off behind its end. Where somebody has taken it away, or a part of it, the next one is begun.
    fn begin(&self, end: End) -> io::Result<Segment> {
        let mut options = OpenOptions::new();
        options.append(true).read(true).create(true).mode(0o600);
        let mut file = options.open(self.segments.path(end.segment))?;
        let mut end = end;
        while file.metadata()?.len() < end.bytes {
            end = End { segment: end.segment + 1, bytes: 0 };
            file = options.open(self.segments.path(end.segment))?;
        }
        file.set_len(end.bytes)?;
        Ok(Segment { file, end })
    }

    /// The checkpoint of this sequence has named the end: readers see what was appended. Deletes the oldest segments of a log that is too long.
    pub fn publish(&self, appended: Appended, seq: u64) -> Result<(), StoreError> {
        let gone = {
            let mut state = self.state();
            state.full.extend(appended.filled);
            (state.end, state.seq) = (appended.end, Some(seq));
            let mut bytes =
                state.end.bytes + state.full.iter().map(|(_, bytes)| bytes).sum::<u64>();
            let mut gone = Vec::new();
            while bytes > self.limit
                && let Some((number, size)) = state.full.pop_front()
            {
                bytes -= size;
                gone.push(number);
            }
            gone
        };
        self.segments.delete(gone).map_err(|error| self.segments.failed(&error))
    }

    /// A customer's newest decisions, `limit` at most.
    pub fn newest(&self, customer: CustomerId, limit: usize) -> Result<Logged, StoreError> {
        let (end, seq, full) = {
            let state = self.state();
            (state.end, state.seq, state.full.clone())
        };
        let read = || -> io::Result<Vec<Vec<u8>>> {
            // Newest first.
            let mut found = self.in_last(end, customer)?;
            found.reverse();
            for (number, _) in full.iter().rev() {
                if found.len() >= limit {
                    break;
                }
                // A segment may have been deleted since, by us or by somebody who needed the room.
                let Some(file) = absent(File::open(self.segments.path(*number)))? else { continue };
                match Index::of(&file)? {
                    Some(index) => found.extend(index.newest(customer, limit - found.len())?),
                    // Somebody has cut it off.
                    None => found.extend(read_through(&file, CUT_OFF, customer)?.into_iter().rev()),
                }
            }
            found.truncate(limit);
            found.reverse();
            Ok(found)
        };
        Ok((seq, read().map_err(|error| self.segments.failed(&error))?))
    }

    /// Those in the segment that is not full yet, oldest first.
    fn in_last(&self, end: End, customer: CustomerId) -> io::Result<Vec<Vec<u8>>> {
        let Some(file) = absent(File::open(self.segments.path(end.segment)))? else {
            return Ok(Vec::new());
        };
        let is_whole = file.metadata()?.len() >= end.bytes;
        read_through(&file, if is_whole { end.bytes } else { CUT_OFF }, customer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const SUFFIX: &str = ".decisions";

/// What a checkpoint has appended.
#[derive(Debug)]
pub struct Appended {
    /// Where the log ends behind it.
    pub end: End,
    /// Bytes of its entries.
    pub bytes: u64,
    /// Segments that it has filled, with their sizes.
    filled: Vec<(u64, u64)>,
}

/// The segment to which is being appended.
struct Segment {
    file: File,
    end: End,
}

impl Segment {
    /// Appends the index of its entries. The file's size.
    fn finish(mut self) -> io::Result<u64> {
        let mut entries = vec![0; self.end.bytes as usize];
        self.file.read_exact_at(&mut entries, 0)?;
        let (found, end) = read_all(&entries);
        if end < entries.len() {
            return Err(damaged(end as u64));
        }
        let mut index: Vec<(u64, u32)> =
            found.iter().map(|found| (found.customer.0 as u64, found.at as u32)).collect();
        index.sort_unstable();
        let mut written = Vec::with_capacity(index.len() * INDEXED + FOOTER);
        for (customer, at) in &index {
            written.extend_from_slice(&customer.to_le_bytes());
            written.extend_from_slice(&at.to_le_bytes());
        }
        written.extend_from_slice(&(index.len() as u32).to_le_bytes());
        written.extend_from_slice(&(self.end.bytes as u32).to_le_bytes());
        written.extend_from_slice(&MARK);
        self.file.write_all(&written)?;
        self.file.sync_data()?;
        Ok(self.end.bytes + written.len() as u64)
    }
}

/// None where there is no such file.
fn absent(opened: io::Result<File>) -> io::Result<Option<File>> {
    match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// A customer's decisions in the first so many bytes of a segment, oldest first.
fn read_through(file: &File, bytes: u64, customer: CustomerId) -> io::Result<Vec<Vec<u8>>> {
    let mut entries = vec![0; bytes.min(file.metadata()?.len()) as usize];
    file.read_exact_at(&mut entries, 0)?;
    let (found, end) = read_all(&entries);
    if end < entries.len() && bytes != CUT_OFF {
        return Err(damaged(end as u64));
    }
    let own = found.into_iter().filter(|found| found.customer == customer);
    Ok(own.map(|found| found.packed.to_vec()).collect())
}

/// The entries with which these bytes begin, and where the last sound one ends.
fn read_all(entries: &[u8]) -> (Vec<PackedDecision<'_>>, usize) {
    let found: Vec<_> = decisions_in(entries).collect();
    let end = found.last().map_or(0, |last| last.at + DECISION_HEADER + last.packed.len());
    (found, end)
}

/// In place of a number of bytes: all there are, and the last entry may be a part of one.
const CUT_OFF: u64 = u64::MAX;

fn damaged(at: u64) -> io::Error {
    let what = format!("the decision at byte {at} of a segment is not what was written");
    io::Error::new(ErrorKind::InvalidData, what)
}

/// The index of a full segment.
struct Index<'f> {
    file: &'f File,
    /// Where it begins, which is where the entries end.
    begin: u64,
    count: u64,
}

impl<'f> Index<'f> {
    /// None of a segment that is not full.
    fn of(file: &'f File) -> io::Result<Option<Self>> {
        let Some(end) = file.metadata()?.len().checked_sub(FOOTER as u64) else { return Ok(None) };
        let mut footer = [0; FOOTER];
        file.read_exact_at(&mut footer, end)?;
        let [n0, n1, n2, n3, b0, b1, b2, b3, mark @ ..] = footer;
        let count = u64::from(u32::from_le_bytes([n0, n1, n2, n3]));
        let begin = u64::from(u32::from_le_bytes([b0, b1, b2, b3]));
        let is_whole = mark == MARK && begin + count * INDEXED as u64 == end;
        Ok(is_whole.then_some(Self { file, begin, count }))
    }

    fn entry(&self, place: u64) -> io::Result<(u64, u32)> {
        let mut entry = [0; INDEXED];
        self.file.read_exact_at(&mut entry, self.begin + place * INDEXED as u64)?;
        let [a, b, c, d, e, f, g, h, at @ ..] = entry;
        Ok((u64::from_le_bytes([a, b, c, d, e, f, g, h]), u32::from_le_bytes(at)))
    }

    /// A customer's newest decisions, newest first.
    fn newest(&self, customer: CustomerId, limit: usize) -> io::Result<Vec<Vec<u8>>> {
        let wanted = customer.0 as u64;
        // Behind the customer's last entry.
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle)?.0 <= wanted { low = middle + 1 } else { high = middle }
        }
        let mut found = Vec::new();
        while low > 0 && found.len() < limit {
            low -= 1;
            let (of, at) = self.entry(low)?;
            if of != wanted {
                break;
            }
            found.extend(self.decision(u64::from(at), customer)?);
        }
        Ok(found)
    }

    /// The decision that stands there, if it is the customer's: the lowest bits of two ids may be the same.
    fn decision(&self, at: u64, customer: CustomerId) -> io::Result<Option<Vec<u8>>> {
        let room = self.begin.saturating_sub(at);
        let read = |bytes: u64| -> io::Result<Vec<u8>> {
            let mut entry = vec![0; bytes.min(room) as usize];
            self.file.read_exact_at(&mut entry, at)?;
            Ok(entry)
        };
        let mut entry = read(MOST)?;
        if let Some(length) = length_at(&entry)
            && length > MOST
        {
            entry = read(length)?;
        }
        let found = decision_at(&entry, 0).ok_or_else(|| damaged(at))?;
        Ok((found.customer == customer).then(|| found.packed.to_vec()))
    }
}

/// The length of the entry whose header is given.
fn length_at(entry: &[u8]) -> Option<u64> {
    let length = entry.get(16..20)?.try_into().ok()?;
    Some(DECISION_HEADER as u64 + u64::from(u32::from_le_bytes(length)))
}

#[cfg(test)]
mod tests;
