//! What a field of a product may be.

use crate::names::is_name;
use crate::record::MAX_TEXT;
use cartwheel_core::product::{ID, MAX_ELEMENT, MAX_LIST};
use serde_json::{Number, Value};

/// Longest id in bytes.
const MAX_ID: usize = 256;
/// Most digits of a price before its point, and behind it.
const MAX_DIGITS: (usize, usize) = (11, 4);

/// What the fields are that the product itself knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An amount of money.
    Money,
    /// A currency's code.
    Currency,
    /// A whole number; below zero where more was sold than there is.
    Whole,
    /// A number from zero on.
    Number,
    /// A text.
    Text,
    /// Texts.
    Texts,
}

impl Kind {
    /// The fields with their kinds.
    pub const KNOWN: [(&'static str, Self); 7] = [
        ("price", Self::Money),
        ("currency", Self::Currency),
        ("stock", Self::Whole),
        ("supply_days", Self::Number),
        ("category", Self::Text),
        ("badges", Self::Texts),
        ("review_score", Self::Number),
    ];

    /// What the field of this name must be; none where it is the shop's own.
    pub fn of(name: &str) -> Option<Self> {
        Self::KNOWN.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field; empty where it is the whole line.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub help: String,
}

impl Wrong {
    pub(super) fn new(field: &str, problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into(), help: help.into() }
    }
}

/// The id, as a text.
pub(super) fn id(value: &Value) -> Result<Value, Wrong> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        other => return Err(unfit(ID, other, "an id is a text")),
    };
    if text.is_empty() || text.len() > MAX_ID || text.chars().any(char::is_control) {
        let help = format!("1 to {MAX_ID} bytes, none of them a control character");
        return Err(unfit(ID, value, &help));
    }
    Ok(text.into())
}

/// A field's value in the one form that it has in records. `null` is always one: it removes the field.
pub(super) fn value(name: &str, value: Value) -> Result<Value, Wrong> {
    if !is_name(name) {
        let help = "letters, digits and `_`, no digit in front, 64 bytes at most: conditions read it as catalogue[...].NAME";
        return Err(Wrong::new(name, "this is no name", help));
    }
    if value.is_null() {
        return Ok(value);
    }
    match Kind::of(name) {
        Some(Kind::Money) => money(name, &value),
        Some(Kind::Currency) => currency(name, &value),
        Some(Kind::Whole) => whole(name, &value),
        Some(Kind::Number) => number(name, &value),
        Some(Kind::Text) => text(name, value),
        Some(Kind::Texts) => list(name, value, Value::is_string),
        None => own(name, value),
    }
}

fn money(name: &str, value: &Value) -> Result<Value, Wrong> {
    let help = "write a decimal number of at most 11 digits and 4 behind the point, such as \"20.5\", without a currency's sign";
    let written = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        other => return Err(unfit(name, other, help)),
    };
    let (whole, part) = written.split_once('.').unwrap_or((&written, "0"));
    let part = part.trim_end_matches('0');
    let digits =
        |text: &str, most| text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole, MAX_DIGITS.0) || !digits(part, MAX_DIGITS.1) {
        return Err(unfit(name, value, help));
    }
    let dot = if part.is_empty() { "" } else { "." };
    Ok(format!("{whole}{dot}{part}").into())
}

fn currency(name: &str, value: &Value) -> Result<Value, Wrong> {
    let code = value.as_str().map(str::trim).unwrap_or_default();
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(code.into());
    }
    Err(unfit(name, value, "write the three letters of ISO 4217, such as \"USD\""))
}

fn whole(name: &str, value: &Value) -> Result<Value, Wrong> {
    match numeric(value) {
        Some(number) if number.is_i64() => Ok(number.into()),
        Some(_) | None => Err(unfit(name, value, "write a whole number, such as 12")),
    }
}

