//! What a condition asks of a product.

use crate::value::Value;
use compact_str::CompactString;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductReading {
    /// The field.
    pub name: CompactString,
    /// What of it.
    pub what: What,
}

/// What of a field is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Its value: null of a list, and where there is none.
    Value,
    /// The elements of a list, or the characters of a text; 0 of anything else.
    Size,
    /// Whether it is a list that has this.
    Holds(Value),
}
