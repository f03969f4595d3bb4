//! Cold documents: what only a send or an explanation needs. New ones are appended to a journal, an append-only buffer in
//! which the entries of one customer form a chain from the newest to the oldest. The checkpoint moves them to the store.

/// What an entry of the journal is. The numbers are stored: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Document {
    /// The customer string; once.
    Name = 0,
    /// A `profile` object as an event brought it; patches merge in order.
    Profile = 1,
    /// The newest `cart` object; empty when the cart was emptied.
    Cart = 2,
    /// The newest `order` object.
    Order = 3,
    /// The newest `checkout` object.
    Checkout = 4,
    /// The newest `product` object.
    Product = 5,
    /// A packed decision ([`crate::effect::pack`]).
    Decision = 6,
}

impl Document {
    /// Every kind, in order of the numbers.
    pub const ALL: [Document; 7] =
        [Document::Name, Document::Profile, Document::Cart, Document::Order, Document::Checkout, Document::Product, Document::Decision];

    /// Whether a new entry replaces the older ones (else it adds to them).
    pub const fn replaces(self) -> bool {
        !matches!(self, Document::Profile | Document::Decision)
    }

    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// A position in a journal: documents as of a moment are the entries before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u32);

impl Mark {
    /// Behind everything.
    pub const END: Mark = Mark(u32::MAX);
}

/// Entry: previous head (u32), kind (u8), length (u32), payload.
const HEADER: usize = 9;

/// The documents since the last checkpoint.
#[derive(Default)]
pub struct Journal {
    bytes: Vec<u8>,
}

impl Journal {
    /// Bytes in use. The owner takes a checkpoint long before 4 GiB.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The present end.
    pub fn mark(&self) -> Mark {
        Mark(self.bytes.len() as u32)
    }

    /// Appends an entry to the chain that starts at `head` (0: none) and moves the head.
    pub fn append(&mut self, head: &mut u32, document: Document, payload: &[u8]) {
        let at = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&head.to_le_bytes());
        self.bytes.push(document as u8);
        self.bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(payload);
        *head = at + 1;
    }

    /// The entries of a chain before the mark, newest first.
    pub fn entries(&self, head: u32, before: Mark) -> impl Iterator<Item = (Document, &[u8])> {
        let mut next = head;
        std::iter::from_fn(move || {
            loop {
                let at = next.checked_sub(1)? as usize;
                let header = self.bytes.get(at..at + HEADER)?;
                next = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
                let len = u32::from_le_bytes([header[5], header[6], header[7], header[8]]) as usize;
                if at < before.0 as usize {
                    let payload = self.bytes.get(at + HEADER..at + HEADER + len)?;
                    return Some((Document::from_number(header[4])?, payload));
                }
            }
        })
    }

    /// Forgets everything; keeps the memory for the next checkpoint's entries.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
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
        let all: Vec<_> = journal.entries(ana, Mark::END).collect();
        assert_eq!(all, [(Document::Cart, &b"{2}"[..]), (Document::Cart, b"{1}"), (Document::Name, b"ana")]);
        assert_eq!(journal.entries(ana, mark).next(), Some((Document::Cart, &b"{1}"[..])));
        assert_eq!(journal.entries(ben, mark).count(), 1);
        assert_eq!(journal.entries(0, Mark::END).count(), 0);
    }
}
