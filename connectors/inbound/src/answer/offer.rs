//! Answer tokens: see [`crate::secrets`] for their form.
//!
//! The payload of `cwa1` is JSON: `{"c":CUSTOMER,"h":CHANNEL,"m":COMMAND ID,"r":RUN ID,"j":JOURNEY,"s":STEP,"n":ANSWER,"x":EXPIRY}`, the expiry in epoch
//! milliseconds. Each answer of a message is a token of its own. Whoever reads one learns the customer's name in the shop and what was asked.

use crate::secrets::Secrets;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::time::{DAY, Millis};
use serde::{Deserialize, Serialize};
use std::fmt;

const VERSION: &str = "cwa1";
/// So long after the decision to send it a message's answers count. Later nobody knows what was asked.
pub const LIFE: Millis = 90 * DAY;

/// What a token says: to this message its customer may give this answer, until then.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Offer {
    /// The customer string.
    #[serde(rename = "c")]
    pub customer: String,
    /// The medium.
    #[serde(rename = "h")]
    pub channel: Channel,
    /// The message that carries the token.
    #[serde(rename = "m")]
    pub command_id: CommandId,
    /// The run that has asked.
    #[serde(rename = "r")]
    pub run_id: RunId,
    /// Its journey.
    #[serde(rename = "j")]
    pub journey: String,
    /// The step that has asked.
    #[serde(rename = "s")]
    pub step: String,
    /// The answer's name.
    #[serde(rename = "n")]
    pub answer: String,
    /// From this instant on it does not count (epoch milliseconds).
    #[serde(rename = "x")]
    pub expires: Millis,
}

/// Without the customer.
impl fmt::Debug for Offer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Offer({}, {})", self.command_id, self.answer)
    }
}

impl Offer {
    /// One answer of a message: the same whenever the message is written.
    pub fn of(command: &Command, answer: &str) -> Self {
        Self {
            customer: command.customer.clone(),
            channel: command.channel,
            command_id: command.command_id,
            run_id: command.run_id,
            journey: command.journey.clone(),
            step: command.step.clone(),
            answer: answer.to_owned(),
            expires: command.decided_at.saturating_add(LIFE),
        }
    }
}

impl Secrets {
    /// The address of an answer: `BASE/a/TOKEN`.
    pub fn answer_url(&self, base: &str, offer: &Offer) -> String {
        format!("{}/a/{}", base.trim_end_matches('/'), self.answer_token(offer))
    }

    /// The token for an answer.
    pub(super) fn answer_token(&self, offer: &Offer) -> String {
        // Strings, numbers and an enum always serialise.
        self.seal(VERSION, &serde_json::to_string(offer).unwrap_or_default())
    }

    /// The answer of a token that one of the secrets made; none for anything else.
    pub(super) fn verify_answer(&self, token: &str) -> Option<Offer> {
        let (version, payload) = self.open(token)?;
        if version != VERSION {
            return None;
        }
        serde_json::from_slice(&payload).ok()
    }
}

/// One to `ana`.
#[cfg(test)]
pub(super) fn offer(answer: &str) -> Offer {
    Offer {
        customer: "ana".into(),
        channel: Channel::Email,
        command_id: CommandId(0x2a),
        run_id: RunId(0x2b),
        journey: "survey".into(),
        step: "survey_cart".into(),
        answer: answer.into(),
        expires: 1_767_261_600_000 + LIFE,
    }
}

#[cfg(test)]
mod tests;
