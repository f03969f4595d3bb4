//! The objects that an event can carry, and the fields of them that the product itself reads.

use std::ops::Range;

/// The objects that an event can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Subject {
    /// A cart.
    Cart,
    /// An order.
    Order,
    /// A checkout.
    Checkout,
    /// A product.
    Product,
    /// A review.
    Review,
    /// A support ticket.
    Ticket,
    /// Loyalty points.
    Points,
    /// What is known of the customer.
    Profile,
    /// A message that was sent.
    Message,
}

impl Subject {
    /// Every subject, in order of the numbers.
    pub const ALL: [Subject; 9] = [
        Subject::Cart,
        Subject::Order,
        Subject::Checkout,
        Subject::Product,
        Subject::Review,
        Subject::Ticket,
        Subject::Points,
        Subject::Profile,
        Subject::Message,
    ];

    /// The subject with this field name.
    pub fn parse(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"cart" => Subject::Cart,
            b"order" => Subject::Order,
            b"checkout" => Subject::Checkout,
            b"product" => Subject::Product,
            b"review" => Subject::Review,
            b"ticket" => Subject::Ticket,
            b"points" => Subject::Points,
            b"profile" => Subject::Profile,
            b"message" => Subject::Message,
            _ => return None,
        })
    }

    /// Its field name.
    pub const fn name(self) -> &'static str {
        match self {
            Subject::Cart => "cart",
            Subject::Order => "order",
            Subject::Checkout => "checkout",
            Subject::Product => "product",
            Subject::Review => "review",
            Subject::Ticket => "ticket",
            Subject::Points => "points",
            Subject::Profile => "profile",
            Subject::Message => "message",
        }
    }

    /// The places in [`KNOWN`] of its fields.
    pub const fn known(self) -> Range<usize> {
        match self {
            Subject::Cart => 0..3,
            Subject::Order => 3..5,
            Subject::Message => 5..7,
            _ => 0..0,
        }
    }
}

/// The place in [`KNOWN`] of `cart.items`.
pub const CART_ITEMS: usize = 2;

/// The place in [`KNOWN`] of a field that the product itself reads.
pub fn known_field(subject: Subject, name: &[u8]) -> Option<usize> {
    Some(match (subject, name) {
        (Subject::Cart, b"id") => 0,
        (Subject::Cart, b"total") => 1,
        (Subject::Cart, b"items") => CART_ITEMS,
        (Subject::Order, b"id") => 3,
        (Subject::Order, b"total") => 4,
        (Subject::Message, b"command_id") => 5,
        (Subject::Message, b"channel") => 6,
        _ => return None,
    })
}

/// The full names of the fields that the product itself reads, with the types that they must have.
pub const KNOWN: [(&str, Type); 7] = [
    ("cart.id", Type::Id),
    ("cart.total", Type::Number),
    ("cart.items", Type::Array),
    ("order.id", Type::Id),
    ("order.total", Type::Number),
    ("message.command_id", Type::Text),
    ("message.channel", Type::Text),
];

/// What a field must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A string.
    Text,
    /// A number.
    Number,
    /// An array.
    Array,
    /// An object.
    Object,
    /// A string or an integer of 64 bits.
    Id,
}

impl Type {
    /// Whether a JSON value (not null) is of this type.
    #[inline]
    pub fn fits(self, value: &[u8]) -> bool {
        match value.first() {
            Some(b'"') => matches!(self, Type::Text | Type::Id),
            Some(b'[') => self == Type::Array,
            Some(b'{') => self == Type::Object,
            Some(b'-' | b'0'..=b'9') => {
                self == Type::Number || self == Type::Id && is_integer(value)
            }
            _ => false,
        }
    }
}

fn is_integer(number: &[u8]) -> bool {
    std::str::from_utf8(number).is_ok_and(|text| text.parse::<i64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_places_agree() {
        for (number, subject) in Subject::ALL.into_iter().enumerate() {
            assert_eq!(
                (subject as usize, Subject::parse(subject.name().as_bytes())),
                (number, Some(subject))
            );
        }
        for (place, (full, _)) in KNOWN.iter().enumerate() {
            let (subject, name) = full.split_once('.').unwrap();
            let subject = Subject::parse(subject.as_bytes()).unwrap();
            assert_eq!(
                (known_field(subject, name.as_bytes()), subject.known().contains(&place)),
                (Some(place), true)
            );
        }
    }
}
