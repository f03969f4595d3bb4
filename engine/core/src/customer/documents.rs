//! Cold documents: what only a send or an explanation needs. They are entries of a log, those of one customer a chain from the newest to the oldest. What
//! is new stands in memory, in a [`Journal`], which a checkpoint writes as it is into the log's files: an entry stays where it is, and its place with it.

use super::chunks::{CHUNK, Chunks};
use super::document::{Document, DocumentKey, How, Version};
use crate::time::Millis;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// log2 of the bytes by which entries are aligned.
const UNIT_BITS: u32 = 4;
const UNIT: usize = 1 << UNIT_BITS;
/// log2 of the bytes of a segment, a file of the log.
const SEGMENT_BITS: u32 = 28;
/// Bytes between the newest entry and the oldest that is still wanted, at most: places are kept in 32 bits, in units.
pub const LOG_SPAN: u64 = 1 << (32 + UNIT_BITS);
/// Where the log of a shard without any history begins: what lies before it is no place.
pub const LOG_BEGIN: u64 = CHUNK as u64;

/// The number of the segment in which a place lies.
pub const fn segment_of(place: u64) -> u64 {
    place >> SEGMENT_BITS
}

/// The place at which a segment begins.
pub const fn begin_of(segment: u64) -> u64 {
    segment << SEGMENT_BITS
}

/// A customer's entries, as of the moment at which this was copied: the newest one's place in units, how many were appended since they were last put together, and in which segment the oldest is, in its
/// lowest 8 bits. Six bytes, for there is no room for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain([u8; Chain::BYTES]);

impl Chain {
    /// Bytes of the stored form.
    pub const BYTES: usize = 6;

    /// The stored form.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    fn head(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_le_bytes([a, b, c, d])
    }

    /// Whether there is no entry.
    pub fn is_empty(self) -> bool {
        self.head() == 0
    }

    /// Entries since they were last put together; 255 are as many or more.
    pub fn links(self) -> u8 {
        self.0[4]
    }

    /// The newest entry, of a log that ends there.
    pub fn newest(self, end: u64) -> Option<u64> {
        before(end, self.head())
    }

    /// The segment in which the oldest entry is, of a log that ends there; none without an entry.
    pub fn oldest_segment(self, end: u64) -> Option<u64> {
        let last = segment_of(end);
        let back = (last as u8).wrapping_sub(self.0[5]);
        (!self.is_empty()).then(|| last.saturating_sub(u64::from(back)))
    }

    /// They have been put together.
    pub fn put_together(&mut self) {
        self.0[4] = 0;
    }

    fn push(&mut self, place: u64) {
        if self.is_empty() {
            self.0[5] = segment_of(place) as u8;
        }
        self.replace(place);
        self.0[4] = self.0[4].saturating_add(1);
    }

    /// The newest entry is another one, in place of what was.
    fn replace(&mut self, place: u64) {
        self.0[..4].copy_from_slice(&((place >> UNIT_BITS) as u32).to_le_bytes());
    }
}

/// The last place before `end` that is `short` in units, as far as 32 bits say; none for 0.
fn before(end: u64, short: u32) -> Option<u64> {
    let units = end >> UNIT_BITS;
    let back = (units as u32).wrapping_sub(short);
    (short != 0).then(|| units.saturating_sub(u64::from(back)) << UNIT_BITS)
}

/// One entry of the log.
#[derive(Clone, Copy, Debug)]
pub struct DocumentEntry<'a> {
    older: u32,
    /// What it is.
    pub document: Document,
    /// Its content.
    pub content: &'a [u8],
}

/// Place of the older entry in units (u32), kind and length (u8, u24), hash of all but the length (u32); LE.
const HEADER: usize = 12;
/// Longest content.
pub const MAX_CONTENT: usize = CHUNK - UNIT - HEADER;

