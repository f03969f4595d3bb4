//! What decides a trace.

use cartwheel_core::channel::Channel;
use cartwheel_core::decision::Decision;
use cartwheel_core::event::OddField;
use cartwheel_core::id::CommandId;
use cartwheel_core::sends::{Mode, Poison, SuppressionReason};
use cartwheel_core::time::Millis;
use cartwheel_shard::ShardError;

/// An engine that is driven by a trace: one shard, without a broker. After an error it is over; nothing that stands in a trace leads to one.
pub trait TraceEngine {
    /// A record of the events topic: first the timers due at or before its time fire, then its event is applied.
    fn record(&mut self, time: Millis, value: &[u8]) -> Result<(), ShardError>;
    /// The end of a turn at this shard time, or at the greatest record time if that is later: every timer due by it fires and sees it.
    fn clock(&mut self, now: Millis) -> Result<(), ShardError>;
    /// Time goes on: every timer due by now fires at its own deadline, as in a shard that is never late.
    fn advance(&mut self, now: Millis) -> Result<(), ShardError>;
    /// A turn that changes the mode.
    fn mode(&mut self, mode: Mode) -> Result<(), ShardError>;
    /// What the message of this command shows; none where there is no such command.
    fn message(&mut self, command: CommandId) -> Option<Result<String, String>>;
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
    /// An event is applied without a field that is odd.
    Degraded {
        /// When, in record time.
        at: Millis,
        /// The field.
        field: OddField,
    },
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
