//! Where in an event, or in an item of one of its lists, a fact finds what it is about.

use crate::event::{Event, EventField, Raw, field_raw, field_value, trimmed};
use crate::value::{Value, ValueRef};
use compact_str::{CompactString, format_compact};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// Longest text of a fact in bytes, where it is kept and not only hashed: what [`crate::fact::Kind::Last`] keeps, and the keys of `by`.
pub const MAX_TEXT: usize = 48;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// `event.X`.
    Event(EventField),
    /// Below the item at hand; empty for the item itself.
    Item(Vec<CompactString>),
}

impl Path {
    /// What stands there; none where it is absent, null or odd.
    pub fn raw<'a>(&self, event: &Event<'a>, item: Option<Raw<'a>>) -> Option<Raw<'a>> {
        match self {
            Self::Event(field) => field_raw(event, field),
            Self::Item(path) if path.is_empty() => item.filter(|item| !item.is_null()),
            Self::Item(path) => item?.get(path),
        }
    }

    /// The scalar; null for a text that is too long to be kept.
    pub fn kept(&self, event: &Event<'_>, item: Option<Raw<'_>>) -> Value {
        let value = match self {
            Self::Event(field) => field_value(event, field),
            Self::Item(_) => self.raw(event, item).map_or(Value::Null, Raw::scalar),
        };
        match value {
            Value::Text(text) if text.len() > MAX_TEXT => Value::Null,
            value => value,
        }
    }
}

/// The text of a key: a string's content without the blanks around it, a boolean's name, a number in its shortest form. None for anything else, and for an empty text.
pub fn key_text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let text = match raw.integer() {
        // Exactly, also beyond what a double holds.
        Some(integer) if integer != 0 => Cow::Borrowed(raw.0),
        _ if raw.is_string() => trimmed(raw.string()?),
        _ => Cow::Owned(text_of(raw.scalar().borrow())?.into()),
    };
    Some(text).filter(|text| !text.is_empty())
}

fn text_of(value: ValueRef<'_>) -> Option<CompactString> {
    match value {
        ValueRef::Null => None,
        ValueRef::Bool(value) => Some(format_compact!("{value}")),
        // Of two zeros there is one.
        ValueRef::Number(number) => Some(format_compact!("{}", number + 0.0)),
        ValueRef::Text(text) => Some(text.into()),
        ValueRef::Instant(_) | ValueRef::Span(_) | ValueRef::Date(_) => None,
    }
}

/// What a key is known by; never 0.
pub fn key_hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes()).max(1)
}

/// The same of a value that a condition has read; none where it is no key.
pub fn key_of(value: ValueRef<'_>) -> Option<u64> {
    let hash = |text: &str| Some(key_hash(text)).filter(|_| !text.is_empty());
    match value {
        ValueRef::Text(text) => hash(text.trim()),
        other => hash(&text_of(other)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_however_it_is_written() {
        let of = |text| key_text(Raw(text)).map(Cow::into_owned);
        for (raw, text) in [
            (r#""p1""#, Some("p1")),
            (r#""p\u0031""#, Some("p1")),
            ("3", Some("3")),
            ("3.0", Some("3")),
            ("-0", Some("0")),
            ("0", Some("0")),
            ("9007199254740993", Some("9007199254740993")),
            ("1.5", Some("1.5")),
            ("true", Some("true")),
            (r#"" p1\t""#, Some("p1")),
            (r#"" ""#, None),
            (r#""""#, None),
            ("{}", None),
            ("[1]", None),
            ("null", None),
        ] {
            assert_eq!(of(raw).as_deref(), text, "{raw}");
        }
        let three = key_of(ValueRef::Number(3.0));
        assert_eq!((three, key_of(ValueRef::Text("3"))), (Some(key_hash("3")), three));
        assert_eq!((key_of(ValueRef::Null), key_of(ValueRef::Text(""))), (None, None));
        assert_eq!(key_of(ValueRef::Number(-0.0)), Some(key_hash("0")));
    }
}
