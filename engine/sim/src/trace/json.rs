//! A value of an event line, as it is written: a number keeps all of its digits, which a number of 64 bits would not.

use super::fault::Wrong;
use super::word::Word;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Fields by name.
pub type Fields = BTreeMap<String, Json>;

/// Objects are looked into so deep; below, they are taken as they are written.
const DEPTH: usize = 64;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// An object, into which more fields may be put.
    Object(Fields),
    /// The JSON of anything else.
    Written(String),
}

impl Json {
    /// An object without fields.
    pub fn nothing() -> Self {
        Self::Object(Fields::new())
    }

    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Written(Value::from(text).to_string())
    }

    /// JSON where the word is JSON, else the word itself; what begins like JSON must be it.
    pub fn read(word: Word<'_>) -> Result<Self, Wrong> {
        match serde_json::from_str::<&RawValue>(word.text) {
            Ok(raw) => Ok(Self::of(raw, DEPTH)),
            Err(error) if word.text.starts_with(['[', '{', '"']) => Err(not_json(word, &error)),
            Err(_) => Ok(Self::text(word.text)),
        }
    }

    fn of(raw: &RawValue, depth: usize) -> Self {
        let fields = (depth > 0 && raw.get().starts_with('{'))
            .then(|| serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()).ok())
            .flatten();
        match fields {
            Some(fields) => {
                let field = |(name, raw)| (name, Self::of(raw, depth - 1));
                Self::Object(fields.into_iter().map(field).collect())
            }
            None => Self::Written(raw.get().to_owned()),
        }
    }

    /// Puts a field into it; it becomes an object if it is none.
    pub fn put(&mut self, name: &str, value: Self) {
        match self {
            Self::Object(fields) => drop(fields.insert(name.into(), value)),
            Self::Written(_) => *self = Self::Object([(name.into(), value)].into()),
        }
    }

    /// Appends its JSON.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Written(text) => out.push_str(text),
            Self::Object(fields) => {
                out.push('{');
                for (at, (name, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(&Value::from(name.as_str()).to_string());
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn not_json(word: Word<'_>, error: &serde_json::Error) -> Wrong {
    let help =
        "a value that begins with [, { or a quote is JSON: close it, or write a text in quotes";
    (word.span(), format!("this is not JSON: {error}"), Some(help.into()))
}

/// JSON where the word is JSON, else the word itself; what begins like JSON must be it.
pub fn scalar_or_json(word: Word<'_>) -> Result<Value, Wrong> {
    match serde_json::from_str(word.text) {
        Ok(value) => Ok(value),
        Err(error) if word.text.starts_with(['[', '{', '"']) => Err(not_json(word, &error)),
        Err(_) => Ok(word.text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        Json::read(Word { text, start: 0 }).expect("a value").write(&mut out);
        out
    }

    #[test]
    fn a_value_is_written_as_it_was_read() {
        for text in ["98765432109876543210", "-0", "1e400", "0.10", "[1, 2]", "null", "\"007\""] {
            assert_eq!(written(text), text);
        }
        assert_eq!(
            written(r#"{"b": 1.50, "a": {"c": 18446744073709551616}}"#),
            r#"{"a":{"c":18446744073709551616},"b":1.50}"#
        );
        for (word, text) in [("k1", "\"k1\""), ("007", "\"007\""), ("ä\"b", "\"ä\\\"b\"")] {
            assert_eq!(written(word), text);
        }
        assert!(Json::read(Word { text: "[1", start: 0 }).is_err());
        let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
        assert_eq!(written(&deep), deep);
    }

    #[test]
    fn what_is_no_object_becomes_one() {
        let mut json = Json::text("x");
        json.put("a", Json::text("b"));
        let mut out = String::new();
        json.write(&mut out);
        assert_eq!(out, r#"{"a":"b"}"#);
    }
}
