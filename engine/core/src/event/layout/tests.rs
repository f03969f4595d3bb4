use super::super::scan::scan;
use super::super::scan::tests::json;
use super::parts::MAX_RECORD;
use super::*;
use crate::event::odd::OddFields;
use crate::event::profile::odd_fields;
use crate::event::raw::Raw;
use crate::event::top::Place;
use crate::event::vocabulary::Subject;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What is read by a layout is what the one pass and the full parser read.
fn check(layouts: &mut Layouts, record: &str) -> bool {
    let mut top = Top::default();
    let Some(quick) = layouts.read(record.as_bytes(), &mut top) else { return false };
    assert_eq!(quick.text, record);
    let mut expected = Top::default();
    let scanned = Quick { time: None, meaning: None, odd: None, ..quick };
    assert_eq!(scan(record.as_bytes(), 64, &mut expected), Some(scanned), "{record}");
    assert_eq!(top, expected, "{record}");
    assert!(serde_json::from_str::<serde_json::Value>(record).is_ok(), "{record}");
    assert_eq!(top, Top::read(record, Raw(record)), "{record}");
    let profile = top.get(Place::subject(Subject::Profile)).raw(record);
    let odd = profile.map_or(OddFields::default(), odd_fields);
    assert!(quick.odd.is_none_or(|known| known == odd), "{record}");
    true
}

/// Learns it where it can be learned.
fn learn(layouts: &mut Layouts, record: &str) {
    if let Some(Quick { text, whole, .. }) = scan(record.as_bytes(), 64, &mut Top::default()) {
        layouts.learn(text, whole);
    }
}

const RECORDS: [&str; 10] = [
    r#"{"id":"9f","type":"cart_updated","customer":"c1","time":"2026-01-01T10:00:00.123Z","cart":{"id":"k","total":1.5,"items":[]}}"#,
    r#"{"id":"9f","type":"cart_updated","customer":"c1","time":"2026-01-01T10:00:00.123Z","cart":{"id":"k","total":1.5,"items":[{"a":-0.5}]}}"#,
    r#"{"id":"9f","type":"cart_updated","customer":"c1","time":1767261600123,"cart":{"id":77,"total":0,"items":[{"a":1},{"a":2}],"note":null}}"#,
    r#"{"id":"9f","type":"product_viewed","customer":"Zoë","product":{"id":"p","price":10,"tags":["a","b"],"in_stock":true}}"#,
    r#"{"type":"order_placed","customer":"c","order":{"id":"o","total":9.5},"cart":null,"profile":{"email":"a@example.org","consent":{"email":true}}}"#,
    r#"{"type":"message_clicked","customer":"c","message":{"command_id":"00ff","channel":"email"},"channel":"email"}"#,
    r#"{"type":"x","customer":"c","a_name_that_is_longer_than_one_piece_of_a_layout":[[],{},[1,[2]]],"é":1}"#,
    r#"{ "type" : "x" , "customer" : "c" }"#,
    r#"{"type":"order_placed","order":{"id":"o","total":"9.50"},"product":{"price":"1","name":"n"}}"#,
    "{}",
];

#[test]
fn a_layout_is_known_once_it_was_seen() {
    let mut layouts = Layouts::default();
    for (number, record) in RECORDS.into_iter().enumerate() {
        assert!(!check(&mut layouts, record), "{record}");
        learn(&mut layouts, record);
        // A name that is not ASCII is not learned, nor is a record that is shorter than a part.
        assert_eq!(check(&mut layouts, record), ![6, 9].contains(&number), "{record}");
    }
    // Some were forgotten, as their values had other lengths.
    RECORDS.iter().for_each(|record| learn(&mut layouts, record));
    assert!(
        RECORDS.iter().filter(|record| check(&mut layouts, record)).count() == RECORDS.len() - 2
    );
    let pieces = layouts.pieces;
    RECORDS.iter().for_each(|record| learn(&mut layouts, record));
    assert_eq!((pieces, layouts.leaves.len()), (layouts.pieces, RECORDS.len() - 2));
}

