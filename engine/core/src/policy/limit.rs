//! How many messages a cap lets through, and for which it keeps places.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The greatest limit: so many touches of a journey and channel are remembered.
pub const MAX_LIMIT: u16 = 64;

/// How many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "1 to 64, or an expression such as `profile.max_per_week`")]
pub enum CapLimit {
    /// So many, 1 to 64, for everybody.
    Fixed(u16),
    /// What this expression says of the customer. Where one of the fields that it reads is absent, the cap does not apply.
    Of(String),
}

impl fmt::Display for CapLimit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(limit) => write!(out, "{limit}"),
            Self::Of(expression) => out.write_str(expression),
        }
    }
}

/// For which sends of journeys with a higher priority a cap keeps places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reserve {
    /// For the next send of each run.
    #[default]
    Next,
    /// And for those behind it that are certain to come within the window.
    Horizon,
}

impl Reserve {
    // What is not written changes no configuration's hash.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
