//! What a condition reads, by number.

use crate::channel::Channel;
use crate::fact::Reading;

/// Something that a condition reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// `event.X`: index into [`crate::journey::plan::Plan::fields`].
    Event(u16),
    /// `event.X` in a step: position in [`crate::journey::plan::Journey::captures`].
    Capture(u16),
    /// `waited.for` or `waited.event.X` in a step: position in [`crate::journey::plan::Journey::waited`].
    Waited(u16),
    /// `profile.X`: index into [`crate::journey::plan::Plan::attributes`].
    Attribute(u16),
    /// `profile.consent.CHANNEL`: true if granted.
    Consent(Channel),
    /// A fact by its number, such as `customer.orders`.
    Fact(u16, Reading),
}