fn number(name: &str, value: &Value) -> Result<Value, Wrong> {
    match numeric(value).filter(|number| number.as_f64().is_some_and(|number| number >= 0.0)) {
        Some(number) => Ok(number.into()),
        None => Err(unfit(name, value, "write a number that is not below zero, such as 4.5")),
    }
}

/// A number, also one that is written as a text.
fn numeric(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text(name: &str, value: Value) -> Result<Value, Wrong> {
    match value.as_str() {
        Some(text) if text.len() <= MAX_TEXT => Ok(value),
        Some(_) => Err(unfit(name, &value, &format!("a text has at most {MAX_TEXT} bytes"))),
        None => Err(unfit(name, &value, "write a text, such as \"shoes\"")),
    }
}

fn list(name: &str, value: Value, fits: impl Fn(&Value) -> bool) -> Result<Value, Wrong> {
    let short = |element: &Value| element.as_str().is_none_or(|text| text.len() <= MAX_ELEMENT);
    match value.as_array() {
        Some(all)
            if all.len() <= MAX_LIST
                && all.iter().all(|element| fits(element) && short(element)) =>
        {
            Ok(value)
        }
        Some(_) | None => {
            let help = format!(
                "write a list of at most {MAX_LIST} texts of at most {MAX_ELEMENT} bytes, such as [\"new\"]"
            );
            Err(unfit(name, &value, &help))
        }
    }
}

/// A field of the shop's own: a scalar, or a list of scalars.
fn own(name: &str, value: Value) -> Result<Value, Wrong> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value),
        Value::String(_) => text(name, value),
        Value::Array(_) => list(name, value, |element| {
            element.is_string() || element.is_number() || element.is_boolean()
        }),
        Value::Object(_) => Err(unfit(
            name,
            &value,
            "an object cannot be kept: write its parts as fields of their own",
        )),
    }
}

/// What is there, cut where it is long.
fn unfit(field: &str, value: &Value, help: &str) -> Wrong {
    const SHOWN: usize = 60;
    let text = value.to_string();
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "..." } else { "" };
    Wrong::new(field, format!("{shown}{more} does not fit"), help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_has_one_form() {
        for (name, written, read) in [
            ("price", json!(20.5), json!("20.5")),
            ("price", json!("020.50"), json!("020.5")),
            ("price", json!(20), json!("20")),
            ("price", json!("20.00"), json!("20")),
            ("price", Value::Null, Value::Null),
            ("currency", json!(" USD"), json!("USD")),
            ("stock", json!("-3"), json!(-3)),
            ("supply_days", json!("30"), json!(30)),
            ("review_score", json!(4.5), json!(4.5)),
            ("badges", json!(["new"]), json!(["new"])),
            ("vegan", json!(true), json!(true)),
            ("sizes", json!([38, 39.5]), json!([38, 39.5])),
        ] {
            assert_eq!(value(name, written.clone()), Ok(read), "{name} {written}");
        }
        assert_eq!(id(&json!(17)), Ok(json!("17")));
    }

    #[test]
    fn what_does_not_fit_is_shown_with_a_remedy() {
        for (name, written) in [
            ("price", json!("$20")),
            ("price", json!(-1)),
            ("price", json!(1e21)),
            ("price", json!("20.55555")),
            ("price", json!(".5")),
            ("price", json!(true)),
            ("currency", json!("usd")),
            ("stock", json!(1.5)),
            ("stock", json!("many")),
            ("supply_days", json!(-1)),
            ("category", json!(7)),
            ("category", json!("x".repeat(MAX_TEXT + 1))),
            ("badges", json!("new")),
            ("badges", json!([1])),
            ("own", json!({})),
            ("a.b", json!(1)),
            ("id", json!(" ")),
            ("id", json!([])),
        ] {
            let wrong = if name == ID { id(&written) } else { value(name, written) }.unwrap_err();
            assert_eq!(wrong.field, name);
            assert!(!wrong.help.is_empty() && wrong.problem.len() < 100, "{wrong:?}");
        }
    }
}
