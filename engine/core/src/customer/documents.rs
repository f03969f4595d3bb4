//! Cold documents: what only a send or an explanation needs. New ones are appended to a journal, an append-only buffer in
//! which the entries of one customer form a chain from the newest to the oldest. The checkpoint moves them to the store.

use super::chunks::Chunks;
use super::document::{Document, Version};

/// A position in a journal: documents as of a moment are the entries before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u32);

impl Mark {
    /// Behind everything.
    pub const END: Mark = Mark(u32::MAX);
}

/// One entry of a journal.
#[derive(Clone, Copy, Debug)]
pub struct DocumentEntry<'a> {
    /// The chain of the older entries.
    pub older: u32,
    /// What it is.
    pub document: Document,
    /// Its content.
    pub content: &'a [u8],
}

/// DocumentEntry: previous head (u32), kind (u8), length (u32), payload.
const HEADER: usize = 9;
/// Most entries take up two cache lines.
const LINE: usize = 64;

/// The documents since the last checkpoint.
#[derive(Default)]
pub struct Journal(Chunks);

impl Journal {
    /// With memory for so many bytes, rounded up to chunks, touched already.
    pub fn with_room(bytes: usize) -> Self {
        Self(Chunks::with_room(bytes))
    }

    /// Bytes in use, rounded up to chunks. The owner takes a checkpoint long before 4 GiB.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The present end.
    pub fn mark(&self) -> Mark {
        Mark(self.len() as u32)
    }

    /// Appends an entry to the chain that starts at `head` (0: none) and moves the head. Payloads beyond a chunk (1 MiB) are not
    /// possible: records are bounded far below.
    pub fn append(&mut self, head: &mut u32, document: Document, payload: &[u8]) {
        self.append_parts(head, document, &[], payload);
    }

    /// Appends a version of a document, whose kind is the key's.
    pub fn append_version(&mut self, head: &mut u32, version: Version, content: &[u8]) {
        let kind = version.key.kind().unwrap_or(Document::Profile);
        self.append_parts(head, kind, &version.encode(), content);
    }

    fn append_parts(&mut self, head: &mut u32, document: Document, first: &[u8], rest: &[u8]) {
        let len = first.len() + rest.len();
        let needed = HEADER + len;
        let (at, chunk) = self.0.room_for(needed);
        let ([a, b, c, d], [e, f, g, h]) = (head.to_le_bytes(), (len as u32).to_le_bytes());
        chunk.extend_from_slice(&[a, b, c, d, document as u8, e, f, g, h]);
        chunk.extend_from_slice(first);
        chunk.extend_from_slice(rest);
        *head = at as u32 + 1;
    }

    /// The entries of a chain and where each stands, newest first: as of a mark are those that stand before it.
    pub fn entries(&self, head: u32) -> impl Iterator<Item = (Mark, Document, &[u8])> {
        let mut next = head;
        std::iter::from_fn(move || {
            let at = next.checked_sub(1)?;
            let entry = self.entry(next)?;
            next = entry.older;
            Some((Mark(at), entry.document, entry.content))
        })
    }

    /// Two bytes of the newest entry of a chain, a cache line apart, for their side effect: they are in the nearest cache afterwards.
    pub fn look(&self, head: u32) -> u8 {
        let Some(entry) = self.from(head) else { return 0 };
        entry.first().unwrap_or(&0) ^ entry.get(LINE).unwrap_or(&0)
    }

    /// The newest entry of a chain; none for the chain 0.
    pub fn entry(&self, head: u32) -> Option<DocumentEntry<'_>> {
        let (header, rest) = self.from(head)?.split_first_chunk::<HEADER>()?;
        let [a, b, c, d, kind, e, f, g, h] = *header;
        let content = rest.get(..u32::from_le_bytes([e, f, g, h]) as usize)?;
        Some(DocumentEntry {
            older: u32::from_le_bytes([a, b, c, d]),
            document: Document::from_number(kind)?,
            content,
        })
    }

    /// The chunk from the newest entry of a chain on.
    fn from(&self, head: u32) -> Option<&[u8]> {
        self.0.from(head.checked_sub(1)? as usize)
    }

    /// The journal so far, which leaves an empty one behind that keeps the unused memory.
    #[must_use]
    pub fn take(&mut self) -> Journal {
        Journal(self.0.take())
    }

    /// Takes over the memory of a journal that nobody needs any more.
    pub fn reuse(&mut self, old: Journal) {
        self.0.reuse(old.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunks::CHUNK;
    use super::*;

    #[test]
    fn chains_are_separate_and_marks_cut_them() {
        let mut journal = Journal::default();
        let (mut ana, mut ben) = (0, 0);
        journal.append(&mut ana, Document::Name, b"ana");
        journal.append(&mut ben, Document::Name, b"ben");
        journal.append(&mut ana, Document::Cart, b"{1}");
        let mark = journal.mark();
        journal.append(&mut ana, Document::Cart, b"{2}");
        let entries = |head, before| {
            let entries = journal.entries(head).filter(move |(at, ..)| *at < before);
            entries.map(|(_, document, content)| (document, content)).collect::<Vec<_>>()
        };
        let all = entries(ana, Mark::END);
        assert_eq!(
            all,
            [(Document::Cart, &b"{2}"[..]), (Document::Cart, b"{1}"), (Document::Name, b"ana")]
        );
        assert_eq!(entries(ana, mark).first(), Some(&(Document::Cart, &b"{1}"[..])));
        assert_eq!(entries(ben, mark).len(), 1);
        assert_eq!(entries(0, Mark::END).len(), 0);
    }

    #[test]
    fn room_is_used_before_more_is_made() {
        let mut journal = Journal::with_room(2 * CHUNK + 1);
        assert_eq!((journal.len(), journal.0.count()), (0, 3));
        let mut head = 0;
        let content = vec![7; CHUNK / 2];
        (0..4).for_each(|_| journal.append(&mut head, Document::Cart, &content));
        assert_eq!((journal.entries(head).count(), journal.0.count()), (4, 4));
    }

    #[test]
    fn what_was_taken_stays_and_its_memory_is_used_again() {
        let mut journal = Journal::default();
        let (mut first, mut second) = (0, 0);
        let content = vec![7; CHUNK / 2];
        (0..5).for_each(|_| journal.append(&mut first, Document::Cart, &content));
        let taken = journal.take();
        assert_eq!((taken.entries(first).count(), journal.len(), journal.0.count()), (5, 0, 0));
        journal.append(&mut second, Document::Cart, b"{}");
        journal.reuse(taken);
        (0..3).for_each(|_| journal.append(&mut second, Document::Cart, &content));
        assert_eq!((journal.entries(second).count(), journal.0.count()), (4, 6));
        let taken = journal.take();
        assert_eq!((taken.entries(second).count(), taken.0.count(), journal.0.count()), (4, 3, 3));
        assert!(journal.is_empty() && Journal::default().take().is_empty());
    }
}
