//! Records of the journal.

use crate::{Epoch, Stream};
use cartwheel_core::time::{Millis, format_rfc3339, parse_rfc3339};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A record of the journal.
#[derive(Debug)]
pub enum Journaled<'a> {
    /// From here on sequences count from 1 under this epoch, if it follows the one in force.
    Open(Open),
    /// What every partition is to get.
    Entry(Entry<'a>),
}

/// The record that opens an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The new epoch.
    pub epoch: Epoch,
    /// The one that it follows; none at the beginning.
    pub after: Option<Epoch>,
}

/// What every partition is to get, without epoch and sequence: these follow from where it lies.
#[derive(Debug)]
pub struct Entry<'a> {
    stream: Stream,
    time: Millis,
    content: &'a RawValue,
}

/// As JSON. A field that is not named here is refused: a later version's record is not copied without it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    open: Option<Open>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    time: Option<&'a str>,
    #[serde(borrow)]
    product: Option<&'a RawValue>,
    #[serde(borrow)]
    broadcast: Option<&'a RawValue>,
    #[serde(borrow)]
    control: Option<&'a RawValue>,
}

impl<'a> Journaled<'a> {
    /// The record of `stream`'s partition of the journal that this is; none if it is not one.
    pub fn read(stream: Stream, value: &'a [u8]) -> Option<Self> {
        let written: Written<'a> = serde_json::from_slice(value).ok()?;
        let contents = [
            (Stream::Catalogue, written.product),
            (Stream::Broadcast, written.broadcast),
            (Stream::Control, written.control),
        ];
        let mut given = contents.into_iter().filter_map(|(of, content)| Some((of, content?)));
        match (written.open, written.kind, written.time, given.next(), given.next()) {
            (Some(open), None, None, None, None) => Some(Self::Open(open)),
            (None, Some(kind), Some(time), Some((of, content)), None)
                if of == stream && kind == stream.name() && content.get().starts_with('{') =>
            {
                let time = parse_rfc3339(time)?;
                Some(Self::Entry(Entry { stream, time, content }))
            }
            _ => None,
        }
    }
}

impl Open {
    /// As a record's value.
    pub fn value(&self) -> Vec<u8> {
        // Texts cannot fail.
        let open = serde_json::to_string(self).unwrap_or_default();
        format!(r#"{{"open":{open}}}"#).into_bytes()
    }
}

impl<'a> Entry<'a> {
    /// An entry whose content is the JSON object `content`, as of `time`.
    pub const fn new(stream: Stream, time: Millis, content: &'a RawValue) -> Self {
        Self { stream, time, content }
    }

    /// The value of its record in the journal.
    pub fn value(&self) -> Vec<u8> {
        self.with("")
    }

    /// The value of its record in each partition of the events topic.
    pub fn copy(&self, epoch: &Epoch, sequence: u64) -> Vec<u8> {
        let stream = self.stream.name();
        // A text of ours, but quoted by who knows how.
        let epoch = serde_json::to_string(epoch).unwrap_or_default();
        self.with(&format!(r#""stream":"{stream}","epoch":{epoch},"sequence":{sequence},"#))
    }

    /// The JSON object that it carries.
    pub fn content(&self) -> &'a str {
        self.content.get()
    }

    /// As of when it is true.
    pub const fn time(&self) -> Millis {
        self.time
    }

    fn with(&self, place: &str) -> Vec<u8> {
        let (kind, time, name) =
            (self.stream.name(), format_rfc3339(self.time), self.stream.content());
        let content = self.content.get();
        format!(r#"{{"type":"{kind}",{place}"time":"{time}","{name}":{content}}}"#).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> String {
        match Journaled::read(Stream::Catalogue, text.as_bytes()) {
            Some(Journaled::Entry(entry)) => String::from_utf8(entry.value()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_copy_is_the_entry_with_its_place_in_the_stream() {
        let text = r#"{"type":"catalogue","time":"2026-01-01T10:00:00.123Z","product":{"id":"p1","price":"20.5"}}"#;
        assert_eq!(entry(text), text);
        let Some(Journaled::Entry(entry)) = Journaled::read(Stream::Catalogue, text.as_bytes())
        else {
            panic!()
        };
        let copy = r#"{"type":"catalogue","stream":"catalogue","epoch":"e","sequence":17,"time":"2026-01-01T10:00:00.123Z","product":{"id":"p1","price":"20.5"}}"#;
        assert_eq!(String::from_utf8(entry.copy(&Epoch::from("e"), 17)).unwrap(), copy);
    }

    #[test]
    fn what_opens_an_epoch_names_the_one_before() {
        let open = Open { epoch: Epoch::from("b"), after: Some(Epoch::from("a")) };
        assert_eq!(
            String::from_utf8(open.value()).unwrap(),
            r#"{"open":{"epoch":"b","after":"a"}}"#
        );
        for stream in Stream::ALL {
            match Journaled::read(stream, &open.value()) {
                Some(Journaled::Open(read)) => assert_eq!(read, open),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn anything_else_is_no_record_of_ours() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"open":{"epoch":"b","after":null},"type":"catalogue"}"#,
            r#"{"type":"catalogue","time":"2026-01-01T10:00:00Z"}"#,
            r#"{"type":"catalogue","time":"soon","product":{}}"#,
            r#"{"type":"catalogue","time":"2026-01-01T10:00:00Z","product":[]}"#,
            r#"{"type":"control","time":"2026-01-01T10:00:00Z","control":{}}"#,
            r#"{"type":"catalogue","time":"2026-01-01T10:00:00Z","product":{},"later":1}"#,
            r#"{"type":"catalogue","time":"2026-01-01T10:00:00Z","product":{},"control":{}}"#,
        ] {
            assert!(Journaled::read(Stream::Catalogue, text.as_bytes()).is_none(), "{text}");
        }
    }
}
