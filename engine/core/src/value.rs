//! The values that conditions compare and decisions show.

use compact_str::CompactString;
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

/// [`Value`] borrowed.
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
            Value::Number(value) if value.fract() == 0.0 && value.abs() < EXACT => {
                (*value as i64).into()
            }
            Value::Number(value) => (*value).into(),
            Value::Text(value) => value.as_str().into(),
        }
    }
}

/// Whole numbers below this are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl ValueRef<'_> {
    /// An owned copy.
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(value) => Value::Bool(value),
            ValueRef::Number(value) => Value::Number(value),
            ValueRef::Text(value) => Value::Text(value.into()),
        }
    }
}
