//! The documents of one customer, packed: entries of kind (u8), length (u32 LE) and content, older ones first.
//!
//! A newer `cart` replaces the older, profile patches and decisions add up. [`fold`] applies these rules; it is associative, as the
//! store's merges demand: what is folded early and late reads the same.

use super::{KEPT_DECISIONS, KEPT_DEGRADED};
use cartwheel_core::customer::Document;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Profile patches that are kept apart before they are merged into one.
const MAX_PATCHES: usize = 8;
/// Kind and length.
const HEADER: usize = 5;

/// Appends one entry.
pub fn append(out: &mut Vec<u8>, document: Document, content: &[u8]) {
    out.push(document as u8);
    out.extend_from_slice(&(content.len() as u32).to_le_bytes());
    out.extend_from_slice(content);
}

/// The entries, older ones first. Ends at the first malformed one.
fn entries(mut packed: &[u8]) -> impl Iterator<Item = (Document, &[u8])> {
    std::iter::from_fn(move || {
        let (header, rest) = packed.split_first_chunk::<HEADER>()?;
        let [kind, a, b, c, d] = *header;
        let (content, rest) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize)?;
        packed = rest;
        Some((Document::from_number(kind)?, content))
    })
}

/// Packed documents, older ones first, as one: in order of the kinds, cut to what is kept.
pub fn fold<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut all: Vec<(Document, &[u8])> = parts.flat_map(entries).collect();
    all.sort_by_key(|(document, _)| *document);
    let mut out = Vec::with_capacity(all.iter().map(|(_, content)| HEADER + content.len()).sum());
    for group in all.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((document, newest)) = group.last().copied() else { continue };
        let kept = match document {
            Document::Decision => group.len().min(KEPT_DECISIONS),
            Document::Degraded => group.len().min(KEPT_DEGRADED),
            Document::Profile if group.len() > MAX_PATCHES => {
                let patch = serde_json::to_vec(&merged(group)).unwrap_or_default(); // names and raw texts always serialise
                append(&mut out, document, &patch);
                continue;
            }
            Document::Profile => group.len(),
            Document::Name
            | Document::Cart
            | Document::Order
            | Document::Checkout
            | Document::Product => {
                append(&mut out, document, newest);
                continue;
            }
        };
        group[group.len() - kept..]
            .iter()
            .for_each(|(document, content)| append(&mut out, *document, content));
    }
    out
}

/// The fields of an object, their values as the text that the events brought.
pub type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Patches, oldest first, as one; nulls included, so that merging early and late gives the same.
fn merged<'a>(patches: &[(Document, &'a [u8])]) -> Fields<'a> {
    let mut merged = Fields::new();
    for (_, patch) in patches {
        if let Ok(patch) = serde_json::from_slice::<Fields<'_>>(patch) {
            merged.extend(patch);
        }
    }
    merged
}

/// Packed documents, to read. A copy of what is stored and what is newer.
#[derive(Clone, Default)]
pub struct Documents(Vec<u8>);

impl Documents {
    /// Of what [`append`] or [`fold`] wrote.
    pub fn new(packed: Vec<u8>) -> Self {
        Self(packed)
    }

