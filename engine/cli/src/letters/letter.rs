//! One dead letter, as its headers describe it.

use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_delivery::dead::{
    APPLIED, ATTEMPT, DETAIL, ERROR, SOURCE_OFFSET, SOURCE_PARTITION, SOURCE_TOPIC, YES,
};
use cartwheel_kafka::OwnedRecord;
use serde_json::{Value, json};

/// The reason of a letter that is not ours.
pub const UNKNOWN: &str = "unknown";

/// Where a dead record came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

/// A dead letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its partition in the dead-letter topic.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it was written.
    pub at: Millis,
    /// Why, from a closed list; `unknown` for a record that is not ours.
    pub reason: String,
    /// What exactly, without the content.
    pub detail: String,
    /// Where the dead record came from; none for a record that is not ours.
    pub origin: Option<Origin>,
    /// A copy of an event that was applied: it must not be applied again.
    pub applied: bool,
    /// Calls made before it was given up; raised by a replay.
    pub attempt: u32,
    /// The dead record's key.
    pub key: Option<Vec<u8>>,
    /// Its value; none if it was too large to be carried.
    pub value: Option<Vec<u8>>,
}

/// Without key and value, which may name persons.
impl std::fmt::Debug for Letter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Letter({}, {})", self.place(), self.reason)
    }
}

impl Letter {
    /// The letter that a record of the dead-letter topic is.
    pub fn of(record: OwnedRecord) -> Self {
        let text = |name: &str| {
            record.header(name).map(|value| String::from_utf8_lossy(value).into_owned())
        };
        let origin = || {
            let number = |name: &str| text(name)?.parse().ok();
            let partition = i32::try_from(number(SOURCE_PARTITION)?).ok()?;
            Some(Origin { topic: text(SOURCE_TOPIC)?, partition, offset: number(SOURCE_OFFSET)? })
        };
        Self {
            partition: record.partition,
            offset: record.offset,
            at: record.timestamp_ms,
            reason: text(ERROR).unwrap_or_else(|| UNKNOWN.into()),
            detail: text(DETAIL).unwrap_or_default(),
            origin: origin(),
            applied: text(APPLIED).is_some_and(|mark| mark == YES),
            attempt: text(ATTEMPT).and_then(|attempt| attempt.parse().ok()).unwrap_or(0),
            key: record.key,
            value: record.value,
        }
    }

    /// `PARTITION:OFFSET` in the dead-letter topic.
    pub fn place(&self) -> String {
        format!("{}:{}", self.partition, self.offset)
    }

    /// `TOPIC/PARTITION/OFFSET`; `-` for a record that is not ours.
    pub fn from(&self) -> String {
        self.origin.as_ref().map_or_else(
            || "-".into(),
            |origin| format!("{}/{}/{}", origin.topic, origin.partition, origin.offset),
        )
    }

    /// For programs; with `payload`, key and value as text (what is no UTF-8 is replaced).
    pub fn json(&self, payload: bool) -> Value {
        let origin = self.origin.as_ref();
        let origin = origin.map(|origin| json!({ "topic": origin.topic, "partition": origin.partition, "offset": origin.offset }));
        let mut shown = json!({
            "partition": self.partition, "offset": self.offset, "at": format_rfc3339(self.at), "reason": self.reason,
            "detail": self.detail, "source": origin, "applied": self.applied, "attempt": self.attempt, "bytes": self.value.as_ref().map(Vec::len),
        });
        if payload {
            shown["key"] = text(self.key.as_deref()).into();
            shown["value"] = text(self.value.as_deref()).into();
        }
        shown
    }
}

/// Bytes as text for a person.
pub fn text(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A letter of an event at `shop.events.v1/1/42`.
    pub fn letter() -> Letter {
        let headers = [
            (ERROR, "not_json"),
            (DETAIL, "3 bytes"),
            (SOURCE_TOPIC, "shop.events.v1"),
            (SOURCE_PARTITION, "1"),
            (SOURCE_OFFSET, "42"),
        ];
        Letter::of(OwnedRecord {
            partition: 0,
            offset: 7,
            timestamp_ms: 1_767_261_600_123,
            key: Some(b"ana".to_vec()),
            value: Some(b"{x".to_vec()),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
                .into(),
        })
    }

    #[test]
    fn a_letter_is_read_from_its_headers() {
        let letter = letter();
        assert_eq!(
            (letter.place().as_str(), letter.from().as_str(), letter.attempt),
            ("0:7", "shop.events.v1/1/42", 0)
        );
        let shown = letter.json(false);
        assert_eq!(
            (&shown["reason"], &shown["bytes"], &shown["at"]),
            (&json!("not_json"), &json!(2), &json!("2026-01-01T10:00:00.123Z"))
        );
        assert!(shown.get("value").is_none() && !format!("{letter:?}").contains("ana"));
        assert_eq!(letter.json(true)["value"], json!("{x"));
    }

    #[test]
    fn a_record_of_somebody_else_is_shown_too() {
        let letter = Letter::of(OwnedRecord::default());
        assert_eq!(
            (letter.reason.as_str(), letter.from().as_str(), letter.origin),
            ("unknown", "-", None)
        );
        assert!(!letter.applied);
    }

    #[test]
    fn a_copy_of_what_was_applied_is_marked() {
        let headers = vec![(APPLIED.to_owned(), YES.as_bytes().to_vec())];
        let letter = Letter::of(OwnedRecord { headers, ..OwnedRecord::default() });
        assert!(letter.applied);
        assert_eq!(letter.json(false)["applied"], json!(true));
    }
}
