//! What decides a trace.

use cartwheel_core::channel::Channel;
use cartwheel_core::decision::Decision;
use cartwheel_core::sends::{Mode, Poison, SuppressionReason};
use cartwheel_core::time::Millis;

/// An engine that is driven by a trace: one shard, without a log and without a store.
pub trait TraceEngine {
    /// A record of the events topic: first the timers due at or before its time fire, then its event is applied.
    fn record(&mut self, time: Millis, value: &[u8]);
    /// The end of a turn at this shard time: every timer due by it fires and sees it.
    fn clock(&mut self, now: Millis);
    /// A turn that changes the mode.
    fn mode(&mut self, mode: Mode);
    /// The earliest deadline that counts.
    fn next_deadline(&self) -> Option<Millis>;
    /// What has come out since the last call, in order.
    fn consequences(&mut self) -> Vec<Consequence>;
}

/// Something that came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Consequence {
    /// A decision.
    Decision(Decision),
    /// An address is, or is no longer, to be written to.
    Suppression(Suppression),
    /// A record that is no event.
    Dead {
        /// Why.
        reason: Poison,
        /// In words, where the engine has any.
        detail: String,
    },
}

/// A suppression with its customer instead of the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// When, in record time.
    pub at: Millis,
    /// The customer string.
    pub customer: String,
    /// The medium.
    pub channel: Channel,
    /// Why; of a lifted one: which.
    pub reason: SuppressionReason,
    /// True suppresses, false lifts.
    pub active: bool,
}
