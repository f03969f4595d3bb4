//! What comes out of the reference, in the order in which it was decided.

use cartwheel_core::channel::{Channel, Side};
use cartwheel_core::decision::Decision;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::sends::{Converted, DeadReason, HeldOut, Suppression};
use cartwheel_core::time::{Millis, rfc3339};
use serde::Serialize;

/// One consequence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A decision; a sent one is followed by its command.
    Decision(Decision),
    /// A command that the engine must publish.
    Command(ExpectedCommand),
    /// A message that a turn record must say was kept back.
    HeldOut(HeldOut),
    /// A run that a turn record must say has reached its goal.
    Converted(Converted),
    /// A suppression that the engine must publish.
    Suppression(Suppression),
    /// A record that could not be applied, or a copy of one that was.
    Dead {
        /// Offset in the events partition.
        offset: i64,
        /// Why.
        reason: DeadReason,
    },
}

/// What a command must say: [`cartwheel_core::command::Command`] without what follows from the journey alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectedCommand {
    /// Derived from run, step and channel.
    pub command_id: CommandId,
    /// The run that decided it.
    pub run_id: RunId,
    /// The journey's name.
    pub journey: String,
    /// The step's name.
    pub step: String,
    /// The customer string.
    pub customer: String,
    /// The medium.
    pub channel: Channel,
    /// The template's name.
    pub template: String,
    /// When the step was first reached.
    #[serde(with = "rfc3339")]
    pub due_at: Millis,
    /// When the gate said yes.
    #[serde(with = "rfc3339")]
    pub decided_at: Millis,
    /// Worthless after this.
    #[serde(with = "rfc3339")]
    pub not_after: Millis,
    /// The address on the channel; empty for webhook.
    pub to: String,
    /// `profile` (without consent) and, where known, `cart`, `order`, `checkout`, `product` as the events brought them.
    pub data: serde_json::Value,
    /// Of the first message of a run: its side. Compared apart: the table of what was decided is older.
    #[serde(skip)]
    pub side: Option<Side>,
}
