//! Conditions: CEL syntax, checked for types at load, lowered to a typed tree over numbered fields.
//!
//! The text goes through the `cel` crate's parser (`parse`), every path is resolved to a numbered field of a known type (`fields`), the
//! tree is type-checked and lowered (`lower`), and evaluated without allocation (`expr`). Numbers are doubles throughout: `5 / 2` is 2.5.

use crate::channel::Channel;
use crate::value::ValueRef;
use compact_str::CompactString;

mod expr;
mod fields;
mod lower;
mod parse;
mod reader;
#[cfg(test)]
mod tests;

pub(crate) use fields::{Scope, Slots};
pub(crate) use lower::{Fault, compile, compile_path};
pub use reader::Reader;

/// Something that a condition reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// `event.X`: index into [`super::plan::Plan::fields`].
    Event(u16),
    /// `event.X` in a step: position in [`super::plan::Journey::captures`].
    Capture(u16),
    /// `profile.X`: index into [`super::plan::Plan::attributes`].
    Attribute(u16),
    /// `profile.consent.CHANNEL`: true if granted.
    Consent(Channel),
    /// `customer.orders`.
    Orders,
    /// `customer.lifetime_value`.
    LifetimeValue,
    /// `customer.days_since_order`: whole days; null without an order.
    DaysSinceOrder,
}

/// A condition, lowered.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What it reads, as written, in order of first appearance.
    pub fields: Vec<(CompactString, Field)>,
    expr: expr::Expr,
}

impl Condition {
    /// Whether it is true; comparing with null or between types at run time is false (`!=` of different types is true).
    /// Allocates nothing; `read` gives each field's value, [`ValueRef::Null`] where it is absent, an array or an object.
    pub fn holds<'v>(&self, read: impl Fn(Field) -> ValueRef<'v>) -> bool {
        self.expr.is_true(&read)
    }
}
