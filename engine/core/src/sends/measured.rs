//! What a turn record says for reports beside its commands: how many runs began, what holdouts kept back, which runs reached their goal.

use crate::channel::{Channel, Side};
use crate::time::{Millis, rfc3339};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was decided since the previous turn record that reports count. Commands say by themselves what was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Runs that entered, by journey.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub entered: BTreeMap<String, u64>,
    /// Messages that a holdout kept back, in the order in which that was decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out: Vec<HeldOut>,
    /// Runs that reached their goal, in the order in which that was decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub converted: Vec<Converted>,
}

impl Measured {
    /// Nothing was decided of this kind.
    pub fn is_empty(&self) -> bool {
        self.entered.is_empty() && self.held_out.is_empty() && self.converted.is_empty()
    }
}

/// A message that would have been sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// When the gate said yes.
    #[serde(with = "rfc3339")]
    pub at: Millis,
    /// The journey's name.
    pub journey: String,
    /// The step's name.
    pub step: String,
    /// The medium.
    pub channel: Channel,
    /// The arm of a split in which the send stands, as `SPLIT:ARM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// It was the first of its run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
}

/// A run that reached its goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Converted {
    /// Event time of what it was.
    #[serde(with = "rfc3339")]
    pub at: Millis,
    /// The journey's name.
    pub journey: String,
    /// The step of the message to which it is credited; none where that is not the run's latest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The arm of a split in which that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// When the run's first message was sent or kept back.
    #[serde(with = "rfc3339")]
    pub first: Millis,
    /// The side on which the run stands; none where there is nothing to hold out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// It took the run longer, counted from its first message, than the goal gives a message: reports do not compare it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// What the order was worth, in the shop's currency, where the event says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue: Option<f64>,
}
