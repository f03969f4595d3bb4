//! What the product itself makes of an event's type, whatever the journeys make of it.

/// The types that change more than profile and documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Grants consent.
    Subscribed,
    /// Denies consent.
    Unsubscribed,
    /// Denials in its profile suppress.
    ConsentChanged,
    /// An address that does not work.
    Bounced,
    /// Somebody called it spam.
    Complained,
    /// Opened or clicked.
    Engaged,
    /// An order counts.
    OrderPlaced,
    /// The cart is gone.
    CartEmptied,
    /// Nothing more.
    None,
}

impl Meaning {
    /// What this type means.
    pub fn of(kind: &str) -> Self {
        match kind {
            "subscribed" => Self::Subscribed,
            "unsubscribed" => Self::Unsubscribed,
            "consent_changed" => Self::ConsentChanged,
            "message_bounced" => Self::Bounced,
            "message_complained" => Self::Complained,
            "message_opened" | "message_clicked" => Self::Engaged,
            "order_placed" => Self::OrderPlaced,
            "cart_emptied" => Self::CartEmptied,
            _ => Self::None,
        }
    }
}
