//! Texts: escaping by hand, JSON, addresses.
//!
//! What is printed is escaped where it is printed, so a template that asks for `escape` itself must not get it twice. In HTML it means "this is no
//! markup"; in a part that is plain text there is nothing to escape; only a webhook's JSON may really want HTML inside of its texts.

use super::super::error::Part;
use super::super::marks::{mark, unmark, unmark_only};
use super::super::place::HTML_SIGNS;
use super::{Given, Native};
use crate::template::shown::text_of;
use liquid_core::model::{KString, Value, ValueView};
use liquid_core::parser::{FilterArguments, ParseFilter};
use liquid_core::runtime::{Expression, RuntimeCore};
use liquid_lib::stdlib;
use std::collections::BTreeMap;

pub(super) const FILTERS: &[Native] = &[
    Native { name: "json", arguments: (0, 0), run: json },
    Native {
        name: "url_encode",
        arguments: (0, 0),
        run: |input, _| blank(library(&stdlib::UrlEncode, &unmark(&text_of(input)), Vec::new())),
    },
    // Decoding could make marks of a customer's letters.
    Native {
        name: "url_decode",
        arguments: (0, 0),
        run: |input, _| plain(&blank(library(&stdlib::UrlDecode, &text_of(input), Vec::new()))),
    },
    // The author's entities stay what they are.
    Native { name: "strip_html", arguments: (0, 0), run: strip_html },
];

/// The filters that escape.
pub(super) fn escaping(part: Part) -> &'static [Native] {
    match part {
        Part::Html => &[
            Native { name: "escape", arguments: (0, 0), run: escape },
            Native { name: "escape_once", arguments: (0, 0), run: escape_once },
            Native { name: "newline_to_br", arguments: (0, 0), run: newline_to_br },
        ],
        Part::Subject | Part::Text | Part::Sms | Part::Push => &[
            Native { name: "escape", arguments: (0, 0), run: |input, _| plain(input) },
            Native { name: "escape_once", arguments: (0, 0), run: |input, _| plain(input) },
            Native { name: "newline_to_br", arguments: (0, 0), run: |input, _| plain(input) },
        ],
        Part::Webhook => &[
            Native {
                name: "escape",
                arguments: (0, 0),
                run: |input, _| {
                    blank(library(&stdlib::Escape, &unmark(&text_of(input)), Vec::new()))
                },
            },
            Native {
                name: "escape_once",
                arguments: (0, 0),
                run: |input, _| {
                    blank(library(&stdlib::EscapeOnce, &unmark(&text_of(input)), Vec::new()))
                },
            },
            Native {
                name: "newline_to_br",
                arguments: (0, 0),
                run: |input, _| {
                    blank(library(&stdlib::NewlineToBr, &unmark(&text_of(input)), Vec::new()))
                },
            },
        ],
    }
}

fn plain(input: &dyn ValueView) -> Value {
    Value::scalar(unmark(&text_of(input)))
}

fn blank(output: Option<Value>) -> Value {
    output.unwrap_or(Value::Nil)
}

/// A filter of the library. None where it fails.
pub(super) fn library(
    filter: &dyn ParseFilter,
    input: &str,
    arguments: Vec<Value>,
) -> Option<Value> {
    let arguments = FilterArguments {
        positional: Box::new(arguments.into_iter().map(Expression::Literal)),
        keyword: Box::new(std::iter::empty()),
    };
    let runtime = RuntimeCore::default();
    filter.parse(arguments).and_then(|filter| filter.evaluate(&input, &runtime)).ok()
}

/// The library looks for four patterns, one after the other.
fn strip_html(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let text = unmark_only(&text_of(input), "<>");
    if !given.charge(text.len() / 4) {
        return Value::Nil;
    }
    blank(library(&stdlib::StripHtml, &text, Vec::new()))
}

/// Markup becomes data, which is escaped where it is printed. An entity stays: it is escaped already.
fn escape(input: &dyn ValueView, _: &Given<'_>) -> Value {
    Value::scalar(unmark_only(&text_of(input), "<>\"'"))
}

/// As [`escape`], and entities in the data count as such.
fn escape_once(input: &dyn ValueView, _: &Given<'_>) -> Value {
    let text = unmark_only(&text_of(input), "<>\"'");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(&if is_entity(from) { mark("&", HTML_SIGNS) } else { "&".to_owned() });
        rest = &from[1..];
    }
    out.push_str(rest);
    Value::scalar(out)
}

/// Whether a text that begins with an ampersand begins with an entity: `&amp;`, `&#39;`, `&#x27;`.
fn is_entity(text: &str) -> bool {
    // No entity is longer: a text without a semicolon must not be searched to its end at every ampersand.
    let head = text.get(1..).unwrap_or_default();
    let Some(end) = head.bytes().take(33).position(|byte| byte == b';') else { return false };
    let name = &head[..end];
    match name.strip_prefix('#') {
        Some(number) => {
            let hex = number.strip_prefix(['x', 'X']);
            let (digits, radix) = hex.map_or((number, 10), |hex| (hex, 16));
            !digits.is_empty()
                && digits.len() < 8
                && digits.chars().all(|char| char.is_digit(radix))
        }
        None => {
            !name.is_empty()
                && name.len() < 32
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
    }
}

fn newline_to_br(input: &dyn ValueView, _: &Given<'_>) -> Value {
    let br = mark("<br />", HTML_SIGNS) + "\n";
    Value::scalar(text_of(input).replace("\r\n", "\n").replace('\n', &br))
}

/// The value as JSON, texts with their quotes.
fn json(input: &dyn ValueView, _: &Given<'_>) -> Value {
    Value::scalar(json_of(&input.to_value()).to_string())
}

/// In the order of the fields' names, so that a message which is repeated has the same bytes.
fn json_of(value: &Value) -> serde_json::Value {
    match value {
        Value::Scalar(scalar) if scalar.type_name() == "string" => unmark(&scalar.to_kstr()).into(),
        Value::Scalar(scalar) => serde_json::to_value(scalar).unwrap_or_default(),
        Value::Array(items) => items.iter().map(json_of).collect(),
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().collect();
            let field = |(name, field): (&KString, &Value)| (name.to_string(), json_of(field));
            serde_json::Value::Object(fields.into_iter().map(field).collect())
        }
        Value::State(_) | Value::Nil => serde_json::Value::Null,
    }
}