impl<'a> DocumentEntry<'a> {
    /// Reads the entry with which these bytes begin; none where it is not whole, or not what was written.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (entry, hash) = Self::split(bytes)?;
        (hash == hash_of(entry.document, entry.older, entry.content)).then_some(entry)
    }

    /// The entry with which these bytes begin, and its hash, which nobody has looked at: of bytes that never left memory it says nothing.
    fn split(bytes: &'a [u8]) -> Option<(Self, u32)> {
        let content = bytes.get(HEADER..Self::length(bytes)?)?;
        let (header, _) = bytes.split_first_chunk::<HEADER>()?;
        let [a, b, c, d, kind, _, _, _, hash @ ..] = *header;
        let older = u32::from_le_bytes([a, b, c, d]);
        let document = Document::from_number(kind)?;
        Some((Self { older, document, content }, u32::from_le_bytes(hash)))
    }

    /// How many bytes the entry takes whose header these begin with.
    pub fn length(bytes: &[u8]) -> Option<usize> {
        let [a, b, c] = *bytes.get(5..8)?.first_chunk()?;
        Some(HEADER + u32::from_le_bytes([a, b, c, 0]) as usize)
    }

    /// The place of the older entry, where this one stands at `place`; none of the oldest.
    pub fn older(&self, place: u64) -> Option<u64> {
        before(place, self.older)
    }
}

impl DocumentEntry<'_> {
    /// Makes nothing of the entry with which these bytes begin, but for its place in its chain: it says what entries put together say of which there is none.
    pub fn blank(bytes: &mut [u8]) {
        let Some((DocumentEntry { older, content, .. }, _)) = DocumentEntry::split(bytes) else {
            return;
        };
        let length = HEADER + content.len();
        bytes[..length].fill(0);
        put_header(&mut bytes[..HEADER], older, Document::Folded, &[]);
    }
}

fn hash_of(document: Document, older: u32, content: &[u8]) -> u32 {
    xxh3_64_with_seed(content, u64::from(older) << 8 | document as u64) as u32
}

fn put_header(header: &mut [u8], older: u32, document: Document, content: &[u8]) {
    let [a, b, c, _] = (content.len() as u32).to_le_bytes();
    header[..4].copy_from_slice(&older.to_le_bytes());
    header[4..8].copy_from_slice(&[document as u8, a, b, c]);
    header[8..].copy_from_slice(&hash_of(document, older, content).to_le_bytes());
}

/// The entries since the last checkpoint.
pub struct Journal {
    chunks: Chunks,
    /// Where the first chunk stands in the log.
    begin: u64,
    /// The places of entries that are in no chain any more.
    passed: Vec<u64>,
}

impl Default for Journal {
    fn default() -> Self {
        Self::with_room(0)
    }
}

impl Journal {
    /// With memory for so many bytes, rounded up to chunks, touched already.
    pub fn with_room(bytes: usize) -> Self {
        Self { chunks: Chunks::with_room(bytes), begin: LOG_BEGIN, passed: Vec::new() }
    }

    /// Goes on behind a log that ends there. It must be empty.
    pub fn go_on(&mut self, end: u64) {
        self.begin = end.max(LOG_BEGIN).next_multiple_of(CHUNK as u64);
    }

    /// Bytes in use, rounded up to chunks.
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Where it begins: what stands before that is no longer here.
    pub fn begin(&self) -> u64 {
        self.begin
    }

    /// Where the log ends.
    pub fn end(&self) -> u64 {
        self.begin + self.len() as u64
    }

    /// Appends an entry to a chain. Payloads beyond [`MAX_CONTENT`] are not possible: records are bounded far below.
    pub fn append(&mut self, chain: &mut Chain, document: Document, payload: &[u8]) {
        let place = self.write(chain.head(), document, &[], payload);
        chain.push(place);
    }

    /// Appends a version of a document, whose kind is the key's. Where the chain's newest entry counts for nothing any more it takes its place: the chain is not
    /// longer then, and who reads it from now on passes over that.
    pub fn append_version(&mut self, chain: &mut Chain, version: Version, content: &[u8]) {
        let kind = version.key.kind().unwrap_or(Document::Profile);
        let older = self.below_superseded(*chain, version);
        let place = self.write(older.unwrap_or(chain.head()), kind, &version.encode(), content);
        match older {
            Some(_) => {
                self.passed.extend(chain.newest(self.end()));
                chain.replace(place);
            }
            None => chain.push(place),
        }
    }