#[test]
fn other_values_have_the_same_layout_and_other_types_have_not() {
    let mut layouts = Layouts::default();
    // Values of several lengths.
    let longer = RECORDS.map(|record| {
        [
            ("9f", "90f"),
            ("\"c1\"", "\"c10\""),
            ("\"k\"", "\"k0\""),
            ("-0.5", "-10.5"),
            (":1}", ":10}"),
        ]
        .into_iter()
        .fold(record.to_owned(), |record, (short, long)| record.replace(short, long))
    });
    longer.iter().for_each(|record| learn(&mut layouts, record));
    for _ in 0..2 {
        RECORDS.iter().for_each(|record| learn(&mut layouts, record));
    }
    for (record, known) in [
        (
            r#"{"id":"","type":"cart_updated","customer":"Ærø ☃","time":"x","cart":{"id":"k2","total":123.25,"items":[{"a":7}]}}"#,
            true,
        ),
        (
            r#"{"id":"9f","type":"cart_updated","customer":"c1","time":-5,"cart":{"id":123456789012345678,"total":-1,"items":[{"a":1},{"a":2}],"note":null}}"#,
            true,
        ),
        (
            r#"{"id":"9f","type":"cart_updated","customer":"c1","time":-5,"cart":{"id":1.5,"total":-1,"items":[{"a":1},{"a":2}],"note":null}}"#,
            false,
        ),
        (
            r#"{"id":"9f","type":"cart_updated","customer":"c1","time":-5,"cart":{"id":1234567890123456789,"total":-1,"items":[{"a":1},{"a":2}],"note":null}}"#,
            false,
        ),
        (
            r#"{"id":"9","type":"cart_updated","customer":"c1","time":"x","cart":{"id":"k","total":1e5,"items":[]}}"#,
            false,
        ),
        (
            r#"{"id":"9","type":"cart_updated","customer":"c1","time":"x","cart":{"id":"k","total":01,"items":[]}}"#,
            false,
        ),
        (
            r#"{"id":"9\n","type":"cart_updated","customer":"c1","time":"x","cart":{"id":"k","total":1,"items":[]}}"#,
            false,
        ),
        (
            r#"{"id":"9","type":"cart_updated","customer":"c1","time":"x","cart":{"id":"k","total":"1","items":[]}}"#,
            false,
        ),
        (
            r#"{"type":"order_placed","order":{"id":"o","total":"-12.25"},"product":{"price":"10","name":"7"}}"#,
            true,
        ),
        (
            r#"{"type":"order_placed","order":{"id":"o","total":"9.50 "},"product":{"price":"1","name":"n"}}"#,
            false,
        ),
        (
            r#"{"type":"order_placed","order":{"id":"o","total":"9.50"},"product":{"price":"","name":"n"}}"#,
            false,
        ),
        (
            r#"{"id":"9","type":"cart_updated","customer":"c1","time":"x","cart":{"id":"k","total":1,"items":[]}} "#,
            false,
        ),
        (
            r#"{"id":"9","type":"cart_updated","customer":"c1","time":"x","cart":{"id":"k","total":1,"items":[]}"#,
            false,
        ),
    ] {
        assert_eq!(check(&mut layouts, record), known, "{record}");
    }
    let broken = b"{\"id\":\"\xff\",\"type\":\"cart_updated\",\"customer\":\"c1\",\"time\":\"x\",\"cart\":{\"id\":\"k\",\"total\":1,\"items\":[]}}";
    assert!(layouts.read(broken, &mut Top::default()).is_none());
}

