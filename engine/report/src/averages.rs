//! What such messages come to elsewhere.

use serde::Serialize;

/// From, to; per cent.
pub type Range = (f64, f64);

/// The field's averages for one kind of journey.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Averages {
    /// Messages opened, of those sent.
    pub opened: Range,
    /// Messages with a link followed, of those sent.
    pub clicked: Range,
    /// Orders, of messages sent.
    pub converted: Range,
}

/// Of the journeys that ship and have some, by their names: mail programs of retailers, 2019 to 2026. Of the others nothing is claimed.
const KNOWN: [(&str, Averages); 5] = [
    (
        "cart_abandonment",
        Averages { opened: (40.0, 45.0), clicked: (15.0, 20.0), converted: (8.0, 12.0) },
    ),
    (
        "browse_abandonment",
        Averages { opened: (35.0, 40.0), clicked: (10.0, 15.0), converted: (3.0, 5.0) },
    ),
    (
        "post_purchase",
        Averages { opened: (50.0, 60.0), clicked: (20.0, 25.0), converted: (5.0, 8.0) },
    ),
    ("win_back", Averages { opened: (25.0, 30.0), clicked: (8.0, 12.0), converted: (3.0, 5.0) }),
    ("vip", Averages { opened: (55.0, 65.0), clicked: (25.0, 35.0), converted: (10.0, 15.0) }),
];

impl Averages {
    /// Of the journey with this name.
    pub fn of(journey: &str) -> Option<Self> {
        KNOWN.iter().find(|(name, _)| *name == journey).map(|(_, averages)| *averages)
    }
}
