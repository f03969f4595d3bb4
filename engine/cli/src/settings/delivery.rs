//! `delivery:`: how workers hand commands to providers.

use super::units::Rate;
use cartwheel_core::time::{SECOND, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The delivery workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Provider calls at the same time, over all channels of this process.
    #[schemars(range(min = 1, max = 10_000))]
    pub concurrency: u32,
    /// A view of the suppressions that is older than this fails closed: nothing is sent.
    pub freshness: Span,
    /// Suppressions that are held in memory, one for each address, source partition and reason; ten million take up to 1.4 GB. Where one more has no room, nothing is sent.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub max_suppressions: u32,
    /// Commands that the ledgers of attempts hold, in memory and on disk, until a day after they are worthless; ten million take up to 1.1 GB of memory and 2.2 GB of disk. Where one more has no room, it waits.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub max_remembered: u32,
    /// Calls to a provider, by its name: `5/s`, `3500/m`. Absent: not limited.
    pub rates: BTreeMap<String, Rate>,
    /// How often and when to call again.
    pub retry: Retry,
    /// When a provider is left alone.
    pub breaker: Breaker,
}

impl Default for Delivery {
    fn default() -> Self {
        let freshness = Span(5 * SECOND);
        Self {
            concurrency: 256,
            freshness,
            max_suppressions: 10_000_000,
            max_remembered: 20_000_000,
            rates: BTreeMap::new(),
            retry: Retry::default(),
            breaker: Breaker::default(),
        }
    }
}

/// How often and when to call again: after a random time up to `first`, and up to twice that each time, at most `longest`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Calls for one command, at most; then it is a dead letter.
    #[schemars(range(min = 1, max = 1000))]
    pub max_attempts: u32,
    /// The first pause, at most.
    pub first: Span,
    /// Any pause, at most.
    pub longest: Span,
}

impl Default for Retry {
    fn default() -> Self {
        Self { max_attempts: 50, first: Span(SECOND), longest: Span(600 * SECOND) }
    }
}

/// The circuit breaker, one a provider and channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// It opens after this many failures in a row.
    #[schemars(range(min = 1, max = 10_000))]
    pub failures: u32,
    /// It tries again after this, and after twice that each time it fails.
    pub open_for: Span,
    /// It stays open for at most this long.
    pub open_at_most: Span,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 5, open_for: Span(5 * SECOND), open_at_most: Span(120 * SECOND) }
    }
}
