//! How many messages a cap lets through, and for which it keeps places.

use schemars::JsonSchema;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The greatest limit: so many touches of a journey and channel are remembered.
pub const MAX_LIMIT: u16 = 64;

/// How many.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
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

// By hand, so that what is refused is named.
impl<'de> Deserialize<'de> for CapLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Limit)
    }
}

struct Limit;

impl Limit {
    fn no<T, E: Error>(found: Unexpected<'_>) -> Result<T, E> {
        Err(E::custom(format!(
            "{found} is not a limit; write 1 to {MAX_LIMIT}, or an expression such as `profile.max_per_week`"
        )))
    }
}

impl Visitor<'_> for Limit {
    type Value = CapLimit;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "1 to {MAX_LIMIT}, or an expression such as `profile.max_per_week`")
    }

    fn visit_u64<E: Error>(self, limit: u64) -> Result<CapLimit, E> {
        u16::try_from(limit).map_or_else(
            |_| Self::no(Unexpected::Unsigned(limit)),
            |limit| Ok(CapLimit::Fixed(limit)),
        )
    }

    fn visit_i64<E: Error>(self, limit: i64) -> Result<CapLimit, E> {
        u16::try_from(limit).map_or_else(
            |_| Self::no(Unexpected::Signed(limit)),
            |limit| Ok(CapLimit::Fixed(limit)),
        )
    }

    fn visit_f64<E: Error>(self, limit: f64) -> Result<CapLimit, E> {
        Self::no(Unexpected::Float(limit))
    }

    fn visit_bool<E: Error>(self, limit: bool) -> Result<CapLimit, E> {
        Self::no(Unexpected::Bool(limit))
    }

    fn visit_unit<E: Error>(self) -> Result<CapLimit, E> {
        Self::no(Unexpected::Unit)
    }

    fn visit_str<E: Error>(self, expression: &str) -> Result<CapLimit, E> {
        Ok(CapLimit::Of(expression.into()))
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
