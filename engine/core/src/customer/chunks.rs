//! Memory that is only appended to, and used again.

use crate::room::touched;

/// log2 of a chunk's bytes. An entry lies within one chunk.
const BITS: u32 = 20;
/// A chunk's bytes.
pub const CHUNK: usize = 1 << BITS;

/// Chunks of 1 MiB. They never move and are used again: growing costs no copy and, once the memory is there, no page fault. Those behind
/// `current` are empty.
#[derive(Default)]
pub struct Chunks {
    chunks: Vec<Vec<u8>>,
    /// Chunk in which the next entry is written, if it fits.
    current: usize,
}

impl Chunks {
    /// With memory for so many bytes, rounded up to chunks, touched already.
    pub fn with_room(bytes: usize) -> Self {
        Self { chunks: (0..bytes.div_ceil(CHUNK)).map(|_| touched(1, CHUNK)).collect(), current: 0 }
    }

    /// Bytes in use; chunks that are left count as full.
    pub fn len(&self) -> usize {
        self.chunks.get(self.current).map_or(0, |chunk| (self.current << BITS) + chunk.len())
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The chunk to which an entry of so many bytes is to be appended, and where it will stand. Not more than a chunk is possible.
    #[inline]
    pub fn room_for(&mut self, needed: usize) -> (usize, &mut Vec<u8>) {
        debug_assert!(needed <= CHUNK);
        let used = self.chunks.get(self.current).map_or(CHUNK, Vec::len);
        if used + needed > CHUNK {
            self.next();
        }
        let at = self.current << BITS;
        let chunk = &mut self.chunks[self.current];
        (at + chunk.len(), chunk)
    }

    fn next(&mut self) {
        if !self.chunks.is_empty() {
            self.current += 1;
        }
        if self.current == self.chunks.len() {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
    }

    /// The rest of the chunk in which this place lies.
    #[inline]
    pub fn from(&self, at: usize) -> Option<&[u8]> {
        self.chunks.get(at >> BITS)?.get(at & (CHUNK - 1)..)
    }

    /// What has been written, chunk by chunk.
    pub fn used(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.chunks.iter().map(Vec::as_slice).filter(|chunk| !chunk.is_empty())
    }

    /// What has been written so far, which leaves the unused memory behind.
    #[must_use]
    pub fn take(&mut self) -> Chunks {
        let used = if self.chunks.is_empty() { 0 } else { self.current + 1 };
        let unused = self.chunks.split_off(used);
        std::mem::replace(self, Chunks { chunks: unused, current: 0 })
    }

    /// Takes over the memory of what nobody needs any more.
    pub fn reuse(&mut self, old: Chunks) {
        self.chunks.extend(old.chunks.into_iter().map(|mut chunk| {
            chunk.clear();
            chunk
        }));
    }

    /// How many there are, used or not.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.chunks.len()
    }
}
