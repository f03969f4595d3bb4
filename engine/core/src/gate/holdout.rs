//! Whose marketing is kept back, so that what messages are worth can be measured.

use crate::channel::{Class, Side};
use crate::customer::Touch;
use crate::decision::Reason;
use crate::id::{CustomerId, in_holdout};
use crate::journey::plan::{Journey, Plan};

/// A share of the customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holdout {
    /// Of all journeys.
    Global,
    /// Of one.
    Journey,
}

impl Holdout {
    /// In which the customer is: that of all journeys, or this one's.
    pub fn of(plan: &Plan, journey: &Journey, customer: CustomerId) -> Option<Self> {
        if in_holdout("*global*", customer, plan.policy.holdout.0) {
            return Some(Self::Global);
        }
        in_holdout(&journey.name, customer, journey.holdout).then_some(Self::Journey)
    }

    /// As decisions tell it.
    pub fn reason(self) -> Reason {
        match self {
            Self::Global => Reason::GlobalHoldout,
            Self::Journey => Reason::Holdout,
        }
    }
}

/// The side on which the journey's runs of the customer stand; none where there is nothing to hold out: no marketing is among its messages.
pub fn side(plan: &Plan, journey: &Journey, customer: CustomerId) -> Option<Side> {
    let markets = || journey.sends().any(|send| send.class == Class::Marketing);
    if journey.class == Class::Transactional && !markets() {
        return None;
    }
    Some(match Holdout::of(plan, journey, customer) {
        Some(Holdout::Global | Holdout::Journey) => Side::HeldOut,
        None => Side::Treated,
    })
}

/// Whether a run of the journey with this index, in this holdout, knows of the touch: of what was sent, and of what its own holdout has kept back. The global
/// one has all of the customer's journeys.
pub fn knows(touch: &Touch, journey: u16, holdout: Option<Holdout>) -> bool {
    let of_holdout = match holdout {
        Some(Holdout::Global) => true,
        Some(Holdout::Journey) => touch.journey == journey,
        None => false,
    };
    !touch.ghost || of_holdout
}

/// Whether others of the customer's runs take notice of those of the journey: cap and group mind them, unless the journey's own holdout keeps them back. In the
/// global one all of the customer's are, and take notice of each other.
pub fn concerns_others(plan: &Plan, journey: &Journey, customer: CustomerId) -> bool {
    match Holdout::of(plan, journey, customer) {
        Some(Holdout::Journey) => false,
        Some(Holdout::Global) | None => true,
    }
}