    /// Adds newer entries, given newest first.
    pub fn add<'a>(&mut self, newest_first: impl Iterator<Item = (Document, &'a [u8])>) {
        let entries: Vec<_> = newest_first.collect();
        entries
            .into_iter()
            .rev()
            .for_each(|(document, content)| append(&mut self.0, document, content));
    }

    fn of(&self, wanted: Document) -> Vec<(Document, &[u8])> {
        entries(&self.0).filter(|(document, _)| *document == wanted).collect()
    }

    /// The customer string; empty if it is not known.
    pub fn name(&self) -> String {
        self.of(Document::Name)
            .last()
            .map_or_else(String::new, |(_, name)| String::from_utf8_lossy(name).into_owned())
    }

    /// The merged profile, without consent and without nulls.
    pub fn profile(&self) -> Fields<'_> {
        let mut profile = merged(&self.of(Document::Profile));
        profile.retain(|name, value| value.get() != "null" && name != "consent");
        profile
    }

    /// The newest document of a kind, JSON as the event brought it; none if there is none or it was removed.
    pub fn json(&self, document: Document) -> Option<&RawValue> {
        serde_json::from_slice(self.of(document).last()?.1).ok()
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
        let all = self.of(kind);
        all[all.len().saturating_sub(kept)..].iter().map(|(_, content)| *content).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything of two parts, and of the whole, reads alike however they are folded.
    fn check(entries: &[(Document, String)]) -> Documents {
        let pack = |entries: &[(Document, String)]| {
            let mut out = Vec::new();
            entries
                .iter()
                .for_each(|(document, content)| append(&mut out, *document, content.as_bytes()));
            out
        };
        let read = |packed: &[u8]| {
            let documents = Documents::new(packed.to_vec());
            let owned = |all: Vec<&[u8]>| all.into_iter().map(<[u8]>::to_vec).collect();
            let decisions: Vec<Vec<u8>> = owned(documents.decisions());
            let degraded: Vec<Vec<u8>> = owned(documents.degraded());
            let profile: BTreeMap<String, String> = documents
                .profile()
                .into_iter()
                .map(|(name, value)| (name, value.get().to_owned()))
                .collect();
            (
                documents.name(),
                profile,
                documents.json(Document::Cart).map(|cart| cart.get().to_owned()),
                decisions,
                degraded,
            )
        };
        let whole = pack(entries);
        for cut in 0..=entries.len() {
            let parts = [pack(&entries[..cut]), pack(&entries[cut..])];
            let early = fold([&parts[0][..]].into_iter());
            let late = fold([&parts[1][..]].into_iter());
            for folded in [
                fold([&parts[0][..], &parts[1]].into_iter()),
                fold([&early[..], &parts[1]].into_iter()),
                fold([&early[..], &late].into_iter()),
            ] {
                assert_eq!(read(&folded), read(&whole));
            }
        }
        Documents::new(fold([&whole[..]].into_iter()))
    }

    #[test]
    fn profiles_fold_alike_in_any_grouping_and_numbers_stay_the_same() {
        let patch = |n: u32| {
            format!(
                r#"{{"a":{n},"b{}":{},"spent":9.2187213017344369}}"#,
                n % 3,
                if n.is_multiple_of(4) { "null" } else { "1" }
            )
        };
        let entries: Vec<_> = (0..20).map(|n| (Document::Profile, patch(n))).collect();
        let folded = check(&entries);
        assert_eq!(folded.of(Document::Profile).len(), 1);
    }

    #[test]
    fn the_newest_replaces_and_only_the_newest_decisions_are_kept() {
        let mut entries = vec![(Document::Name, "ana".to_owned())];
        for n in 0..100 {
            entries.push((Document::Decision, n.to_string()));
            entries.push((Document::Cart, format!(r#"{{"id":{n}}}"#)));
            entries.push((Document::Degraded, n.to_string()));
        }
        let folded = check(&entries);
        let decisions = folded.decisions();
        assert_eq!((decisions.len(), decisions[0], decisions[63]), (64, &b"36"[..], &b"99"[..]));
        let degraded = folded.degraded();
        assert_eq!((degraded.len(), degraded[0], degraded[7]), (8, &b"92"[..], &b"99"[..]));
        assert_eq!(
            (folded.name().as_str(), folded.json(Document::Cart).map(RawValue::get)),
            ("ana", Some(r#"{"id":99}"#))
        );
        assert_eq!(folded.of(Document::Cart).len(), 1);
    }

    #[test]
    fn an_emptied_cart_is_no_cart() {
        let folded =
            check(&[(Document::Cart, r#"{"id":1}"#.to_owned()), (Document::Cart, String::new())]);
        assert!(folded.json(Document::Cart).is_none());
    }
}
