//! The versions of one document, put together: the newest that is whole, and the fields that were added since, by event time.

use super::fields::Fields;
use cartwheel_core::customer::{How, Version};
use std::borrow::Cow;

/// Additions that are kept apart before they are put together.
const MAX_ADDED: usize = 8;
/// Fields that a document has beside those of its whole version: the newest, of one time the first by name. A bound by number, and not by bytes, holds
/// however early or late entries are folded: a newer value of a field makes no room for others.
pub const MAX_ADDED_FIELDS: usize = 256;

/// What counts of the versions of a document.
pub struct Found<'a> {
    /// The whole document; none where it was removed or never came.
    pub base: Option<(Version, &'a [u8])>,
    /// What was added since, by event time.
    pub added: Vec<(Version, &'a [u8])>,
}

impl<'a> Found<'a> {
    /// Of one document's versions, in the order in which they came.
    pub fn of(versions: &[(Version, &'a [u8])]) -> Self {
        let mut found = Self { base: None, added: Vec::new() };
        for (version, content) in current(versions) {
            match version.how {
                How::Replace => found.base = Some((version, content)),
                How::Add => found.added.push((version, content)),
                How::Remove | How::Forget => {}
            }
        }
        found
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

/// Those that still count, by event time: the newest that is whole or removes it, and what was added since. Of one time the later one.
fn current<'a>(versions: &[(Version, &'a [u8])]) -> Vec<(Version, &'a [u8])> {
    let forgotten = versions.iter().rposition(|(version, _)| version.how == How::Forget);
    let mut current = versions[forgotten.map_or(0, |place| place + 1)..].to_vec();
    current.sort_by_key(|(version, _)| version.at);
    let whole = |(version, _): &(Version, &[u8])| match version.how {
        How::Replace | How::Remove => true,
        How::Add | How::Forget => false,
    };
    let base = current.iter().rposition(whole).unwrap_or(0);
    current.split_off(base)
}

/// One document's versions, in the order in which they came, cut to what counts.
pub fn fold_key<'a>(versions: &[(Version, &'a [u8])]) -> Vec<(Version, Cow<'a, [u8]>)> {
    let (base, added): (Vec<_>, Vec<_>) =
        current(versions).into_iter().partition(|(version, _)| version.how != How::Add);
    let mut out: Vec<(Version, Cow<'a, [u8]>)> =
        base.into_iter().map(|(version, content)| (version, Cow::Borrowed(content))).collect();
    if added.len() <= MAX_ADDED {
        out.extend(added.into_iter().map(|(version, content)| (version, Cow::Borrowed(content))));
        return out;
    }
    out.extend(put_together(&added));
    out
}

/// Of additions in order of their times the newest of each field, [`MAX_ADDED_FIELDS`] of them.
fn newest_of<'a>(added: &[(Version, &'a [u8])]) -> Fields<'a> {
    Fields::last_of(added).newest(MAX_ADDED_FIELDS)
}

/// Additions in order of their times, as one for each time of which some field is the newest of its name; nulls included.
fn put_together<'a>(added: &[(Version, &'a [u8])]) -> Vec<(Version, Cow<'a, [u8]>)> {
    let of_one_time = |fields: Fields<'a>| {
        let mut text = Vec::new();
        fields.write(&mut text);
        Some((fields.iter().next()?.version, Cow::Owned(text)))
    };
    newest_of(added).by_time().into_iter().filter_map(of_one_time).collect()
}
