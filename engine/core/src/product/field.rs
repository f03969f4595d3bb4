//! The fields of a product: which are known, and what of a record's is kept.

use crate::event::{Raw, array_elements};
use crate::value::Value;
use compact_str::CompactString;

/// Most fields of a product, those that were removed among them.
pub const MAX_FIELDS: usize = 64;
/// Most names that fields of all products have.
pub const MAX_NAMES: usize = 256;
/// Longest name in bytes.
pub const MAX_NAME: usize = 64;
/// Longest text in bytes.
pub const MAX_TEXT: usize = 256;
/// Most elements of a list.
pub const MAX_LIST: usize = 16;
/// Longest text in a list in bytes.
pub const MAX_ELEMENT: usize = 64;

/// The field by which a product is known.
pub const ID: &str = "id";

/// Parts of one in which prices are kept.
pub const PARTS: f64 = 10_000.0;

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A scalar; null where the field was removed.
    Scalar(Value),
    /// An amount of money, in ten-thousandths.
    Money(i64),
    /// Scalars.
    List(Vec<Value>),
}

/// What a field that the product itself knows must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// An amount of money: a number, also one that is written as a string, to the ten-thousandth.
    Money,
    /// A number, also one that is written as a string.
    Number,
    /// A text.
    Text,
    /// A list of scalars.
    List,
}

impl Known {
    /// What the field of this name must be; none where it is the shop's own.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "price" => Self::Money,
            "stock" | "supply_days" | "review_score" => Self::Number,
            "currency" | "category" => Self::Text,
            "badges" => Self::List,
            _ => return None,
        })
    }

    /// The names of all of them.
    pub const NAMES: [&'static str; 7] =
        ["price", "currency", "stock", "supply_days", "category", "badges", "review_score"];
}

/// What a record's field of this name must be to be kept, where it is not: `value` is JSON.
pub fn misfit(name: &str, value: &str) -> Option<&'static str> {
    let must_be = match Known::of(name) {
        Some(Known::Money | Known::Number) => "a number",
        Some(Known::Text) => "a text of at most 256 bytes",
        Some(Known::List) => "a list of texts, numbers, true and false",
        None => "a text, a number, true, false, or a list of these",
    };
    Content::of(name, Raw(value)).is_none().then_some(must_be)
}

impl Content {
    /// What a record's field says; none where it cannot be kept: it is of another type than it must be, an object, or too long.
    pub fn of(name: &str, raw: Raw<'_>) -> Option<Self> {
        if raw.is_null() {
            return Some(Self::Scalar(Value::Null));
        }
        let text = || match raw.scalar() {
            Value::Text(text) if text.len() <= MAX_TEXT => Some(Self::Scalar(Value::Text(text))),
            Value::Text(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
        };
        let number = || raw.number();
        match Known::of(name) {
            Some(Known::Money) => number().map(|price| Self::Money((price * PARTS).round() as i64)),
            Some(Known::Number) => number().map(|number| Self::Scalar(Value::Number(number))),
            Some(Known::Text) => text(),
            Some(Known::List) => list(raw),
            None if raw.is_array() => list(raw),
            None if raw.is_string() => text(),
            // An object, or a number that is not finite, has no value.
            None => Some(raw.scalar()).filter(|value| *value != Value::Null).map(Self::Scalar),
        }
    }

    /// Whether the field was removed.
    pub fn is_nothing(&self) -> bool {
        *self == Self::Scalar(Value::Null)
    }
}

fn list(raw: Raw<'_>) -> Option<Content> {
    if !raw.is_array() {
        return None;
    }
    let mut all = Vec::new();
    for element in array_elements(raw) {
        let value = element.scalar();
        let fits = match &value {
            Value::Null => false,
            Value::Text(text) => text.len() <= MAX_ELEMENT,
            Value::Bool(_) | Value::Number(_) => true,
        };
        if !fits || all.len() == MAX_LIST {
            return None;
        }
        all.push(value);
    }
    Some(Content::List(all))
}

/// A field's name, if it may have one.
pub fn name_of(name: &str) -> Option<CompactString> {
    (1..=MAX_NAME).contains(&name.len()).then(|| name.into())
}
