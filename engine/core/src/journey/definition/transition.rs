//! The word by which a trigger names what happens to a product.

use crate::product::Transition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a record of the catalogue may make of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransitionWord {
    /// There was none of it, and now there is.
    ProductRestocked,
    /// It costs less than before; the event has the prices `from` and `to`.
    PriceFell,
    /// Its stock has fallen to what the policy's `low_stock` says, or below.
    LowStock,
}

impl TransitionWord {
    /// All of them, as they are written.
    pub const ALL: [(&'static str, Self); 3] = [
        (Transition::Restocked.name(), Self::ProductRestocked),
        (Transition::PriceFell.name(), Self::PriceFell),
        (Transition::LowStock.name(), Self::LowStock),
    ];

    /// The transition.
    pub fn transition(self) -> Transition {
        match self {
            Self::ProductRestocked => Transition::Restocked,
            Self::PriceFell => Transition::PriceFell,
            Self::LowStock => Transition::LowStock,
        }
    }
}