#[test]
fn a_value_of_one_length_is_compared_with_the_bytes_around_it() {
    let record =
        |id: &str, n: &str| format!(r#"{{"type":"t","customer":"c","id":"{id}","n":{n}}}"#);
    let mut layouts = Layouts::default();
    learn(&mut layouts, &record("aaaa", "1"));
    // The type begins a piece, and the record ends one.
    assert_eq!(layouts.pieces, 2);
    for (id, n, known) in [
        ("zz{:", "0", true),
        ("\u{7f}##~", "9", true),
        ("zz z", "1", false),
        ("!zzz", "1", false),
        ("zzz", "1", false),
        ("zzzzz", "1", false),
        ("zz\"z", "1", false),
        ("zz\\\"", "1", false),
        ("zz\u{1f}z", "1", false),
        ("z\0zz", "1", false),
        ("zzé", "1", false),
        ("zzzz", "10", false),
        ("zzzz", "-1", false),
        ("zzzz", "-", false),
        ("zzzz", ".", false),
        ("zzzz", "/", false),
        ("zzzz", ":", false),
        ("zzzz", "\0", false),
    ] {
        assert_eq!(check(&mut layouts, &record(id, n)), known, "{id:?} {n:?}");
    }
    // Of another length it becomes a piece of its own, and what was learned is learned anew.
    learn(&mut layouts, &record("aaaaa", "1"));
    assert_eq!(layouts.pieces, 3);
    assert!(check(&mut layouts, &record("", "2")) && check(&mut layouts, &record("é", "2")));
    learn(&mut layouts, &record("a", "1.5"));
    assert_eq!(layouts.pieces, 4);
    assert!(check(&mut layouts, &record("", "-20")));
}

#[test]
fn elements_of_a_list_have_one_length_together() {
    let mut layouts = Layouts::default();
    learn(&mut layouts, r#"{"type":"t","customer":"c","list":["a","bb",{"n":1},{"n":22}]}"#);
    assert!(check(
        &mut layouts,
        r#"{"type":"t","customer":"c","list":["ccc","",{"n":33},{"n":4}]}"#
    ));
}

#[test]
fn a_length_that_changes_late_is_noticed_all_the_same() {
    let mut layouts = Layouts::default();
    let record = |id: &str| format!(r#"{{"type":"t","customer":"c","id":"{id}"}}"#);
    learn(&mut layouts, &record("a"));
    layouts.tries = MAX_TRIES;
    for _ in 0..SELDOM {
        assert!(check(&mut layouts, &record("b")) && !check(&mut layouts, &record("bb")));
        learn(&mut layouts, &record("cc"));
        if layouts.tries < MAX_TRIES {
            break;
        }
    }
    assert!(check(&mut layouts, &record("b")) && check(&mut layouts, &record("bb")));
}

#[test]
fn odd_fields_of_a_profile_are_a_matter_of_the_layout_but_for_their_length() {
    let mut layouts = Layouts::default();
    let record = |email: &str, sms: &str| {
        format!(
            r#"{{"type":"t","customer":"c","profile":{{"email":{email},"consent":{{"sms":{sms}}}}}}}"#
        )
    };
    let long = format!("\"{}\"", "x".repeat(MAX_VALUE));
    let records = ["\"a\"", &long, "7", "{}", "null", "\"ab\""]
        .into_iter()
        .flat_map(|email| ["true", "1", "\"yes\""].map(|sms| record(email, sms)))
        .collect::<Vec<_>>();
    for _ in 0..3 {
        records.iter().for_each(|record| learn(&mut layouts, record));
    }
    for record in &records {
        assert!(check(&mut layouts, record), "{record}");
    }
}

/// The literal before the value has just the length of a piece.
#[test]
fn a_value_may_take_the_place_of_another_type() {
    let mut layouts = Layouts::default();
    let records = ["null", "5", "\"x\"", "true", "{}", "[1]", "-0.5"]
        .map(|value| format!(r#"{{"abcdefghijkl":{value},"type":"t"}}"#));
    for _ in 0..2 {
        records.iter().for_each(|record| learn(&mut layouts, record));
    }
    assert_eq!(records.iter().filter(|record| check(&mut layouts, record)).count(), records.len());
}

#[test]
fn repeated_names_and_what_has_too_many_pieces_are_not_learned() {
    let mut layouts = Layouts::default();
    learn(&mut layouts, r#"{"type":"a","customer":"b","cart":{"id":1},"cart":{}}"#);
    learn(&mut layouts, r#"{"type":"a","cart":{"id":"1","id":"2"}}"#);
    learn(&mut layouts, &format!(r#"{{"type":"a","x":[{}12]}}"#, "12,".repeat(MAX_RECORD)));
    assert_eq!(layouts.pieces, 0);
    layouts.tries = MAX_TRIES;
    learn(&mut layouts, RECORDS[0]);
    assert_eq!(layouts.pieces, 0);
    layouts.tries = 0;
    for number in 0..100 {
        learn(&mut layouts, &format!(r#"{{"type":"t{number}","customer":"c","n":1}}"#));
    }
    let mut known = |number: usize| {
        check(&mut layouts, &format!(r#"{{"type":"t{number}","customer":"d","n":2}}"#))
    };
    assert_eq!(
        (0..100).filter(|number| known(*number)).collect::<Vec<_>>(),
        (0..MAX_OTHERS).collect::<Vec<_>>()
    );
    let mut layouts = Layouts::default();
    for number in 0..2_000 {
        let (a, b, c) = (number % 16, number / 16 % 16, number / 256);
        learn(&mut layouts, &format!(r#"{{"a":{{"{a}":12}},"b":{{"{b}":12}},"c":{{"{c}":12}}}}"#));
    }
    assert!((MAX_PIECES - MAX_RECORD..=MAX_PIECES).contains(&layouts.pieces), "{}", layouts.pieces);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, rng_seed: RngSeed::Fixed(13), ..ProptestConfig::default() })]

    /// Whatever was learned before: what a layout reads, damaged or not, is what the parsers read.
    #[test]
    fn layouts_never_read_otherwise(
        values in prop::collection::vec(json(), 1..6),
        place in any::<prop::sample::Index>(),
        byte in 0u8..0x80,
        how in 0..4,
    ) {
        let mut layouts = Layouts::default();
        let records: Vec<String> =
            values.iter().flat_map(|value| [value.to_string(), serde_json::json!({ "type": "t", "cart": value, "order": value, "profile": value }).to_string()]).collect();
        for record in &records {
            learn(&mut layouts, record);
            check(&mut layouts, record);
        }
        for record in records {
            let mut bytes = record.into_bytes();
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, byte),
                _ => bytes.truncate(place),
            }
            if let Ok(record) = std::str::from_utf8(&bytes) {
                check(&mut layouts, record);
            }
        }
    }
}
