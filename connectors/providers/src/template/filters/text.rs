//! Texts: escaping by hand, JSON, addresses.
//!
//! What is printed is escaped where it is printed, so a template that asks for `escape` itself must not get it twice. In HTML it means "this is no
//! markup"; in a part that is plain text there is nothing to escape; only a webhook's JSON may really want HTML inside of its texts.

use super::super::error::Part;
use super::super::marks::{mark, unmark, unmark_only};
use super::super::place::HTML_SIGNS;
use super::{Given, Native};
use liquid_core::model::{Value, ValueView};
use liquid_core::parser::{FilterArguments, ParseFilter};
use liquid_core::runtime::RuntimeBuilder;
use liquid_lib::stdlib;

pub(super) const FILTERS: &[Native] = &[
    Native { name: "json", arguments: (0, 0), run: json },
    Native {
        name: "url_encode",
        arguments: (0, 0),
        run: |input, _| library(&stdlib::UrlEncode, &unmark(&input.to_kstr())),
    },
    // Decoding could make marks of a customer's letters.
    Native {
        name: "url_decode",
        arguments: (0, 0),
        run: |input, _| plain(&library(&stdlib::UrlDecode, &input.to_kstr())),
    },
    // The author's entities stay what they are.
    Native {
        name: "strip_html",
        arguments: (0, 0),
        run: |input, _| library(&stdlib::StripHtml, &unmark_only(&input.to_kstr(), "<>")),
    },
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
                run: |input, _| library(&stdlib::Escape, &unmark(&input.to_kstr())),
            },
            Native {
                name: "escape_once",
                arguments: (0, 0),
                run: |input, _| library(&stdlib::EscapeOnce, &unmark(&input.to_kstr())),
            },
            Native {
                name: "newline_to_br",
                arguments: (0, 0),
                run: |input, _| library(&stdlib::NewlineToBr, &unmark(&input.to_kstr())),
            },
        ],
    }
}

fn plain(input: &dyn ValueView) -> Value {
    Value::scalar(unmark(&input.to_kstr()))
}

/// A filter of the library without arguments; blank where it fails.
fn library(filter: &dyn ParseFilter, input: &str) -> Value {
    let none = FilterArguments {
        positional: Box::new(std::iter::empty()),
        keyword: Box::new(std::iter::empty()),
    };
    let runtime = RuntimeBuilder::new().build();
    filter.parse(none).and_then(|filter| filter.evaluate(&input, &runtime)).unwrap_or(Value::Nil)
}

/// Markup becomes data, which is escaped where it is printed. An entity stays: it is escaped already.
fn escape(input: &dyn ValueView, _: &Given<'_>) -> Value {
    Value::scalar(unmark_only(&input.to_kstr(), "<>\"'"))
}

/// As [`escape`], and entities in the data count as such.
fn escape_once(input: &dyn ValueView, _: &Given<'_>) -> Value {
    let text = unmark_only(&input.to_kstr(), "<>\"'");
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

/// Whether a text begins with an entity: `&amp;`, `&#39;`, `&#x27;`.
fn is_entity(text: &str) -> bool {
    let Some((name, _)) = text.strip_prefix('&').and_then(|rest| rest.split_once(';')) else {
        return false;
    };
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
    Value::scalar(input.to_kstr().replace("\r\n", "\n").replace('\n', &br))
}

/// The value as JSON, texts with their quotes.
fn json(input: &dyn ValueView, _: &Given<'_>) -> Value {
    let text = serde_json::to_string(&unmarked(input.to_value()));
    Value::scalar(text.unwrap_or_else(|_| "null".to_owned()))
}

fn unmarked(value: Value) -> Value {
    match value {
        Value::Scalar(scalar) if scalar.type_name() == "string" => {
            Value::scalar(unmark(&scalar.to_kstr()))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(unmarked).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, unmarked(field))).collect())
        }
        other @ (Value::Scalar(_) | Value::State(_) | Value::Nil) => other,
    }
}
