use super::super::versions::MAX_ADDED_FIELDS;
use super::*;
use cartwheel_core::customer::{How, Journal};
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

fn written(shown: &Shown<'_>) -> String {
    let mut out = Vec::new();
    shown.write(&mut out);
    String::from_utf8(out).unwrap()
}

fn read(packed: &[u8]) -> Read {
    let documents = Documents { packed, newer: &[] };
    let json = |key| documents.document(key).map(|shown| written(&shown));
    (
        documents.name(),
        json(cart(1)),
        json(cart(2)),
        written(&Shown::Fields(documents.profile())),
        [documents.decisions(), documents.degraded()]
            .map(|all| all.into_iter().map(<[u8]>::to_vec).collect()),
    )
}

/// Everything of two parts, and of the whole, reads alike however they are folded.
fn check(entries: &[(Document, Vec<u8>)]) -> Stored<'static> {
    let whole = pack(entries);
    for cut in 0..=entries.len() {
        let parts = [pack(&entries[..cut]), pack(&entries[cut..])];
        let fold = |parts: &[&[u8]], extent| fold(parts.iter().copied(), extent);
        let (first, late) = (fold(&[&parts[0]], Extent::Whole), fold(&[&parts[1]], Extent::Part));
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
    Stored::new(fold([&whole[..]].into_iter(), Extent::Whole))
}

#[test]
fn only_the_newest_decisions_and_versions_are_kept() {
    let mut entries = vec![(Document::Name, b"ana".to_vec())];
    for n in 0..100 {
        entries.push((Document::Decision, n.to_string().into_bytes()));
        entries.push((Document::Degraded, n.to_string().into_bytes()));
        entries.push(versioned(cart(1), n, How::Replace, &format!(r#"{{"id":{n}}}"#)));
    }
    let stored = check(&entries);
    let folded = stored.as_of(Mark::END);
    let decisions = folded.decisions();
    assert_eq!((decisions.len(), decisions[0], decisions[63]), (64, &b"36"[..], &b"99"[..]));
    let degraded = folded.degraded();
    assert_eq!((degraded.len(), degraded[0], degraded[7]), (8, &b"92"[..], &b"99"[..]));
    assert_eq!(folded.of(Document::Cart).count(), 1);
    let (name, cart, ..) = read(&stored.packed);
    assert_eq!((name.as_str(), cart.as_deref()), ("ana", Some(r#"{"id":99}"#)));
}

#[test]
fn an_emptied_cart_is_no_cart_and_a_forgotten_one_leaves_nothing() {
    let stored = check(&[
        versioned(cart(1), 5, How::Replace, r#"{"id":1}"#),
        versioned(cart(1), 6, How::Remove, ""),
        versioned(cart(2), 7, How::Replace, r#"{"id":2}"#),
        versioned(cart(2), Millis::MIN, How::Forget, ""),
    ]);
    let folded = stored.as_of(Mark::END);
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
    let stored = check(&entries);
    let folded = stored.as_of(Mark::END);
    let Some(Shown::Fields(fields)) = folded.document(cart(1)) else { panic!("a document") };
    assert_eq!(fields.iter().len(), 1 + MAX_ADDED_FIELDS);
    // Of the newest, at 39 (n = 17), all are there; of the oldest, at 0 (n = 0), none.
    assert!((170..190).all(|field| fields.get(&format!("f{field}")).is_some()));
    assert!(fields.get("f0").is_none());
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

#[test]
fn of_what_stands_in_the_journal_a_moment_sees_what_came_before_it() {
    let mut journal = Journal::default();
    let (mut head, mut marks) = (0, Vec::new());
    for n in 0..4 {
        marks.push(journal.mark());
        let version = Version { key: cart(1), at: n, how: How::Replace };
        journal.append_version(&mut head, version, format!(r#"{{"id":{n}}}"#).as_bytes());
    }
    let mut stored = Stored::new(pack(&[(Document::Name, b"ana".to_vec())]));
    stored.follow(journal.entries(head));
    let cart_at = |mark| {
        let documents = stored.as_of(mark);
        assert_eq!(documents.name(), "ana");
        documents.document(cart(1)).map(|shown| written(&shown))
    };
    assert_eq!(cart_at(marks[0]), None);
    assert_eq!(cart_at(marks[2]).as_deref(), Some(r#"{"id":1}"#));
    assert_eq!(cart_at(Mark::END).as_deref(), Some(r#"{"id":3}"#));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(31), ..ProptestConfig::default() })]

    #[test]
    fn documents_fold_alike_in_any_grouping(entries in prop::collection::vec(entry(), 0..30)) {
        check(&entries);
    }
}
