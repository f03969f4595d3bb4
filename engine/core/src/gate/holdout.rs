//! Who gets nothing, so that what messages are worth can be measured.

use crate::decision::Reason;
use crate::id::{CustomerId, in_holdout};
use crate::journey::plan::{Journey, Plan};

/// The holdout in which the customer is: that of all journeys, or this one's.
pub fn holdout(plan: &Plan, journey: &Journey, customer: CustomerId) -> Option<Reason> {
    if in_holdout("*global*", customer, plan.policy.holdout.0) {
        return Some(Reason::GlobalHoldout);
    }
    in_holdout(&journey.name, customer, journey.holdout).then_some(Reason::Holdout)
}
