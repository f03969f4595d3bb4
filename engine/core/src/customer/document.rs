//! What is kept of a customer beside what decides: the kinds of documents, which one an entry is of, and what it does to it.

use crate::event::Subject;
use crate::time::Millis;

/// What an entry of the journal is. The numbers are stored: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Document {
    /// The customer string; once.
    Name = 0,
    /// A `profile` object as an event brought it; patches merge by their event times.
    Profile = 1,
    /// A `cart` object.
    Cart = 2,
    /// An `order` object.
    Order = 3,
    /// A `checkout` object.
    Checkout = 4,
    /// A `product` object.
    Product = 5,
    /// Retired: a packed decision ([`crate::effect::pack`]). They have a log of their own; older stores have some among the documents.
    Decision = 6,
    /// An event that was applied without its odd fields, as JSON.
    Degraded = 7,
    /// Entries of the other kinds, put together: each its kind (u8), its length (u32 LE) and its content, older ones first.
    Folded = 8,
}

impl Document {
    /// Every kind, in order of the numbers.
    pub const ALL: [Document; 9] = [
        Document::Name,
        Document::Profile,
        Document::Cart,
        Document::Order,
        Document::Checkout,
        Document::Product,
        Document::Decision,
        Document::Degraded,
        Document::Folded,
    ];

    /// What a subject of an event is kept as; none for one that is not kept.
    pub const fn of(subject: Subject) -> Option<Self> {
        Some(match subject {
            Subject::Profile => Document::Profile,
            Subject::Cart => Document::Cart,
            Subject::Order => Document::Order,
            Subject::Checkout => Document::Checkout,
            Subject::Product => Document::Product,
            Subject::Review | Subject::Ticket | Subject::Points | Subject::Message => return None,
        })
    }

    /// Whether its entries begin with a [`Version`].
    pub const fn is_versioned(self) -> bool {
        match self {
            Document::Name | Document::Decision | Document::Degraded | Document::Folded => false,
            Document::Profile
            | Document::Cart
            | Document::Order
            | Document::Checkout
            | Document::Product => true,
        }
    }

    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// One cart, order, checkout or product of a customer: the kind and the hash of its id, of which the lowest byte gives way to the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey(pub u64);

impl DocumentKey {
    /// The profile: there is one.
    pub const PROFILE: Self = Self::new(Document::Profile, 0);

    /// `id` is the hash of the id's text, 0 where it has none.
    pub const fn new(kind: Document, id: u64) -> Self {
        Self(id & !0xff | kind as u64)
    }

    /// That of an entry of which there are versions; none where it is damaged.
    pub fn of_entry(content: &[u8]) -> Option<Self> {
        content.first_chunk().map(|key| Self(u64::from_le_bytes(*key)))
    }

    /// Whether it is of this kind.
    #[inline]
    pub const fn is_of(self, kind: Document) -> bool {
        self.0 as u8 == kind as u8
    }

    /// The kind; none of a number that is no kind's.
    pub fn kind(self) -> Option<Document> {
        Document::from_number(self.0 as u8)
    }
}

/// What an entry does to the document that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum How {
    /// It is the whole document.
    Replace = 0,
    /// Its fields are added to the document's.
    Add = 1,
    /// The document is gone.
    Remove = 2,
    /// The document is not kept any more: what came before in the journal counts for nothing.
    Forget = 3,
}

impl How {
    const ALL: [How; 4] = [How::Replace, How::Add, How::Remove, How::Forget];
}

/// What stands before the content of an entry: of which document it is, of what time, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Of which document.
    pub key: DocumentKey,
    /// Event time.
    pub at: Millis,
    /// What it does.
    pub how: How,
}

impl Version {
    const BYTES: usize = 17;

    /// The document is not kept any more.
    pub const fn forgotten(key: DocumentKey) -> Self {
        Self { key, at: Millis::MIN, how: How::Forget }
    }

    /// Whether one that came before this counts for nothing any more, now and whatever comes.
    pub fn supersedes(self, before: Self) -> bool {
        let older = match self.how {
            How::Replace | How::Remove => before.how != How::Forget && before.at <= self.at,
            How::Forget => true,
            How::Add => false,
        };
        older && before.key == self.key
    }

    /// The stored form.
    pub fn encode(self) -> [u8; Self::BYTES] {
        let mut bytes = [self.how as u8; Self::BYTES];
        bytes[..8].copy_from_slice(&self.key.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.at.to_le_bytes());
        bytes
    }

    /// Reads what stands before the content; none where it is damaged.
    pub fn split(entry: &[u8]) -> Option<(Self, &[u8])> {
        let (key, rest) = entry.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (how, content) = rest.split_first()?;
        let key = DocumentKey(u64::from_le_bytes(*key));
        let how = *How::ALL.get(usize::from(*how))?;
        Some((Self { key, at: Millis::from_le_bytes(*at), how }, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subjects_that_are_kept_have_documents() {
        for subject in Subject::ALL {
            let kept = Subject::KEPT.contains(&subject) || subject == Subject::Profile;
            assert_eq!(Document::of(subject).is_some(), kept, "{subject:?}");
        }
    }

    #[test]
    fn versions_are_read_as_they_were_written() {
        for how in How::ALL {
            let key = DocumentKey::new(Document::Order, 0x1234_5678_9abc_deff);
            let version = Version { key, at: -5, how };
            let bytes = [&version.encode()[..], b"{}"].concat();
            assert_eq!(Version::split(&bytes), Some((version, &b"{}"[..])));
            assert_eq!(key.kind(), Some(Document::Order));
            assert_eq!(Version::split(&bytes[..16]), None);
        }
    }
}
