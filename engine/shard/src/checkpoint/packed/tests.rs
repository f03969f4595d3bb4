use super::super::versions::MAX_ADDED_FIELDS;
use super::*;
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

fn written(shown: &Shown<'_>) -> String {
    let mut out = Vec::new();
    shown.write(&mut out);
    String::from_utf8(out).unwrap()
}

/// The entries, as they stand in a log.
fn stored<'e>(entries: impl DoubleEndedIterator<Item = (Document, &'e [u8])>) -> Stored {
    let mut stored = Stored::default();
    for (document, content) in entries.rev() {
        stored.push_older(document, content, |_, _| true);
    }
    stored
}

fn read(stored: &Stored) -> Read {
    let documents = stored;
    let json = |key| documents.document(key).map(|shown| written(&shown));
    (
        documents.name().into_owned(),
        json(cart(1)),
        json(cart(2)),
        written(&Shown::Fields(documents.profile())),
        [documents.decisions(), documents.degraded()]
            .map(|all| all.into_iter().map(<[u8]>::to_vec).collect()),
    )
}

/// All of it reads alike wherever the first part of it was put together, and again.
fn check(all: &[(Document, Vec<u8>)]) -> Stored {
    let all: Vec<(Document, &[u8])> =
        all.iter().map(|(document, content)| (*document, content.as_slice())).collect();
    let whole = stored(all.iter().copied());
    for cut in 0..=all.len() {
        let first = fold(all[..cut].iter().copied());
        let folded = stored(
            std::iter::once((Document::Folded, &first[..])).chain(all[cut..].iter().copied()),
        );
        assert_eq!(read(&folded), read(&whole), "cut at {cut}");
        let again = fold(folded.entries());
        let again = stored(std::iter::once((Document::Folded, &again[..])));
        assert_eq!(read(&again), read(&whole), "cut at {cut}, and again");
        // One by one, where the whole is too long for an entry.
        assert_eq!(
            read(&stored(
                entries(&first).collect::<Vec<_>>().into_iter().chain(all[cut..].iter().copied())
            )),
            read(&whole)
        );
    }
    let folded = fold(all.iter().copied());
    stored(std::iter::once((Document::Folded, &folded[..])))
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
    let folded = &stored;
    let decisions = folded.decisions();
    assert_eq!((decisions.len(), decisions[0], decisions[63]), (64, &b"36"[..], &b"99"[..]));
    let degraded = folded.degraded();
    assert_eq!((degraded.len(), degraded[0], degraded[7]), (8, &b"92"[..], &b"99"[..]));
    assert_eq!(folded.of(Document::Cart).count(), 1);
    let (name, cart, ..) = read(&stored);
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
    let folded = &stored;
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
    let folded = &stored;
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
        0..4 => versioned(DocumentKey::PROFILE, at, How::Add, &object),
        4 | 5 => versioned(cart(1), at, How::Replace, &object),
        6..9 => versioned(cart(1), at, How::Add, &object),
        9 => versioned(cart(1), at, How::Remove, ""),
        10 => versioned(cart(2), at, How::Add, &object),
        _ => versioned(cart(1), Millis::MIN, How::Forget, ""),
    })
}

#[test]
fn what_is_not_wanted_is_left_out_of_what_was_put_together_too() {
    let all = [
        (Document::Name, b"ana".to_vec()),
        versioned(cart(1), 1, How::Replace, r#"{"id":1}"#),
        versioned(cart(2), 2, How::Replace, r#"{"id":2}"#),
    ];
    let folded = fold(all.iter().map(|(document, content)| (*document, content.as_slice())));
    let mut stored = Stored::default();
    let wanted = |document, content: &[u8]| {
        document == Document::Cart && DocumentKey::of_entry(content) == Some(cart(2))
    };
    let (document, newer) = versioned(cart(1), 3, How::Replace, r#"{"id":1}"#);
    stored.push_older(document, &newer, wanted);
    stored.push_older(Document::Folded, &folded, wanted);
    assert_eq!((stored.entries().count(), stored.name().as_ref()), (1, ""));
    assert!(stored.document(cart(1)).is_none() && stored.document(cart(2)).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(31), ..ProptestConfig::default() })]

    #[test]
    fn documents_fold_alike_in_any_grouping(entries in prop::collection::vec(entry(), 0..30)) {
        check(&entries);
    }
}
