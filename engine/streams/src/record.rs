//! What is asked beside products: broadcasts, and what is to be done with a journey.

use crate::names::is_name;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

/// Longest content of an entry in bytes; so many fields of the longest kind fit.
pub const MAX_CONTENT: usize = 32 * 1024;
/// Longest text in bytes.
pub const MAX_TEXT: usize = cartwheel_core::product::MAX_TEXT;
/// Longest id of a broadcast in bytes.
const MAX_ID: usize = 128;
/// Fields of a broadcast that are not the shop's.
const OWN: [&str; 2] = ["id", "name"];

/// What is to be done with a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control<'a> {
    /// Nothing begins, and nothing goes on.
    Pause(&'a str),
    /// The end of a pause or a stop.
    Resume {
        /// The journey.
        journey: &'a str,
        /// How late what waits may be, a duration such as `6h`; none: what each engine's policy says.
        missed_within: Option<&'a str>,
    },
    /// Its runs end, and nothing begins.
    Stop(&'a str),
    /// An arm of a split has won.
    Winner {
        /// The journey.
        journey: &'a str,
        /// The split.
        split: &'a str,
        /// The arm; none: the lots decide again.
        arm: Option<&'a str>,
    },
}

impl Control<'_> {
    /// The content of its entry.
    pub fn content(self) -> Box<RawValue> {
        let content = match self {
            Self::Pause(journey) => json!({ "pause": journey }),
            Self::Resume { journey, missed_within: None } => json!({ "resume": journey }),
            Self::Resume { journey, missed_within } => {
                json!({ "resume": journey, "missed_within": missed_within })
            }
            Self::Stop(journey) => json!({ "stop": journey }),
            Self::Winner { journey, split, arm } => {
                json!({ "winner": { "journey": journey, "split": split, "arm": arm } })
            }
        };
        // Texts cannot fail.
        to_raw_value(&content).unwrap_or_default()
    }
}

/// The content of a broadcast's entry: its name, its id, and what the shop says with it. Errors: what is wrong, in words.
pub fn broadcast(name: &str, id: &str, with: &[(String, Value)]) -> Result<Box<RawValue>, String> {
    if !is_name(name) {
        return Err(format!(
            "`{name}` is no name: letters, digits and `_`, no digit in front, 64 bytes at most"
        ));
    }
    if id.is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
        return Err(format!("an id has 1 to {MAX_ID} bytes, none of them a control character"));
    }
    let mut content =
        Map::from_iter([("id".to_owned(), id.into()), ("name".to_owned(), name.into())]);
    for (field, value) in with {
        if OWN.contains(&field.as_str()) || !is_name(field) {
            return Err(format!(
                "a field cannot be called `{field}`: letters, digits and `_`, no digit in front, 64 bytes at most, and not `id` or `name`"
            ));
        }
        if value.as_str().is_some_and(|text| text.len() > MAX_TEXT) {
            return Err(format!("the text of `{field}` is longer than {MAX_TEXT} bytes"));
        }
        if content.insert(field.clone(), value.clone()).is_some() {
            return Err(format!("`{field}` is given twice"));
        }
    }
    let content = raw(&content);
    match content.get().len() {
        ..=MAX_CONTENT => Ok(content),
        long => Err(format!("a broadcast has at most {MAX_CONTENT} bytes, this one {long}")),
    }
}

/// The id of the broadcast that this content is of.
pub fn broadcast_id(content: &str) -> Option<String> {
    let content: Map<String, Value> = serde_json::from_str(content).ok()?;
    content.get("id")?.as_str().map(str::to_owned)
}

/// What `FIELD=VALUE` says: a number, `true`, `false` or a text.
pub fn scalar(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Bool(_) | Value::Number(_))) => value,
        Ok(Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_)) | Err(_) => {
            text.into()
        }
    }
}

pub(crate) fn raw(content: &Map<String, Value>) -> Box<RawValue> {
    // Texts, numbers and lists of them cannot fail.
    to_raw_value(content).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_says_what_it_is_given() {
        let with = [("share", scalar("20")), ("code", scalar("SPRING")), ("vip", scalar("true"))];
        let with = with.map(|(field, value)| (field.to_owned(), value));
        let content = broadcast("spring_sale", "spring_sale", &with).unwrap();
        assert_eq!(
            content.get(),
            r#"{"code":"SPRING","id":"spring_sale","name":"spring_sale","share":20,"vip":true}"#
        );
        assert_eq!(broadcast_id(content.get()).as_deref(), Some("spring_sale"));
        let twice = [with[0].clone(), with[0].clone()];
        for (name, id, with) in [
            ("spring sale", "a", &[][..]),
            ("a", "", &[]),
            ("a", "a\nb", &[]),
            ("a", "a", &twice),
            ("a", "a", &[("id".to_owned(), Value::Null)]),
            ("a", "a", &[("x".to_owned(), "x".repeat(MAX_TEXT + 1).into())]),
        ] {
            assert!(broadcast(name, id, with).is_err(), "{name} {id}");
        }
        assert_eq!(
            (scalar("0x1"), scalar("\"a\""), scalar("null")),
            ("0x1".into(), "\"a\"".into(), "null".into())
        );
    }

    #[test]
    fn control_names_the_journey() {
        for (control, content) in [
            (Control::Pause("win_back"), r#"{"pause":"win_back"}"#),
            (Control::Stop("win_back"), r#"{"stop":"win_back"}"#),
            (
                Control::Resume { journey: "win_back", missed_within: None },
                r#"{"resume":"win_back"}"#,
            ),
            (
                Control::Resume { journey: "win_back", missed_within: Some("6h") },
                r#"{"missed_within":"6h","resume":"win_back"}"#,
            ),
            (
                Control::Winner { journey: "win_back", split: "offer", arm: Some("gift") },
                r#"{"winner":{"arm":"gift","journey":"win_back","split":"offer"}}"#,
            ),
            (
                Control::Winner { journey: "win_back", split: "offer", arm: None },
                r#"{"winner":{"arm":null,"journey":"win_back","split":"offer"}}"#,
            ),
        ] {
            assert_eq!(control.content().get(), content);
        }
    }
}
