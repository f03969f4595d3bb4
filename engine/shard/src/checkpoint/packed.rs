//! The documents of one customer, packed: entries of kind (u8), length (u32 LE) and content, older ones first.
//!
//! Of each kind its own is kept: of the name the last, of decisions the newest, of versions ([`Version`]) what makes up the newest document
//! of each key. [`fold`] applies these rules; it is associative, as the store's merges demand: what is folded early and late reads the same.

use super::versions::{Found, fold_key};
use super::{KEPT_DECISIONS, KEPT_DEGRADED};
use cartwheel_core::customer::{Document, DocumentKey, Version};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Kind and length.
const HEADER: usize = 5;

/// The fields of an object, their values as the text that the events brought.
pub type Fields<'a> = BTreeMap<String, &'a RawValue>;

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
fn entries(mut packed: &[u8]) -> impl Iterator<Item = (Document, &[u8])> {
    std::iter::from_fn(move || {
        let (header, rest) = packed.split_first_chunk::<HEADER>()?;
        let [kind, a, b, c, d] = *header;
        let (content, rest) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize)?;
        packed = rest;
        Some((Document::from_number(kind)?, content))
    })
}

/// How much of a customer's entries is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// There may be older ones elsewhere.
    Part,
    /// There are no older ones.
    Whole,
}

/// Packed documents, older ones first, as one: in order of the kinds, cut to what is kept.
pub fn fold<'a>(parts: impl Iterator<Item = &'a [u8]>, extent: Extent) -> Vec<u8> {
    let mut all: Vec<(Document, &[u8])> = parts.flat_map(entries).collect();
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
            | Document::Product => fold_versions(document, group, extent, &mut out),
        }
    }
    out
}

fn append_newest(group: &[(Document, &[u8])], kept: usize, out: &mut Vec<u8>) {
    let newest = &group[group.len().saturating_sub(kept)..];
    newest.iter().for_each(|(document, content)| append(out, *document, content));
}

/// Those of each key by themselves, in order of the keys.
fn fold_versions(
    document: Document,
    group: &[(Document, &[u8])],
    extent: Extent,
    out: &mut Vec<u8>,
) {
    let mut versions: Vec<_> =
        group.iter().filter_map(|(_, content)| Version::split(content)).collect();
    versions.sort_by_key(|(version, _)| version.key);
    for of_key in versions.chunk_by(|(one, _), (other, _)| one.key == other.key) {
        for (version, content) in fold_key(of_key, extent == Extent::Whole) {
            append_parts(out, document, &version.encode(), &content);
        }
    }
}