    /// What the chain's newest entry names as the older one, where that is a version which counts for nothing behind this one. Only of what is here it is known.
    fn below_superseded(&self, chain: Chain, version: Version) -> Option<u32> {
        if version.how == How::Add {
            return None;
        }
        let newest = self.entry(chain.newest(self.end())?)?;
        let (before, _) =
            Version::split(newest.content).filter(|_| newest.document.is_versioned())?;
        version.supersedes(before).then_some(newest.older)
    }

    /// Writes an entry; its place.
    fn write(&mut self, older: u32, document: Document, first: &[u8], rest: &[u8]) -> u64 {
        let length = first.len() + rest.len();
        debug_assert!(length <= MAX_CONTENT);
        let needed = (HEADER + length).next_multiple_of(UNIT);
        let (mut at, chunk) = self.chunks.room_for(needed + UNIT);
        if chunk.is_empty() {
            // Nothing stands where a chunk begins: no place is 0.
            chunk.resize(UNIT, 0);
            at += UNIT;
        }
        let start = chunk.len();
        chunk.extend_from_slice(&[0; HEADER]);
        chunk.extend_from_slice(first);
        chunk.extend_from_slice(rest);
        let (header, content) = chunk[start..].split_at_mut(HEADER);
        put_header(header, older, document, content);
        chunk.resize(start + needed, 0);
        self.begin + at as u64
    }

    /// Something of a chain's newest entry, where it is here. Its memory is touched.
    pub fn look(&self, chain: Chain) -> Option<u8> {
        let at = chain.newest(self.end())?.checked_sub(self.begin)?;
        self.chunks.from(at as usize)?.first().copied()
    }

    /// The entry at this place; none where it is no longer here.
    pub fn entry(&self, place: u64) -> Option<DocumentEntry<'_>> {
        let at = place.checked_sub(self.begin)?;
        DocumentEntry::split(self.chunks.from(at as usize)?).map(|(entry, _)| entry)
    }

    /// The places of a chain's entries here whose content nobody can ask for any more as of the present end, or later: versions of a document that give way to a later
    /// one, which is whole and of no earlier time, or after which it was no longer kept. Whoever puts a document's versions together passes over these.
    pub fn superseded(&self, chain: Chain, found: &mut Vec<u64>) {
        // Of each document the newest whole version so far; few customers have several.
        let mut whole: Vec<(DocumentKey, Millis)> = Vec::new();
        let mut next = chain.newest(self.end());
        while let Some(place) = next {
            let Some(entry) = self.entry(place) else { return };
            next = entry.older(place);
            if !entry.document.is_versioned() {
                continue;
            }
            let Some((version, _)) = Version::split(entry.content) else { continue };
            let newer = whole.iter_mut().find(|(key, _)| *key == version.key);
            // Up to which time, that one included, it makes nothing of what came before.
            let until = match version.how {
                How::Add => None,
                How::Replace | How::Remove => Some(version.at),
                How::Forget => Some(Millis::MAX),
            };
            match (newer, until) {
                (Some((_, at)), _) if *at >= until.unwrap_or(version.at) => found.push(place),
                (Some((_, at)), Some(until)) => *at = until,
                (None, Some(until)) => whole.push((version.key, until)),
                (Some(_) | None, None) => {}
            }
        }
    }

    /// The places of entries that gave way to another one in their chain: only who copied the chain before can ask for them.
    pub fn passed(&self) -> &[u64] {
        &self.passed
    }

    /// What has been written, chunk by chunk, each with its place.
    pub fn pieces(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let chunks = self.chunks.used().enumerate();
        chunks.map(|(number, chunk)| (self.begin + (number * CHUNK) as u64, chunk))
    }

    /// The journal so far, which leaves an empty one behind that goes on where this one ends, with the unused memory.
    #[must_use]
    pub fn take(&mut self) -> Journal {
        let begin = self.begin;
        let end = self.end();
        let (chunks, passed) = (self.chunks.take(), std::mem::take(&mut self.passed));
        self.go_on(end);
        Journal { chunks, begin, passed }
    }

    /// Takes over the memory of a journal that nobody needs any more.
    pub fn reuse(&mut self, old: Journal) {
        self.chunks.reuse(old.chunks);
    }
}

#[cfg(test)]
mod tests;
