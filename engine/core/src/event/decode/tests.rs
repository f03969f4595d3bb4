use super::super::scan::tests::json;
use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn reason(text: &str) -> Result<(), (Poison, String)> {
    decode(text.as_bytes(), 1_767_261_600_000, &Policy::default())
        .map(drop)
        .map_err(|bad| (bad.reason, bad.detail.into_owned()))
}

#[test]
fn each_bad_record_has_its_reason() {
    let deep =
        format!(r#"{{"type":"t","customer":"c","x":{}1{}}}"#, "[".repeat(70), "]".repeat(70));
    let long = "x".repeat(300);
    for (text, poison) in [
        ("", Poison::NotJson),
        ("{", Poison::NotJson),
        ("[1]", Poison::NotJson),
        (r#"{"type":"t","customer":"c"} x"#, Poison::NotJson),
        (r#"{"customer":"c"}"#, Poison::MissingType),
        (r#"{"type":7,"customer":"c"}"#, Poison::MissingType),
        (r#"{"type":"t"}"#, Poison::MissingCustomer),
        (r#"{"type":"t","customer":""}"#, Poison::MissingCustomer),
        (r#"{"type":"t","customer":"c","time":"soon"}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":""}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":"1767261600"}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":true}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":[1767261600]}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":1e11}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":100000000000000}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":-9223372036854775808}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","profile":{"spent":1e400}}"#, Poison::NotJson),
        (r#"{"type":"t","customer":"c","profile":{"name":"\uZZZZ"}}"#, Poison::NotJson),
        (r#"{"type":"t","customer":"c","profile":{"name":"\ud800"}}"#, Poison::NotJson),
        (r#"{"type":"t","customer":"c","time":"2026-01-01T10:00Z"}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":"2026-01-01T10:00:00Z[UTC]"}"#, Poison::BadTime),
        (r#"{"type":"t","customer":"c","time":"9999-12-01T00:00:00Z"}"#, Poison::TimeInFuture),
        (r#"{"type":"t","customer":"c","time":"9999-12-31T23:59:59Z"}"#, Poison::TimeInFuture),
        (r#"{"type":"t","customer":"c","time":"9999-12-31T23:59:59-23:59"}"#, Poison::TimeInFuture),
        (&deep, Poison::TooDeep),
        (&format!(r#"{{"type":"t","customer":"{long}"}}"#), Poison::BadValue),
    ] {
        assert_eq!(reason(text).map_err(|(reason, _)| reason), Err(poison), "{text}");
    }
    let large = format!(r#"{{"type":"t","customer":"c","x":"{}"}}"#, "x".repeat(200_000));
    assert_eq!(reason(&large).map_err(|(reason, _)| reason), Err(Poison::TooLarge));
}

#[test]
fn a_number_is_a_time_in_seconds_or_in_milliseconds() {
    for (number, at) in [
        ("1767261600", 1_767_261_600_000),
        ("1767261600123", 1_767_261_600_123),
        ("1767261600.5", 1_767_261_600_500),
        ("1767261600.123456", 1_767_261_600_123),
        ("1.7672616e9", 1_767_261_600_000),
        ("1.5", 1_500),
        ("-1.0001", -1_001),
        ("-0", 0),
        ("0", 0),
        ("-86400", -86_400_000),
        ("99999999999", 99_999_999_999_000),
        ("100000000000", 100_000_000_000),
        ("-100000000000", -100_000_000_000),
        ("-99999999999999", -99_999_999_999_999),
    ] {
        let text = format!(r#"{{"type":"t","customer":"c","time":{number}}}"#);
        let event = decode(text.as_bytes(), i64::MAX, &Policy::default()).unwrap();
        assert_eq!(event.time, Some(at), "{number}");
    }
}

/// Its own part is absent, and nothing else.
#[test]
fn an_odd_field_is_absent_and_named() {
    for (fields, odd) in [
        (r#""cart":{"id":"k","total":"80","items":[]},"id":null,"message":null"#, ""),
        (r#""id":7"#, "id"),
        (r#""id":"","channel":["sms"]"#, "channel"),
        (r#""cart":7"#, "cart"),
        (r#""cart":{"id":1.5,"total":"eighty","items":{}}"#, "cart.id cart.total cart.items"),
        (r#""cart":{"id":9223372036854775808}"#, "cart.id"),
        (r#""cart":{"total":" 800 "},"order":{"total":true}"#, "order.total"),
        (r#""cart":[],"cart":{"id":"k"}"#, ""),
        (r#""cart":{"id":"k"},"cart":[]"#, "cart"),
        (
            r#""message":{"channel":1,"command_id":{},"bounce":[],"address":7}"#,
            "message.command_id message.channel message.bounce message.address",
        ),
        (
            r#""product":{"price":[1]},"review":{"rating":"5"},"checkout":{"total":false}"#,
            "checkout.total product.price",
        ),
        (r#""profile":"ana","points":1"#, "points profile"),
        (r#""profile":{"email":7,"consent":{"sms":"yes"}}"#, "profile.email profile.consent.sms"),
    ] {
        let text = format!(r#"{{"type":"t","customer":"c",{fields}}}"#);
        let event = decode(text.as_bytes(), 0, &Policy::default()).unwrap();
        let names: Vec<&str> = event.odd().iter().map(|field| field.name()).collect();
        assert_eq!(names.join(" "), odd, "{fields}");
        for field in event.odd().iter() {
            let path: Vec<&str> = field.name().split('.').collect();
            let path = path.into_iter().map(Into::into).collect();
            let field = crate::event::EventField::new(path, false);
            assert_eq!(crate::event::key_text(&event, &field), None, "{field:?}");
            let mut value = [crate::value::Value::Bool(true)];
            crate::event::read_fields(&event, &[field], &[0], &mut value);
            assert_eq!(value, [crate::value::Value::Null], "{fields}");
        }
    }
    let text = r#"{"type":"t","customer":"c","id":"","profile":{"email":7,"phone":"1"}}"#;
    let event = decode(text.as_bytes(), 0, &Policy::default()).unwrap();
    assert_eq!((event.id(), event.profile().as_deref()), (None, Some(r#"{"phone":"1"}"#)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(14), ..ProptestConfig::default() })]

    /// Events, and why others are none, whatever was decoded before.
    #[test]
    fn a_decoder_decodes_as_if_it_had_seen_nothing(values in prop::collection::vec((json(), json(), json()), 1..8)) {
        let policy = Policy::default();
        let records: Vec<String> = values
            .into_iter()
            .flat_map(|(cart, time, customer)| {
                [
                    serde_json::json!({ "type": "t", "customer": "c", "cart": cart }),
                    serde_json::json!({ "type": "cart_emptied", "customer": "c", "cart": cart }),
                    serde_json::json!({ "type": "t", "customer": customer, "time": time }),
                    serde_json::json!({ "type": "t", "customer": "c", "time": "2026-01-01T10:00:00.123Z", "id": time, "profile": { "email": customer } }),
                ]
            })
            .map(|record| record.to_string())
            .collect();
        // Into one event, so that nothing of one record may stay for the next.
        let (mut decoder, mut event) = (Decoder::default(), Event::default());
        for record in records.iter().flat_map(|record| [record, record]) {
            let learned = decoder.decode(record.as_bytes(), 1_767_261_600_000, &policy, &mut event).map(|()| &event);
            let plainly = decode(record.as_bytes(), 1_767_261_600_000, &policy);
            prop_assert_eq!(format!("{:?}", learned), format!("{:?}", plainly));
        }
    }
}

/// In a layout that is known, after times of other days and other forms.
#[test]
fn times_are_read_as_if_no_other_had_been() {
    let policy = Policy::default();
    let times = [
        "2026-01-01T10:00:00.123Z",
        "2026-01-01T23:59:59.999Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T10:60:00.000Z",
        "2026-01-01T10:00:60.000Z",
        "2025-12-31T23:59:60.000Z",
        "2025-12-31T00:00:00.000Z",
        "2026-01-01T10:00:00.123Zz",
        "2026-01-01T10:00:00.123z",
        "2026-01-01T10:00:00.12:Z",
        "2026-01-01T11:00:00+01:00",
        "2024-02-29T00:00:00.001Z",
        "2026-02-29T00:00:00.001Z",
        "2025-12-31T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00.000Z",
        "é970-01-01T00:00:00.00Z",
        "",
    ];
    let texts: Vec<String> = times
        .into_iter()
        .flat_map(|time| [time, time, times[0]])
        .flat_map(|time| ["}", r#","id":"9"}"#, r#","time":1}"#].map(|rest| (time, rest)))
        .map(|(time, rest)| {
            format!(r#"{{"type":"cart_updated","customer":"c","time":"{time}"{rest}"#)
        })
        .collect();
    let (mut decoder, mut event) = (Decoder::default(), Event::default());
    for text in &texts {
        let at = 1_767_261_600_000;
        let learned = decoder.decode(text.as_bytes(), at, &policy, &mut event).map(|()| &event);
        let plainly = decode(text.as_bytes(), at, &policy);
        assert_eq!(format!("{learned:?}"), format!("{plainly:?}"), "{text}");
    }
}

#[test]
fn a_good_record_is_read_lazily() {
    let text = r#" {"id":"9f","type":"cart_up\u0064ated","customer":"c1","time":"2026-01-01T10:00:00.123Z","cart":{"id":"k","total":1.5,"items":[]},"new":null} "#;
    let event = decode(text.as_bytes(), 1_767_261_600_000, &Policy::default()).unwrap();
    assert_eq!(
        (event.kind.as_ref(), event.customer.as_ref(), event.time),
        ("cart_updated", "c1", Some(1_767_261_600_123))
    );
    assert_eq!(event.subject(Subject::Cart).unwrap().get(&["total"]).unwrap().number(), Some(1.5));
    assert!(event.subject(Subject::Order).is_none());
}
