//! The documents of one customer, packed: entries of kind (u8), length (u32 LE) and content, older ones first.
//!
//! Of each kind its own is kept: of the name the last, of decisions the newest, of versions ([`Version`]) what makes up the newest document
//! of each key. [`fold`] applies these rules: what is folded early and late reads the same.

use super::fields::Fields;
use super::versions::{Found, fields, fold_key, newest_whole};
use super::{KEPT_DECISIONS, KEPT_DEGRADED};
use cartwheel_core::customer::{Attribute, Document, DocumentKey, How, Version};
use std::borrow::Cow;
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
        match of_key {
            // Most documents have one.
            [(version, content)] if version.how != How::Forget => {
                append_parts(out, document, &version.encode(), content);
            }
            _ => fold_key(of_key).iter().for_each(|(version, content)| {
                append_parts(out, document, &version.encode(), content);
            }),
        }
    }
}

/// A document as its events brought it.
#[derive(Debug)]
pub enum Shown<'a> {
    /// One event brought it as a whole: its text, UTF-8 when the event was read. It is not looked through again: what is kept of it has a hash.
    Whole(&'a [u8]),
    /// Put together.
    Fields(Fields<'a>),
}

impl Shown<'_> {
    /// Writes it as JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Shown::Whole(text) => out.extend_from_slice(text),
            Shown::Fields(fields) => fields.write(out),
        }
    }
}

/// What is known of a customer, or that of it which is wanted: entries, the newest first. Their memory is used again for the next one.
#[derive(Debug, Default)]
pub struct Stored {
    content: Vec<u8>,
    entries: Vec<Entry>,
}

/// One of them.
#[derive(Debug)]
struct Entry {
    document: Document,
    /// Of [`Stored::content`].
    content: Range<usize>,
}

impl Stored {
    /// Forgets it; the memory stays.
    pub fn clear(&mut self) {
        self.content.clear();
        self.entries.clear();
    }

    /// Of entries from the newest to the oldest the next one, as far as it is wanted.
    pub fn push_older(
        &mut self,
        document: Document,
        content: &[u8],
        wanted: impl Fn(Document, &[u8]) -> bool,
    ) {
        if document != Document::Folded {
            if wanted(document, content) {
                self.push(document, content);
            }
            return;
        }
        let newer = self.entries.len();
        for (document, content) in entries(content) {
            if wanted(document, content) {
                self.push(document, content);
            }
        }
        self.entries[newer..].reverse();
    }

    fn push(&mut self, document: Document, content: &[u8]) {
        let begin = self.content.len();
        self.content.extend_from_slice(content);
        self.entries.push(Entry { document, content: begin..self.content.len() });
    }

    fn newest_first(&self) -> impl DoubleEndedIterator<Item = (Document, &[u8])> + Clone {
        let content = |entry: &Entry| &self.content[entry.content.clone()];
        self.entries.iter().map(move |entry| (entry.document, content(entry)))
    }

    /// All of it, older ones first.
    pub fn entries(&self) -> impl Iterator<Item = (Document, &[u8])> {
        self.newest_first().rev()
    }

    /// Of one kind, the newest first.
    fn of(&self, wanted: Document) -> impl Iterator<Item = &[u8]> + Clone {
        self.newest_first().filter(move |(document, _)| *document == wanted).map(|entry| entry.1)
    }

    /// The versions of a document, the newest first.
    fn versions(&self, key: DocumentKey) -> impl Iterator<Item = (Version, &[u8])> + Clone {
        let of_kind =
            self.newest_first().filter(move |(document, _)| key.kind() == Some(*document));
        let versions = of_kind.filter_map(|(_, content)| Version::split(content));
        versions.filter(move |(version, _)| version.key == key)
    }

    fn found(&self, key: DocumentKey) -> Found<'_> {
        Found::of(self.versions(key))
    }

    /// The customer string; empty if it is not known.
    pub fn name(&self) -> Cow<'_, str> {
        self.of(Document::Name).next().map_or(Cow::Borrowed(""), String::from_utf8_lossy)
    }

    /// The merged profile, without consent and without nulls.
    pub fn profile(&self) -> Fields<'_> {
        let mut profile = fields(self.versions(DocumentKey::PROFILE));
        profile.retain(|field| !field.value.is_null() && field.name != "consent");
        profile
    }

    /// Of these fields of the profile (name and hash of it) those of which something is known: the hash, and since when which value. Null is what was
    /// removed, or no single value.
    pub fn attributes(&self, wanted: &[(String, u32)]) -> Vec<Attribute> {
        let registers = self.found(DocumentKey::PROFILE).registers();
        let known = |(name, hash): &(String, u32)| {
            let field = registers.get(name)?;
            Some(Attribute::read(*hash, field.at, field.value))
        };
        wanted.iter().filter_map(known).collect()
    }

    /// The newest version of a document; none if there is none or it was removed.
    pub fn document(&self, key: DocumentKey) -> Option<Shown<'_>> {
        if let Some(text) = newest_whole(self.versions(key)) {
            return Some(Shown::Whole(text));
        }
        let found = self.found(key);
        match (found.base, found.added.as_slice()) {
            (None, &[]) => None,
            (Some((_, only)), &[]) | (None, &[(_, only)]) => Some(Shown::Whole(only)),
            (Some(_) | None, _) => Some(Shown::Fields(found.fields())),
        }
    }

    /// The newest packed decisions, oldest first.
    pub fn decisions(&self) -> Vec<&[u8]> {
        self.newest(Document::Decision, KEPT_DECISIONS)
    }

    /// The newest events that were applied in part, oldest first, as JSON.
    pub fn degraded(&self) -> Vec<&[u8]> {
        self.newest(Document::Degraded, KEPT_DEGRADED)
    }

    fn newest(&self, kind: Document, kept: usize) -> Vec<&[u8]> {
        let mut newest: Vec<_> = self.of(kind).take(kept).collect();
        newest.reverse();
        newest
    }
}

#[cfg(test)]
mod tests;