/// A document as its events brought it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Shown<'a> {
    /// One event brought it as a whole.
    Whole(&'a RawValue),
    /// Put together.
    Fields(Fields<'a>),
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

    fn of(&self, wanted: Document) -> impl Iterator<Item = &[u8]> {
        entries(&self.0).filter(move |(document, _)| *document == wanted).map(|entry| entry.1)
    }

    fn found(&self, wanted: Document, key: DocumentKey) -> Found<'_> {
        let versions = self.of(wanted).filter_map(Version::split);
        Found::of(&versions.filter(|(version, _)| version.key == key).collect::<Vec<_>>())
    }

    /// The customer string; empty if it is not known.
    pub fn name(&self) -> String {
        self.of(Document::Name)
            .last()
            .map_or_else(String::new, |name| String::from_utf8_lossy(name).into_owned())
    }

    /// The merged profile, without consent and without nulls.
    pub fn profile(&self) -> Fields<'_> {
        let key = DocumentKey::new(Document::Profile, 0);
        let mut profile = self.found(Document::Profile, key).fields();
        profile.retain(|name, value| value.get() != "null" && name != "consent");
        profile
    }

    /// The newest version of a document; none if there is none or it was removed.
    pub fn document(&self, key: DocumentKey) -> Option<Shown<'_>> {
        let found = self.found(key.kind()?, key);
        match (found.base, found.added.as_slice()) {
            (None, &[]) => None,
            (Some(only), &[]) | (None, &[(_, only)]) => {
                serde_json::from_slice(only).ok().map(Shown::Whole)
            }
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
        let all: Vec<_> = self.of(kind).collect();
        all[all.len().saturating_sub(kept)..].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::super::versions::MAX_ADDED_FIELDS;
    use super::*;
    use cartwheel_core::customer::How;
    use cartwheel_core::time::Millis;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    type Read = (String, Option<String>, Option<String>, String, [Vec<Vec<u8>>; 2]);

    fn cart(id: u64) -> DocumentKey {
        DocumentKey::new(Document::Cart, id << 8)
    }

    fn versioned(key: DocumentKey, at: Millis, how: How, content: &str) -> (Document, Vec<u8>) {
        let bytes = [&Version { key, at, how }.encode()[..], content.as_bytes()].concat();
        (key.kind().unwrap(), bytes)
    }

    fn pack(entries: &[(Document, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        entries.iter().for_each(|(document, content)| append(&mut out, *document, content));
        out
    }

    fn read(packed: &[u8]) -> Read {
        let documents = Documents::new(packed.to_vec());
        let json =
            |key| documents.document(key).map(|shown| serde_json::to_string(&shown).unwrap());
        (
            documents.name(),
            json(cart(1)),
            json(cart(2)),
            serde_json::to_string(&documents.profile()).unwrap(),
            [documents.decisions(), documents.degraded()]
                .map(|all| all.into_iter().map(<[u8]>::to_vec).collect()),
        )
    }

    /// Everything of two parts, and of the whole, reads alike however they are folded.
    fn check(entries: &[(Document, Vec<u8>)]) -> Documents {
        let whole = pack(entries);
        for cut in 0..=entries.len() {
            let parts = [pack(&entries[..cut]), pack(&entries[cut..])];
            let fold = |parts: &[&[u8]], extent| fold(parts.iter().copied(), extent);
            let (first, late) =
                (fold(&[&parts[0]], Extent::Whole), fold(&[&parts[1]], Extent::Part));
            for folded in [
                fold(&[&parts[0], &parts[1]], Extent::Whole),
                fold(&[&parts[0], &parts[1]], Extent::Part),
                fold(&[&first, &parts[1]], Extent::Whole),
                fold(&[&first, &late], Extent::Whole),
                fold(&[&first, &late], Extent::Part),
            ] {
                assert_eq!(read(&folded), read(&whole), "cut at {cut}");
            }
        }
        Documents::new(fold([&whole[..]].into_iter(), Extent::Whole))
    }

    #[test]
    fn only_the_newest_decisions_and_versions_are_kept() {
        let mut entries = vec![(Document::Name, b"ana".to_vec())];
        for n in 0..100 {
            entries.push((Document::Decision, n.to_string().into_bytes()));
            entries.push((Document::Degraded, n.to_string().into_bytes()));
            entries.push(versioned(cart(1), n, How::Replace, &format!(r#"{{"id":{n}}}"#)));
        }
        let folded = check(&entries);
        let decisions = folded.decisions();
        assert_eq!((decisions.len(), decisions[0], decisions[63]), (64, &b"36"[..], &b"99"[..]));
        let degraded = folded.degraded();
        assert_eq!((degraded.len(), degraded[0], degraded[7]), (8, &b"92"[..], &b"99"[..]));
        assert_eq!(folded.of(Document::Cart).count(), 1);
        let (name, cart, ..) = read(&folded.0);
        assert_eq!((name.as_str(), cart.as_deref()), ("ana", Some(r#"{"id":99}"#)));
    }

    #[test]
    fn an_emptied_cart_is_no_cart_and_a_forgotten_one_leaves_nothing() {
        let folded = check(&[
            versioned(cart(1), 5, How::Replace, r#"{"id":1}"#),
            versioned(cart(1), 6, How::Remove, ""),
            versioned(cart(2), 7, How::Replace, r#"{"id":2}"#),
            versioned(cart(2), Millis::MIN, How::Forget, ""),
        ]);
        assert!(folded.document(cart(1)).is_none() && folded.document(cart(2)).is_none());
        assert_eq!(folded.of(Document::Cart).count(), 1, "that it was emptied is remembered");
    }

    /// Forty additions of twenty fields each, whose times go to and fro.
    #[test]
    fn a_document_has_the_newest_of_the_fields_that_were_added() {
        let added = |n: i64| {
            let fields = (0..20).map(|field| format!(r#""f{}":{n}"#, n * 10 + field));
            let content = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
            versioned(cart(1), (n * 7) % 40, How::Add, &content)
        };
        let mut entries = vec![versioned(cart(1), 0, How::Replace, r#"{"id":1}"#)];
        entries.extend((0..40).map(added));
        let folded = check(&entries);
        let Some(Shown::Fields(fields)) = folded.document(cart(1)) else { panic!("a document") };
        assert_eq!(fields.len(), 1 + MAX_ADDED_FIELDS);
        // Of the newest, at 39 (n = 17), all are there; of the oldest, at 0 (n = 0), none.
        assert!((170..190).all(|field| fields.contains_key(&format!("f{field}"))));
        assert!(!fields.contains_key("f0"));
    }

    fn entry() -> impl Strategy<Value = (Document, Vec<u8>)> {
        let field = (
            0u8..4,
            prop_oneof![
                Just("null".to_owned()),
                (0u8..9).prop_map(|n| n.to_string()),
                Just("9.2187213017344369".to_owned())
            ],
        );
        let object = prop::collection::vec(field, 0..3).prop_map(|fields| {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!(r#""f{name}":{value}"#)).collect();
            format!("{{{}}}", fields.join(","))
        });
        (0u8..12, 0i64..12, object).prop_map(|(what, at, object)| match what {
            0..4 => versioned(DocumentKey::new(Document::Profile, 0), at, How::Add, &object),
            4 | 5 => versioned(cart(1), at, How::Replace, &object),
            6..9 => versioned(cart(1), at, How::Add, &object),
            9 => versioned(cart(1), at, How::Remove, ""),
            10 => versioned(cart(2), at, How::Add, &object),
            _ => versioned(cart(1), Millis::MIN, How::Forget, ""),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(31), ..ProptestConfig::default() })]

        #[test]
        fn documents_fold_alike_in_any_grouping(entries in prop::collection::vec(entry(), 0..30)) {
            check(&entries);
        }
    }
}
