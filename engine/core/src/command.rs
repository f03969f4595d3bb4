//! A request to send, as it stands in a `command` record of the sends topic.

use crate::channel::{Channel, Class, Side};
use crate::id::{CommandId, RunId};
use crate::time::{Millis, rfc3339};
use serde::{Deserialize, Serialize};

/// A command is never longer (JSON, bytes): what it shows is left out, document by document, until it fits. The sends topic must take
/// records of this size and [`OVERHEAD`].
pub const MAX_BYTES: usize = 512 * 1024;
/// What a record takes beside its value: key and headers.
pub const OVERHEAD: usize = 64 * 1024;

/// As what [`Command::data`] has the code of the message's coupon, where it has one.
pub const COUPON: &str = "coupon";

/// As what it has the names of what [`MAX_BYTES`] had no room for.
pub const LEFT_OUT: &str = "left_out";

/// The value of a `command` record (JSON; the record's key is the customer). `D` is what the template may show, in the writer's form or in
/// the reader's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command<D = serde_json::Value> {
    /// Derived from run, step and occurrence; the idempotency key.
    pub command_id: CommandId,
    /// The run that decided it.
    pub run_id: RunId,
    /// The journey's name.
    pub journey: String,
    /// The first 8 hex digits of the journey's content hash.
    pub version: String,
    /// The step's name.
    pub step: String,
    /// The customer string.
    pub customer: String,
    /// The medium.
    pub channel: Channel,
    /// Marketing or transactional.
    pub class: Class,
    /// The template's name.
    pub template: String,
    /// The address on the channel: e-mail, E.164 number, push token; empty for webhook.
    pub to: String,
    /// What the template may show: `profile`, and where known `cart`, `order`, `checkout`, `product` as the events brought them;
    /// `browsed_products`, if the template reads them; `coupon`, the code of the message's coupon, if it has one; `left_out` names what [`MAX_BYTES`] had no room for.
    pub data: D,
    /// The arm of an A/B/n split, if any.
    pub variant: Option<String>,
    /// The team of the shop that gets the message, which then is none to the customer: no suppression holds it, and nothing that becomes of it
    /// is told of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The answers that the message offers, by their names: each is a link that comes back as `survey_answered`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Of the first message of a run: the side on which the run stands where reports compare. None of a later one, and where there is nothing to hold
    /// out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// When the step was first reached.
    #[serde(with = "rfc3339")]
    pub due_at: Millis,
    /// When the gate said yes.
    #[serde(with = "rfc3339")]
    pub decided_at: Millis,
    /// The message is worthless after this instant and must not be sent.
    #[serde(with = "rfc3339")]
    pub not_after: Millis,
}
