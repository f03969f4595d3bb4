//! Groups: of several journeys about the same thing the more important one writes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// While a window or run of a journey further up lives, marketing of those below it about the same key waits; once the one further up has written, they end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Shown in decisions.
    pub name: String,
    /// By journey, the path of its trigger event that says what its runs are about, such as `event.cart.id`. A run without a value there is about all that
    /// the customer does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// The journeys, the most important first.
    pub order: Vec<String>,
}
