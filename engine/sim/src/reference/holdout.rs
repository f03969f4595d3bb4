//! Holdouts, and what is told for reports.

use super::context::Context;
use super::customer::Run;
use super::effect::Effect;
use cartwheel_core::channel::{Channel, Class, Side};
use cartwheel_core::decision::Reason;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::plan::Journey;
use cartwheel_core::sends::{Converted, HeldOut};
use cartwheel_core::time::Millis;
use xxhash_rust::xxh3::xxh3_64;

/// In whose holdout somebody is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HoldoutOf {
    /// That of all journeys.
    All,
    /// That of the journey.
    Journey,
}

impl HoldoutOf {
    /// As it is told.
    pub fn reason(self) -> Reason {
        match self {
            Self::All => Reason::GlobalHoldout,
            Self::Journey => Reason::Holdout,
        }
    }
}

impl Context<'_> {
    /// The holdout in which the customer is.
    pub fn held_out(&self, journey: &Journey) -> Option<HoldoutOf> {
        if is_in("*global*", self.id, self.plan.policy.holdout.0) {
            return Some(HoldoutOf::All);
        }
        is_in(&journey.name, self.id, journey.holdout).then_some(HoldoutOf::Journey)
    }

    /// Whether others mind the runs of the journey: not where its own holdout keeps them back.
    pub fn concerns_others(&self, journey: u16) -> bool {
        self.held_out(self.journey(journey)) != Some(HoldoutOf::Journey)
    }

    /// The holdout that keeps back what a run does beyond its messages.
    pub fn withheld(&self, journey: u16) -> Option<HoldoutOf> {
        let journey = self.journey(journey);
        self.held_out(journey).filter(|_| journey.class == Class::Marketing)
    }

    /// The side of the journey's runs.
    pub fn side(&self, journey: u16) -> Option<Side> {
        let journey = self.journey(journey);
        let markets = journey.ops.iter().filter_map(|op| op.send());
        let markets = markets.filter(|send| send.class == Class::Marketing).count() > 0;
        if !markets && journey.class == Class::Transactional {
            return None;
        }
        Some(if self.held_out(journey).is_some() { Side::HeldOut } else { Side::Treated })
    }

    /// A message was kept back; the run does not know of it yet.
    pub fn measure_held_out(&mut self, run: &Run, op: u16, channel: Channel) {
        let journey = self.journey(run.journey);
        let Some(send) = journey.send(op) else { return };
        self.out.push(Effect::HeldOut(HeldOut {
            at: self.t,
            journey: journey.name.to_string(),
            step: send.step.to_string(),
            channel,
            variant: send.variant.as_ref().map(|arm| arm.to_string()),
            first: run.first_sent.is_none(),
        }));
    }

    /// A run has reached its goal by an event of `at`; its first message was at `first`, the one that is credited is that of `op`.
    pub fn measure_goal(
        &mut self,
        index: u16,
        op: Option<u16>,
        (at, first): (Millis, Millis),
        revenue: Option<f64>,
    ) {
        let journey = self.journey(index);
        let send = op.and_then(|op| journey.send(op));
        self.out.push(Effect::Converted(Converted {
            at,
            journey: journey.name.to_string(),
            step: send.map(|send| send.step.to_string()),
            variant: send.and_then(|send| send.variant.as_ref()).map(|arm| arm.to_string()),
            first,
            side: self.side(index),
            late: journey
                .goal_within
                .is_some_and(|within| first.saturating_add(within.millis()) < at),
            revenue,
        }));
    }
}

/// Whether the customer belongs to the share that gets nothing, in basis points.
fn is_in(name: &str, customer: CustomerId, basis_points: u16) -> bool {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(&customer.0.to_le_bytes());
    xxh3_64(&bytes) % 10_000 < u64::from(basis_points)
}
