//! CloudEvents 1.0: the Kafka binding's two modes, JSON only.

use cartwheel_core::sends::Poison;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

const STRUCTURED: &[u8] = b"application/cloudevents+json";

/// The headers that matter.
#[derive(Default)]
pub(crate) struct Headers<'h> {
    content_type: Option<&'h [u8]>,
    kind: Option<&'h [u8]>,
    id: Option<&'h [u8]>,
    time: Option<&'h [u8]>,
    subject: Option<&'h [u8]>,
}

/// The attributes that an event takes over: what is no text as well, for the core to judge.
#[derive(Default)]
pub(crate) struct Attributes {
    kind: Option<Value>,
    id: Option<Value>,
    time: Option<Value>,
    subject: Option<Value>,
}

impl<'h> Headers<'h> {
    pub(crate) fn read(headers: impl Iterator<Item = (&'h str, &'h [u8])>) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            let place = match name {
                "content-type" => &mut found.content_type,
                "ce_type" => &mut found.kind,
                "ce_id" => &mut found.id,
                "ce_time" => &mut found.time,
                "ce_subject" => &mut found.subject,
                _ => continue,
            };
            *place = Some(value);
        }
        found
    }

    /// Parameters such as `; charset=utf-8` and the case of letters do not matter.
    pub(crate) fn is_structured(&self) -> bool {
        let name = self.content_type.and_then(|value| value.split(|&byte| byte == b';').next());
        name.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(STRUCTURED))
    }

    /// The attributes, if the record is a CloudEvent in binary mode: `ce_type` is required of every one.
    pub(crate) fn binary(&self) -> Result<Option<Attributes>, Poison> {
        if self.kind.is_none() {
            return Ok(None);
        }
        let text = |header: Option<&'h [u8]>| {
            header.map(|header| std::str::from_utf8(header).map(Value::from)).transpose()
        };
        let read = || {
            Ok(Attributes {
                kind: text(self.kind)?,
                id: text(self.id)?,
                time: text(self.time)?,
                subject: text(self.subject)?,
            })
        };
        read().map(Some).map_err(|_: std::str::Utf8Error| Poison::NotJson)
    }
}

/// The event of an envelope.
pub(crate) fn structured(value: &[u8]) -> Result<Vec<u8>, Poison> {
    let fields: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_slice(value).map_err(|_| Poison::NotJson)?;
    let attribute = |name: &str| -> Result<Option<Value>, Poison> {
        let value = fields.get(name).map(|raw| serde_json::from_str::<Value>(raw.get()));
        let value = value.transpose().map_err(|_| Poison::NotJson)?;
        Ok(value.filter(|value| !value.is_null()))
    };
    let attributes = Attributes {
        kind: attribute("type")?,
        id: attribute("id")?,
        time: attribute("time")?,
        subject: attribute("subject")?,
    };
    let data = fields.get("data").map_or("null", |data| data.get());
    binary(if data == "null" { "{}" } else { data }.as_bytes(), attributes)
}

/// The event of attributes and data.
pub(crate) fn binary(data: &[u8], attributes: Attributes) -> Result<Vec<u8>, Poison> {
    let mut event: Map<String, Value> =
        serde_json::from_slice(data).map_err(|_| Poison::NotJson)?;
    let Attributes { kind, id, time, subject } = attributes;
    for (name, attribute) in [("id", id), ("type", kind), ("customer", subject), ("time", time)] {
        if let Some(value) = attribute {
            event.insert(name.to_owned(), value);
        }
    }
    serde_json::to_vec(&event).map_err(|_| Poison::NotJson)
}

#[cfg(test)]
mod tests {
    use crate::{Poison, canonical};
    use serde_json::{Value, json};
    use std::borrow::Cow;

    type Headers<'a> = &'a [(&'a str, &'a [u8])];

    const TYPED: Headers<'_> = &[
        ("ce_type", b"cart_updated"),
        ("ce_id", b"e1"),
        ("ce_time", b"2026-01-01T10:00:00Z"),
        ("ce_subject", b"ana"),
    ];
    const ENVELOPE: Headers<'_> =
        &[("content-type", b"Application/CloudEvents+JSON; charset=utf-8")];

    fn read(value: &[u8], headers: Headers<'_>) -> Result<Value, Poison> {
        canonical(value, headers.iter().copied())
            .map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    #[test]
    fn plain_json_passes_untouched() {
        let value = br#"{"type":"x" , not even json"#;
        let headers: Headers<'_> = &[
            ("content-type", b"application/json"),
            ("ce_id", b"without a type it is no CloudEvent"),
        ];
        let passed = canonical(value, headers.iter().copied()).unwrap();
        assert!(matches!(passed, Cow::Borrowed(same) if std::ptr::eq(same, value.as_slice())));
    }

    #[test]
    fn binary_mode_takes_the_headers() {
        let event = json!({"id": "e1", "type": "cart_updated", "customer": "ana", "time": "2026-01-01T10:00:00Z", "cart": {"total": 12.5}});
        assert_eq!(read(br#"{"cart":{"total":12.5}}"#, TYPED), Ok(event.clone()));
        assert_eq!(
            read(br#"{"cart":{"total":12.5},"customer":"bob","type":"other"}"#, TYPED),
            Ok(event)
        );
        let own = read(br#"{"customer":"bob","id":"own"}"#, &[("ce_type", b"x")]).unwrap();
        assert_eq!(own, json!({"type": "x", "customer": "bob", "id": "own"}));
    }

    #[test]
    fn structured_mode_takes_the_envelope() {
        let envelope = json!({"specversion": "1.0", "type": "order_placed", "id": "e2", "source": "/shop", "subject": "ana", "time": "2026-01-01T10:00:00Z",
            "data": {"order": {"id": "o1", "note": "\u{e9}\"\\"}}});
        let event = json!({"id": "e2", "type": "order_placed", "customer": "ana", "time": "2026-01-01T10:00:00Z", "order": {"id": "o1", "note": "\u{e9}\"\\"}});
        assert_eq!(read(envelope.to_string().as_bytes(), ENVELOPE), Ok(event));
        assert_eq!(
            read(br#"{"type":"\u0061","subject":"b"}"#, ENVELOPE),
            Ok(json!({"type": "a", "customer": "b"}))
        );
        // What is odd is for the core to judge; what is null is absent.
        assert_eq!(
            read(
                br#"{"type":1,"id":2,"time":[3],"subject":null,"data":{"customer":"b"}}"#,
                ENVELOPE
            ),
            Ok(json!({"type": 1, "id": 2, "time": [3], "customer": "b"}))
        );
    }

    #[test]
    fn what_cannot_be_read_is_poison() {
        for (value, headers, reason) in [
            (b"{".as_slice(), ENVELOPE, Poison::NotJson),
            (b"[]", ENVELOPE, Poison::NotJson),
            (br#"{"type":"x","data":[1]}"#, ENVELOPE, Poison::NotJson),
            (b"text", TYPED, Poison::NotJson),
            (b"{}", &[("ce_type", b"\xff")], Poison::NotJson),
        ] {
            assert_eq!(read(value, headers), Err(reason), "{}", String::from_utf8_lossy(value));
        }
    }
}
