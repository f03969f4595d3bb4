//! The delivery worker: from accepted `command` records of the sends topic to calls of providers, and from their outcomes
//! to receipts on the events topic.
//!
//! Everything here is steppable and free of clocks, threads and sockets: the runtime pumps records, end offsets, outcomes,
//! acknowledgements and the time into [`worker::Worker`], and carries out the [`worker::Action`]s that it gives back. The one exception is
//! [`ledger`]: its storage is a small trait whose file form writes and syncs when the worker says so.
//!
//! The modules stand in the order in which a record passes.

pub mod config;
pub mod position;

pub mod horizon;
mod partition;
mod queue;

pub mod suppression;

pub mod breaker;
pub mod bucket;

pub mod attempt;
pub mod ledger;
pub mod rendering;

pub mod dead;
pub mod receipt;

pub mod metrics;
pub mod worker;

use cartwheel_core::time::Millis;

/// The two clocks that a step sees, read by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Monotonic milliseconds since any fixed moment of this process: freshness, back-off, rates, breakers.
    pub mono: Millis,
    /// Wall time: `not_after`, the life of idempotency keys, the time in receipts.
    pub wall: Millis,
}
