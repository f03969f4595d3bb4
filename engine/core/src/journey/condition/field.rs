//! What a condition reads, by number.

use crate::channel::Channel;

/// Something that a condition reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// `event.X`: index into [`crate::journey::plan::Plan::fields`].
    Event(u16),
    /// `event.X` in a step: position in [`crate::journey::plan::Journey::captures`].
    Capture(u16),
    /// `profile.X`: index into [`crate::journey::plan::Plan::attributes`].
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
