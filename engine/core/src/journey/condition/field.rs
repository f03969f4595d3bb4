//! What a condition reads, by number.

use crate::channel::Channel;
use crate::fact::{KeyReading, Reading};

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
    /// A fact at a key, such as `views[event.product.id]`.
    FactAt(u16, KeyReading, KeyField),
}

/// Where a condition finds the key of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyField {
    /// It is written there: its hash.
    Hash(u64),
    /// As [`Field::Event`].
    Event(u16),
    /// As [`Field::Capture`].
    Capture(u16),
    /// As [`Field::Waited`].
    Waited(u16),
    /// As [`Field::Attribute`].
    Attribute(u16),
}

impl Field {
    /// The event's field that has to be read for it.
    pub fn event(self) -> Option<u16> {
        match self {
            Self::Event(number) | Self::FactAt(_, _, KeyField::Event(number)) => Some(number),
            Self::Capture(_)
            | Self::Waited(_)
            | Self::Attribute(_)
            | Self::Consent(_)
            | Self::Fact(..)
            | Self::FactAt(..) => None,
        }
    }
}
