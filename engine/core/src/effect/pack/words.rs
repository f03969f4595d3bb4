//! Words that decisions show often: one byte each instead of their text.

/// The head of the empty name; lower numbers are words.
pub const NAME: u64 = 32;

/// The places are stored: only append, and no more than [`NAME`] says. The most frequent stand first.
const WORDS: &[&str] = &[
    // What the core itself compares.
    "until",
    "event",
    "arm",
    "last",
    "revenue",
    "cap",
    "limit",
    "count",
    "reserved",
    "age",
    "max_event_age",
    // What journeys mostly ask for.
    "customer.orders",
    "event.type",
    "profile.consent.email",
    "profile.consent.sms",
    "event.cart.total",
    "size(event.cart.items)",
    "cart.total",
    // What mostly ends runs and begins them.
    "order_placed",
    "cart_emptied",
    "cart_updated",
    "customer_created",
    "subscribed",
];

const _: () = assert!(WORDS.len() as u64 <= NAME);

/// The number of a word.
pub fn number(text: &str) -> Option<u64> {
    WORDS.iter().position(|word| *word == text).map(|place| place as u64)
}

/// The word with this number.
pub fn word(number: u64) -> Option<&'static str> {
    WORDS.get(usize::try_from(number).ok()?).copied()
}
