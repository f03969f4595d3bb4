//! A record's bytes, which name no customer, as a record of a stream.

use crate::event::{Poison, Raw, Rejected, time_of};
use crate::policy::Policy;
use crate::time::Millis;
use std::borrow::Cow;

/// Longest name of a stream, and of an epoch, in bytes.
pub const MAX_NAME: usize = 64;

/// A record of a stream. It borrows from the record's bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Streamed<'a> {
    /// What it is, such as `catalogue`.
    pub kind: Cow<'a, str>,
    /// The stream that numbers it.
    pub stream: Cow<'a, str>,
    /// Which journal has given the number.
    pub epoch: Cow<'a, str>,
    /// Its number in the stream, from 1.
    pub sequence: u64,
    /// It may be the first that a shard sees of the stream.
    pub first: bool,
    /// When it happened; none where it does not say (then the record's time counts).
    pub time: Option<Millis>,
    whole: Raw<'a>,
}

impl<'a> Streamed<'a> {
    /// Reads it from bytes that are a JSON object with a `type`; none where it names no stream.
    pub fn read(
        value: &'a [u8],
        record_time: Millis,
        policy: &Policy,
    ) -> Option<Result<Self, Rejected>> {
        let text = std::str::from_utf8(value).ok()?;
        let whole = Raw(text.trim_matches([' ', '\t', '\r', '\n']));
        let stream = whole.get(&["stream"])?.string()?;
        Some(Self::read_as(whole, stream, record_time, policy))
    }

    fn read_as(
        whole: Raw<'a>,
        stream: Cow<'a, str>,
        record_time: Millis,
        policy: &Policy,
    ) -> Result<Self, Rejected> {
        let bad = |field: &'static str| Rejected::new(Poison::BadValue, field);
        let is_name = |text: &str| (1..=MAX_NAME).contains(&text.len());
        let text = |field| whole.get(&[field]).and_then(Raw::string);
        let kind = text("type").filter(|kind| is_name(kind)).ok_or_else(|| bad("type"))?;
        let stream = Some(stream).filter(|stream| is_name(stream)).ok_or_else(|| bad("stream"))?;
        let epoch = text("epoch").filter(|epoch| is_name(epoch)).ok_or_else(|| bad("epoch"))?;
        let sequence = whole.get(&["sequence"]).and_then(Raw::integer);
        let sequence = sequence.and_then(|number| u64::try_from(number).ok()).filter(|it| *it > 0);
        let sequence = sequence.ok_or_else(|| bad("sequence"))?;
        let first = whole.get(&["first"]).and_then(Raw::boolean) == Some(true);
        let time = whole.get(&["time"]).map(|raw| time_of(raw, record_time, policy)).transpose()?;
        Ok(Self { kind, stream, epoch, sequence, first, time, whole })
    }

    /// What it has under a name; none where that is absent or null.
    pub fn field(&self, name: &str) -> Option<Raw<'a>> {
        self.whole.get(&[name])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_a_stream_is_read_or_its_fault_is_named() {
        let read = |text: &'static str| Streamed::read(text.as_bytes(), 1_000, &Policy::default());
        let good = read(
            r#" {"type":"catalogue","stream":"catalogue","epoch":"e","sequence":7,"first":true,"time":500,"product":{"id":"p"}} "#,
        );
        let good = good.expect("a stream").expect("sound");
        assert_eq!((&*good.kind, &*good.stream, &*good.epoch), ("catalogue", "catalogue", "e"));
        assert_eq!((good.sequence, good.first, good.time), (7, true, Some(500_000)));
        assert_eq!(good.field("product").map(|raw| raw.0), Some(r#"{"id":"p"}"#));
        assert!(read(r#"{"type":"cart_updated"}"#).is_none());
        assert!(read(r#"{"type":"x","stream":7}"#).is_none());
        let long = format!(r#"{{"type":"x","stream":"{}"}}"#, "s".repeat(65));
        let long = Streamed::read(long.as_bytes(), 0, &Policy::default());
        assert_eq!(long, Some(Err(Rejected::new(Poison::BadValue, "stream"))));
        for (text, reason, detail) in [
            (r#"{"type":"x","stream":"","epoch":"e","sequence":1}"#, Poison::BadValue, "stream"),
            (r#"{"type":"x","stream":"s","sequence":1}"#, Poison::BadValue, "epoch"),
            (r#"{"type":"x","stream":"s","epoch":"e"}"#, Poison::BadValue, "sequence"),
            (r#"{"type":"x","stream":"s","epoch":"e","sequence":0}"#, Poison::BadValue, "sequence"),
            (
                r#"{"type":"x","stream":"s","epoch":"e","sequence":"1"}"#,
                Poison::BadValue,
                "sequence",
            ),
            (
                r#"{"type":"x","stream":"s","epoch":"e","sequence":1.0}"#,
                Poison::BadValue,
                "sequence",
            ),
            (
                r#"{"type":"x","stream":"s","epoch":"e","sequence":1,"time":"soon"}"#,
                Poison::BadTime,
                "time",
            ),
        ] {
            assert_eq!(read(text), Some(Err(Rejected::new(reason, detail))), "{text}");
        }
    }
}
