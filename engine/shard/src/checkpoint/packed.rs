//! The documents of one customer, packed: entries of kind (u8), length (u32 LE) and content, older ones first.
//!
//! Of each kind its own is kept: of the name the last, of decisions the newest, of versions ([`Version`]) what makes up the newest document
//! of each key. [`fold`] applies these rules: what is folded early and late reads the same.

use super::fields::Fields;
use super::versions::{Found, fold_key};
use super::{KEPT_DECISIONS, KEPT_DEGRADED};
use cartwheel_core::customer::{Attribute, Document, DocumentKey, Mark, Version};
use std::ops::Range;

/// Kind and length.
const HEADER: usize = 5;

/// Appends one entry.
pub fn append(out: &mut Vec<u8>, document: Document, content: &[u8]) {
    append_parts(out, document, &[], content);
}

fn append_parts(out: &mut Vec<u8>, document: Document, first: &[u8], rest: &[u8]) {
    out.push(document as u8);
    out.extend_from_slice(&((first.len() + rest.len()) as u32).to_le_bytes());
    out.extend_from_slice(first);
    out.extend_from_slice(rest);
}

/// The entries, older ones first. Ends at the first malformed one.
pub fn entries(mut packed: &[u8]) -> impl Iterator<Item = (Document, &[u8])> {
    std::iter::from_fn(move || {
        let (header, rest) = packed.split_first_chunk::<HEADER>()?;
        let [kind, a, b, c, d] = *header;
        let (content, rest) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize)?;
        packed = rest;
        Some((Document::from_number(kind)?, content))
    })
}

/// Entries, older ones first, put together: in order of the kinds, cut to what is kept, packed.
pub fn fold<'a>(entries: impl Iterator<Item = (Document, &'a [u8])>) -> Vec<u8> {
    let mut all: Vec<(Document, &[u8])> = entries.collect();
    all.sort_by_key(|(document, _)| *document);
    let mut out = Vec::with_capacity(all.iter().map(|(_, content)| HEADER + content.len()).sum());
    for group in all.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((document, newest)) = group.last().copied() else { continue };
        match document {
            Document::Name => append(&mut out, document, newest),
            Document::Decision => append_newest(group, KEPT_DECISIONS, &mut out),
            Document::Degraded => append_newest(group, KEPT_DEGRADED, &mut out),
            Document::Profile
            | Document::Cart
            | Document::Order
            | Document::Checkout
            | Document::Product => fold_versions(document, group, &mut out),
            // Never within another one.
            Document::Folded => {}
        }
    }
    out
}

fn append_newest(group: &[(Document, &[u8])], kept: usize, out: &mut Vec<u8>) {
    let newest = &group[group.len().saturating_sub(kept)..];
    newest.iter().for_each(|(document, content)| append(out, *document, content));
}

/// Those of each key by themselves, in order of the keys.
fn fold_versions(document: Document, group: &[(Document, &[u8])], out: &mut Vec<u8>) {
    let mut versions: Vec<_> =
        group.iter().filter_map(|(_, content)| Version::split(content)).collect();
    versions.sort_by_key(|(version, _)| version.key);
    for of_key in versions.chunk_by(|(one, _), (other, _)| one.key == other.key) {
        for (version, content) in fold_key(of_key) {
            append_parts(out, document, &version.encode(), &content);
        }
    }
}

/// A document as its events brought it.
#[derive(Debug)]
pub enum Shown<'a> {
    /// One event brought it as a whole: its text.
    Whole(&'a str),
    /// Put together.
    Fields(Fields<'a>),
}

impl Shown<'_> {
    /// Writes it as JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Shown::Whole(text) => out.extend_from_slice(text.as_bytes()),
            Shown::Fields(fields) => fields.write(out),
        }
    }
}

/// A customer's entries, copied once for all messages of a turn.
#[derive(Default)]
pub struct Stored {
    content: Vec<u8>,
    entries: Vec<Entry>,
}

/// One of them.
#[derive(Clone)]
struct Entry {
    /// Where it stands in the log.
    place: u64,
    document: Document,
    /// Of [`Stored::content`].
    content: Range<usize>,
}

