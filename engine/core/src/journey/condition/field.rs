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
    /// What is asked of a product, such as `catalogue[item.product].stock`: index into [`crate::journey::plan::Plan::products`], and which product.
    Product(u16, KeyField),
    /// `now`: the instant at which the condition is judged.
    Now,
    /// `event.time`: when the event happened; of a run its newest trigger event.
    EventTime,
    /// `local.X`.
    Local(Local),
    /// What is made of a list of the event: index into [`crate::journey::plan::Plan::lists`].
    List(u16),
    /// A part of the item at hand, where a condition is about a list's items.
    Item(u16),
}

/// Where a condition finds the key of a fact, or of a product.
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
    /// As [`Field::Item`]: of a product alone.
    Item(u16),
    /// The key of the run at hand, or that a trigger event has: of a product alone.
    Run,
}

impl Field {
    /// Whether it reads this attribute of the profile, itself or as the key of something else.
    pub(crate) fn is_of_attribute(self, attribute: u16) -> bool {
        match self {
            Self::Attribute(number)
            | Self::FactAt(.., KeyField::Attribute(number))
            | Self::Product(_, KeyField::Attribute(number)) => number == attribute,
            Self::Event(_)
            | Self::Capture(_)
            | Self::Waited(_)
            | Self::Consent(_)
            | Self::Fact(..)
            | Self::FactAt(..)
            | Self::Product(..)
            | Self::Now
            | Self::EventTime
            | Self::Local(_)
            | Self::List(_)
            | Self::Item(_) => false,
        }
    }

    /// The event's field that has to be read for it.
    pub fn event(self) -> Option<u16> {
        match self {
            Self::Event(number)
            | Self::FactAt(_, _, KeyField::Event(number))
            | Self::Product(_, KeyField::Event(number)) => Some(number),
            Self::Capture(_)
            | Self::Waited(_)
            | Self::Attribute(_)
            | Self::Consent(_)
            | Self::Fact(..)
            | Self::FactAt(..)
            | Self::Product(..)
            | Self::Now
            | Self::EventTime
            | Self::Local(_)
            | Self::List(_)
            | Self::Item(_) => None,
        }
    }

    /// Whether it is read from an event, or from a product, where it may be there as the value or as its size.
    pub(super) fn has_sizes(self) -> bool {
        match self {
            Field::Event(_)
            | Field::Capture(_)
            | Field::Waited(_)
            | Field::Item(_)
            | Field::Product(..) => true,
            Field::Attribute(_)
            | Field::Consent(_)
            | Field::Fact(..)
            | Field::FactAt(..)
            | Field::Now
            | Field::EventTime
            | Field::Local(_)
            | Field::List(_) => false,
        }
    }
}

/// What the customer's clock and calendar show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Local {
    /// One of [`WEEKDAYS`].
    Weekday,
    /// 0 to 23.
    Hour,
    /// The day.
    Date,
}

/// Days of the week as conditions name them, from Monday.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Something that a run keeps of its trigger event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// A field: index into [`crate::journey::plan::Plan::fields`].
    Field(u16),
    /// What is made of a list: index into [`crate::journey::plan::Plan::lists`].
    List(u16),
}
