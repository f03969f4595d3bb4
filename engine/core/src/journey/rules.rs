//! What the policy asks of the customer, compiled: the evaluator reads it beside [`crate::policy::Policy`], in whose order everything stands.

use super::condition::{Condition, Field};
use crate::time::Millis;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Of each hold while it is in force.
    pub holds: Vec<Condition>,
    /// Of each span of quiet hours for whom it is; none: for everybody.
    pub quiet: Vec<Option<Condition>>,
    /// Of each cap how many it lets through; none: the number in the policy.
    pub limits: Vec<Option<Condition>>,
    /// How long messages count for some cap; none where there is no cap.
    pub remembers: Option<Millis>,
    /// Whether journeys stand in groups.
    pub groups: bool,
}

impl Rules {
    /// Whether a message may be put off until something happens: by a hold or by a group.
    pub fn put_off(&self) -> bool {
        self.groups || !self.holds.is_empty()
    }
}

/// Where a journey stands in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Index of the group in the policy.
    pub group: u8,
    /// How many journeys stand further up.
    pub rank: u8,
    /// What a run is about, read from what it keeps; none: all that the customer does.
    pub key: Option<Field>,
}
