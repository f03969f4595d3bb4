//! The versions of one document, put together: the newest that is whole, and the fields that were added since, by event time.

use super::fields::Fields;
use cartwheel_core::customer::{How, Version};
use std::borrow::Cow;

/// Additions that are kept apart before they are put together.
const MAX_ADDED: usize = 8;
/// Fields that a document has beside those of its whole version: the newest, of one time the first by name. A bound by number, and not by bytes, holds
/// however early or late entries are folded: a newer value of a field makes no room for others.
pub const MAX_ADDED_FIELDS: usize = 256;

/// A version with its content.
type Versioned<'a> = (Version, &'a [u8]);

/// What counts of the versions of a document.
pub struct Found<'a> {
    /// The whole document; none where it was removed or never came.
    pub base: Option<Versioned<'a>>,
    /// What was added since, by event time.
    pub added: Vec<Versioned<'a>>,
}

impl<'a> Found<'a> {
    /// Of one document's versions, from the last that came to the first.
    pub fn of(newest_first: impl Iterator<Item = Versioned<'a>>) -> Self {
        let (base, added) = current(newest_first);
        Self { base: base.filter(|(version, _)| version.how == How::Replace), added }
    }

    /// Of what was added the newest of each name.
    pub fn registers(&self) -> Fields<'a> {
        newest_of(&self.added)
    }

    /// The fields, the newest of each name.
    pub fn fields(&self) -> Fields<'a> {
        match self.base {
            Some(base) => self.registers().over(Fields::last_of(&[base])),
            None => self.registers(),
        }
    }
}

/// The fields of a document, of its versions from the last that came to the first. Most profiles have come at once.
pub fn fields<'a>(newest_first: impl Iterator<Item = Versioned<'a>> + Clone) -> Fields<'a> {
    let mut versions = newest_first.clone();
    match (versions.next(), versions.next()) {
        (Some(only), None) if only.0.how == How::Add => newest_of(&[only]),
        _ => Found::of(newest_first).fields(),
    }
}

/// The content of the version that came last, if it is whole and none of those before it is newer: then no other counts. Most documents are so.
pub fn newest_whole<'a>(mut newest_first: impl Iterator<Item = Versioned<'a>>) -> Option<&'a [u8]> {
    let (last, content) = newest_first.next()?;
    let mut before = newest_first.take_while(|(version, _)| version.how != How::Forget);
    let counts = last.how == How::Replace && before.all(|(version, _)| version.at <= last.at);
    counts.then_some(content)
}

/// What still counts of versions that are given from the last that came to the first: the newest that is whole or removes the document, and what was added
/// since, by event time. Of one time the later one.
fn current<'a>(
    newest_first: impl Iterator<Item = Versioned<'a>>,
) -> (Option<Versioned<'a>>, Vec<Versioned<'a>>) {
    let mut counting: Vec<_> =
        newest_first.take_while(|(version, _)| version.how != How::Forget).collect();
    counting.reverse();
    counting.sort_by_key(|(version, _)| version.at); // stable
    let whole = |(version, _): &Versioned<'_>| match version.how {
        How::Replace | How::Remove => true,
        How::Add | How::Forget => false,
    };
    let base = counting.iter().rposition(whole);
    let base = base.and_then(|place| counting.drain(..=place).next_back());
    (base, counting)
}

/// One document's versions, in the order in which they came, cut to what counts.
pub fn fold_key<'a>(versions: &[Versioned<'a>]) -> Vec<(Version, Cow<'a, [u8]>)> {
    let (base, added) = current(versions.iter().rev().copied());
    let as_it_is = |(version, content)| (version, Cow::Borrowed(content));
    let mut out: Vec<_> = base.into_iter().map(as_it_is).collect();
    if added.len() <= MAX_ADDED {
        out.extend(added.into_iter().map(as_it_is));
    } else {
        out.extend(put_together(&added));
    }
    out
}

/// Of additions in order of their times the newest of each field, [`MAX_ADDED_FIELDS`] of them.
fn newest_of<'a>(added: &[Versioned<'a>]) -> Fields<'a> {
    Fields::last_of(added).newest(MAX_ADDED_FIELDS)
}

/// Additions in order of their times, as one for each time of which some field is the newest of its name; nulls included.
fn put_together<'a>(added: &[Versioned<'a>]) -> Vec<(Version, Cow<'a, [u8]>)> {
    let Some(first) = added.first() else { return Vec::new() };
    let of_one_time = |fields: Fields<'a>| {
        let mut text = Vec::new();
        fields.write(&mut text);
        Some((Version { at: fields.iter().next()?.at, ..first.0 }, Cow::Owned(text)))
    };
    newest_of(added).by_time().into_iter().filter_map(of_one_time).collect()
}