impl Stored {
    /// Of entries from the newest to the oldest, each with its place.
    pub fn push_older(&mut self, place: u64, document: Document, content: &[u8]) {
        if document == Document::Folded {
            let folded: Vec<_> = entries(content).collect();
            folded
                .into_iter()
                .rev()
                .for_each(|(document, content)| self.push(place, document, content));
        } else {
            self.push(place, document, content);
        }
    }

    fn push(&mut self, place: u64, document: Document, content: &[u8]) {
        let begin = self.content.len();
        self.content.extend_from_slice(content);
        self.entries.push(Entry { place, document, content: begin..self.content.len() });
    }

    /// The oldest has come.
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.entries.reverse();
        self
    }

    /// The documents as of a moment.
    pub fn as_of(&self, mark: Mark) -> Documents<'_> {
        let before = self.entries.partition_point(|entry| entry.place < mark.0);
        Documents { content: &self.content, entries: &self.entries[..before] }
    }

    /// All of it, older ones first.
    pub fn entries(&self) -> impl Iterator<Item = (Document, &[u8])> {
        self.as_of(Mark::END).all()
    }
}

/// The documents of a customer, to read.
#[derive(Clone, Copy, Default)]
pub struct Documents<'a> {
    content: &'a [u8],
    entries: &'a [Entry],
}

impl<'a> Documents<'a> {
    fn all(self) -> impl DoubleEndedIterator<Item = (Document, &'a [u8])> {
        self.entries.iter().map(move |entry| (entry.document, &self.content[entry.content.clone()]))
    }

    fn of(self, wanted: Document) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.all().filter(move |(document, _)| *document == wanted).map(|entry| entry.1)
    }

    fn found(self, wanted: Document, key: DocumentKey) -> Found<'a> {
        let versions = self.of(wanted).filter_map(Version::split);
        Found::of(&versions.filter(|(version, _)| version.key == key).collect::<Vec<_>>())
    }

    /// The customer string; empty if it is not known.
    pub fn name(&self) -> String {
        self.of(Document::Name)
            .next_back()
            .map_or_else(String::new, |name| String::from_utf8_lossy(name).into_owned())
    }

    /// The merged profile, without consent and without nulls.
    pub fn profile(&self) -> Fields<'a> {
        let key = DocumentKey::new(Document::Profile, 0);
        let mut profile = self.found(Document::Profile, key).fields();
        profile.retain(|field| !field.value.is_null() && field.name != "consent");
        profile
    }

    /// Of these fields of the profile (name and hash of it) those of which something is known: the hash, and since when which value. Null is what was
    /// removed, or no single value.
    pub fn attributes(&self, wanted: &[(String, u32)]) -> Vec<Attribute> {
        let key = DocumentKey::new(Document::Profile, 0);
        let registers = self.found(Document::Profile, key).registers();
        let known = |(name, hash): &(String, u32)| {
            let field = registers.get(name)?;
            Some(Attribute::read(*hash, field.version.at, field.value))
        };
        wanted.iter().filter_map(known).collect()
    }

    /// The newest version of a document; none if there is none or it was removed.
    pub fn document(&self, key: DocumentKey) -> Option<Shown<'a>> {
        let found = self.found(key.kind()?, key);
        match (found.base, found.added.as_slice()) {
            (None, &[]) => None,
            (Some((_, only)), &[]) | (None, &[(_, only)]) => {
                std::str::from_utf8(only).ok().map(Shown::Whole)
            }
            (Some(_) | None, _) => Some(Shown::Fields(found.fields())),
        }
    }

    /// The newest packed decisions, oldest first.
    pub fn decisions(&self) -> Vec<&'a [u8]> {
        self.newest(Document::Decision, KEPT_DECISIONS)
    }

    /// The newest events that were applied in part, oldest first, as JSON.
    pub fn degraded(&self) -> Vec<&'a [u8]> {
        self.newest(Document::Degraded, KEPT_DEGRADED)
    }

    fn newest(self, kind: Document, kept: usize) -> Vec<&'a [u8]> {
        let all: Vec<_> = self.of(kind).collect();
        all[all.len().saturating_sub(kept)..].to_vec()
    }
}

#[cfg(test)]
mod tests;
