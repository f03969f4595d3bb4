//! The values that conditions compare and decisions show.

use crate::time::{Millis, Span, format_rfc3339};
use compact_str::{CompactString, format_compact};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A scalar from an event, a profile or a counter. An array or object counts as its size where a condition asks for `size()`,
/// else as null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Absent or JSON null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// Any JSON number.
    Number(f64),
    /// A string.
    Text(CompactString),
}

/// [`Value`] borrowed, or what conditions calculate with beside them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// Absent or JSON null.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any JSON number.
    Number(f64),
    /// A string.
    Text(&'a str),
    /// An instant.
    Instant(Millis),
    /// A duration, which may be negative.
    Span(Millis),
    /// A day of a calendar.
    Date(Date),
}

impl Value {
    /// The value, borrowed.
    pub fn borrow(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Bool(value) => ValueRef::Bool(*value),
            Value::Number(value) => ValueRef::Number(*value),
            Value::Text(value) => ValueRef::Text(value),
        }
    }
}

impl Value {
    /// As JSON; a whole number without a point.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(value) => whole(*value).map_or_else(|| (*value).into(), Into::into),
            Value::Text(value) => value.as_str().into(),
        }
    }
}

/// The number without a point, if it is whole and so small that no other is written alike.
pub fn whole(number: f64) -> Option<i64> {
    /// Below this a double tells whole numbers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

impl ValueRef<'_> {
    /// An owned copy; an instant as its RFC 3339 text, a duration as configuration writes it, a date as `2026-01-31`.
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(value) => Value::Bool(value),
            ValueRef::Number(value) => Value::Number(value),
            ValueRef::Text(value) => Value::Text(value.into()),
            ValueRef::Instant(at) => Value::Text(format_rfc3339(at).into()),
            ValueRef::Span(span) => Value::Text(format_compact!("{}", Span(span))),
            ValueRef::Date(date) => Value::Text(format_compact!("{date}")),
        }
    }
}
