//! The decision log of a shard: what was decided, by checkpoints, in files of its own beside the store's.
//!
//! Decisions are written once and read seldom, so they are no business of a sorted tree, which writes them again and again. What a checkpoint appends is
//! sorted by customers and packed in blocks ([`block`]), one behind the other in a segment, a file; one that is full ends with a copy of its blocks' headers, of each with
//! where the block begins (u32) before it, then how many there are, how long the blocks are (u32 each, LE), and a mark.
//!
//! A checkpoint appends first and makes what it has appended durable, then names the end of the log ([`End`]) in the store: what stands behind the end is
//! of a checkpoint that did not come to be, and is cut off by the next one. When the log is longer than it may be, its oldest segment is deleted.
//!
//! Stores of before have segments of another form ([`old`]), which are read until they are the oldest.

mod block;
mod old;

use super::segments::Segments;
use super::{Logged, StoreError};
use block::{Block, Blocks, HEADER};
use cartwheel_core::effect::{PackedDecision, decisions_in};
use cartwheel_core::id::CustomerId;
use old::OldDecisions;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Blocks of a segment, bytes; the last may pass it by what is written at once.
const SEGMENT: u64 = 16 << 20;
/// Blocks that are written at once, bytes, and a block more.
const AT_ONCE: usize = 1 << 20;
/// How long a log is allowed to be unless the settings say otherwise, bytes.
pub const DECISION_LOG_BYTES: u64 = 4 << 30;
/// An entry of an index: where the block begins (u32), its header.
const INDEXED: usize = 4 + HEADER;
/// Number of blocks (u32), bytes of the blocks (u32), mark.
const FOOTER: usize = 16;
const MARK: [u8; 8] = *b"cwblocks";
const SUFFIX: &str = ".blocks";

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
    old: OldDecisions,
    /// Bytes that it may have.
    pub limit: u64,
    state: Arc<Mutex<State>>,
}

/// What readers see: the log as of the last checkpoint or spill.
#[derive(Default)]
struct State {
    end: End,
    /// Sequence of the record up to which it is there; none before the first.
    seq: Option<u64>,
    /// The numbers of the earlier segments, oldest first, and their sizes, index and all.
    full: VecDeque<(u64, u64)>,
}

impl DecisionLog {
    /// The log in this folder, which is made if need be, as of a checkpoint (its sequence) that names this end.
    pub fn open(folder: &Path, end: End, seq: Option<u64>) -> Result<Self, StoreError> {
        let open = || -> io::Result<Self> {
            let (segments, old) =
                (Segments::open(folder, 16, SUFFIX)?, OldDecisions::open(folder)?);
            let size = |number| Ok((number, segments.path(number).metadata()?.len()));
            // What is behind the end is of no checkpoint; the segment at the end is not full.
            let numbers = segments.numbers()?.into_iter().filter(|number| *number < end.segment);
            let numbers = numbers.map(size).collect::<io::Result<Vec<_>>>()?;
            let full = old.sizes(end)?.into_iter().chain(numbers).collect();
            let state = Arc::new(Mutex::new(State { end, seq, full }));
            Ok(Self { segments, old, limit: DECISION_LOG_BYTES, state })
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
            let (mut filled, mut bytes, mut blocks) = (Vec::new(), 0, Blocks::default());
            let all: Vec<PackedDecision<'_>> = pieces.flat_map(decisions_in).collect();
            let sorted = by_customers(&all);
            let mut customers = sorted.chunk_by(|one, other| one.customer == other.customer);
            loop {
                let customer = customers.next();
                if let Some([first, ..]) = customer {
                    blocks.add(first.customer, customer.unwrap_or_default());
                }
                if blocks.len() >= AT_ONCE || customer.is_none() {
                    let written = blocks.take();
                    segment.file.write_all(&written)?;
                    segment.end.bytes += written.len() as u64;
                    bytes += written.len() as u64;
                }
                if customer.is_none() {
                    break;
                }
                if segment.end.bytes >= SEGMENT {
                    let number = segment.end.segment;
                    filled.push((number, segment.finish()?));
                    segment = self.begin(End { segment: number + 1, bytes: 0 })?;
                }
            }
            segment.file.sync_data()?;
            self.segments.sync()?;
            Ok(Appended { end: segment.end, bytes, filled })
        };
        append().map_err(|error| self.segments.failed(&error))
    }

    /// The segment that ends there, cut off behind its end. Where somebody has taken it away, or a part of it, or it is of an older form, the next one is begun.
    fn begin(&self, end: End) -> io::Result<Segment> {
        let mut options = OpenOptions::new();
        options.append(true).read(true).create(true).mode(0o600);
        let mut end = end;
        if self.old.has(end.segment) {
            self.old.cut(end)?;
            end = End { segment: end.segment + 1, bytes: 0 };
        }
        let mut file = options.open(self.segments.path(end.segment))?;
        while file.metadata()?.len() < end.bytes {
            end = End { segment: end.segment + 1, bytes: 0 };
            file = options.open(self.segments.path(end.segment))?;
        }
        file.set_len(end.bytes)?;
        Ok(Segment { file, end })
    }

