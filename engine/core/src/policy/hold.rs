//! Holds: marketing waits as long as a condition is true.

use crate::time::{DAY, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// While a condition is true no marketing leaves. Timers, exits and goals go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Shown in decisions.
    pub name: String,
    /// The condition, on profile, facts, segments and time.
    #[serde(rename = "while")]
    pub while_: String,
    /// A message is put off for so long at most, from when it was due.
    #[serde(default = "at_most")]
    pub at_most: Span,
    /// When the hold is over, a message that is not overdue by more than this passes the gate; an older one is dropped.
    #[serde(default = "missed_within")]
    pub missed_within: Span,
}

fn at_most() -> Span {
    Span(21 * DAY)
}

fn missed_within() -> Span {
    Span(3 * DAY)
}