    /// Readers see what was appended, as the decisions up to the record of this sequence: a checkpoint has named the end, or will. Deletes the oldest segments of a log that is too long.
    pub fn publish(&self, appended: Appended, seq: u64) -> Result<(), StoreError> {
        let gone = {
            let mut state = self.state();
            if self.old.has(state.end.segment) {
                // The last of the older form: it will never be full, and its turn to be deleted comes as that of the others.
                let last = (state.end.segment, state.end.bytes);
                state.full.push_back(last);
            }
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
        self.segments
            .delete(gone.iter().copied())
            .and_then(|()| self.old.delete(gone))
            .map_err(|error| self.segments.failed(&error))
    }

    /// A customer's newest decisions, `limit` at most.
    pub fn newest(&self, customer: CustomerId, limit: usize) -> Result<Logged, StoreError> {
        let (end, seq, full) = {
            let state = self.state();
            (state.end, state.seq, state.full.clone())
        };
        let read = || -> io::Result<Vec<Vec<u8>>> {
            // Newest first.
            let mut found = Vec::new();
            let numbers = full.iter().rev().map(|(number, _)| (*number, None));
            for (number, bytes) in std::iter::once((end.segment, Some(end.bytes))).chain(numbers) {
                if found.len() >= limit {
                    break;
                }
                if self.old.has(number) {
                    found.extend(self.old.newest(number, bytes, customer, limit - found.len())?);
                    continue;
                }
                // A segment may have been deleted since, by us or by somebody who needed the room.
                let Some(file) = absent(File::open(self.segments.path(number)))? else { continue };
                for block in blocks_of(&file, bytes)?.iter().rev() {
                    if found.len() >= limit {
                        break;
                    }
                    if block.may_have(customer) {
                        found.extend(block.decisions(&file, customer)?.into_iter().rev());
                    }
                }
            }
            found.truncate(limit);
            found.reverse();
            Ok(found)
        };
        Ok((seq, read().map_err(|error| self.segments.failed(&error))?))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By the lowest 64 bits of the customers' ids, those of one customer as they were. What is sorted is short; each decision is fetched once, afterwards.
fn by_customers<'d>(all: &[PackedDecision<'d>]) -> Vec<PackedDecision<'d>> {
    let keys = all.iter().enumerate();
    let mut order: Vec<(u64, u32)> =
        keys.map(|(place, found)| (found.customer.0 as u64, place as u32)).collect();
    order.sort_unstable();
    order.iter().map(|(_, place)| all[*place as usize]).collect()
}

/// What a checkpoint has appended.
#[derive(Debug)]
pub struct Appended {
    /// Where the log ends behind it.
    pub end: End,
    /// Bytes that were written.
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
    /// Appends the index of its blocks. The file's size.
    fn finish(mut self) -> io::Result<u64> {
        let blocks = walk(&self.file, self.end.bytes)?;
        let mut written = Vec::with_capacity(blocks.len() * INDEXED + FOOTER);
        for block in &blocks {
            written.extend_from_slice(&(block.at as u32).to_le_bytes());
            written.extend_from_slice(&block.header());
        }
        written.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
        written.extend_from_slice(&(self.end.bytes as u32).to_le_bytes());
        written.extend_from_slice(&MARK);
        self.file.write_all(&written)?;
        self.file.sync_data()?;
        Ok(self.end.bytes + written.len() as u64)
    }
}

/// None where there is no such file.
fn absent<T>(opened: io::Result<T>) -> io::Result<Option<T>> {
    match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// The blocks of a segment in order: of one that is not full those in its first so many bytes.
fn blocks_of(file: &File, bytes: Option<u64>) -> io::Result<Vec<Block>> {
    let length = file.metadata()?.len();
    match bytes {
        Some(bytes) if bytes <= length => {
            let blocks = walk(file, bytes)?;
            let end = blocks.last().map_or(0, Block::end);
            if end == bytes { Ok(blocks) } else { Err(block::damaged(end)) }
        }
        // Somebody has cut it off.
        Some(_) => walk(file, length),
        None => index(file)?.map_or_else(|| walk(file, length), Ok),
    }
}

/// Block by block; the last may be a part of one, which counts for nothing.
fn walk(file: &File, bytes: u64) -> io::Result<Vec<Block>> {
    let (mut blocks, mut at) = (Vec::new(), 0);
    while at + HEADER as u64 <= bytes {
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, at)?;
        let block = Block::read(at, &header);
        at = block.end();
        if at <= bytes {
            blocks.push(block);
        }
    }
    Ok(blocks)
}

/// None of a segment that is not full.
fn index(file: &File) -> io::Result<Option<Vec<Block>>> {
    let Some((begin, count)) = index_of(file, MARK, INDEXED)? else { return Ok(None) };
    let mut entries = vec![0; count as usize * INDEXED];
    file.read_exact_at(&mut entries, begin)?;
    let entries = entries.as_chunks::<INDEXED>().0.iter().filter_map(|entry| {
        let (at, header) = entry.split_first_chunk()?;
        Some(Block::read(u64::from(u32::from_le_bytes(*at)), header.first_chunk()?))
    });
    let blocks: Vec<Block> = entries.collect();
    // One that would lie in the index or behind the file is not what was written, and not asked for.
    let sound = blocks.iter().all(|block| block.end() <= begin);
    Ok(sound.then_some(blocks))
}

/// Where a full segment's index begins, and how many entries of so many bytes it has, as its footer with this mark says; none of a segment that is not full.
fn index_of(file: &File, mark: [u8; 8], entry: usize) -> io::Result<Option<(u64, u64)>> {
    let Some(end) = file.metadata()?.len().checked_sub(FOOTER as u64) else { return Ok(None) };
    let mut footer = [0; FOOTER];
    file.read_exact_at(&mut footer, end)?;
    let [n0, n1, n2, n3, b0, b1, b2, b3, found @ ..] = footer;
    let count = u64::from(u32::from_le_bytes([n0, n1, n2, n3]));
    let begin = u64::from(u32::from_le_bytes([b0, b1, b2, b3]));
    let is_whole = found == mark && begin + count * entry as u64 == end;
    Ok(is_whole.then_some((begin, count)))
}

#[cfg(test)]
mod tests;
