//! How many events a customer's journeys may let happen.
//!
//! Journeys may begin each other in a circle, and no check can prove that a condition ends it. So they are bounded twice: in what one event or timer
//! leads to, and, as a circle may go through a timer that is due at once, in what a customer's journeys let happen over time.

use super::context::Context;
use crate::effect::{Happening, MAX_EMITTED};
use crate::time::{HOUR, Millis};

/// One more is allowed whenever this has passed: 288 a day.
const REFILL: Millis = HOUR / 12;

/// As many may come at once.
const MAX_AT_ONCE: i64 = 64;

impl Context<'_> {
    /// It happens behind what is being applied; else the bound that does not let it.
    pub fn let_happen(&mut self, happening: Happening) -> Result<(), i64> {
        let allowed = self.next_allowance();
        if allowed.is_none() {
            return Err(MAX_AT_ONCE);
        }
        if !self.effects.emitted.push(happening) {
            return Err(MAX_EMITTED as i64);
        }
        if let (Some(own), Some(at)) = (self.plan().own_events, allowed) {
            let layout = &self.core.plan.facts;
            self.customer.facts.happened(layout, own, at);
        }
        Ok(())
    }

    /// A bucket of tokens as one instant (the generic cell rate algorithm, ITU-T I.371): when it would be full again. None if it has no token.
    fn next_allowance(&self) -> Option<Millis> {
        let full = self.plan().own_events.and_then(|own| self.customer.facts.last(own));
        let full = full.unwrap_or(Millis::MIN).max(self.t).saturating_add(REFILL);
        (full.saturating_sub(self.t) <= MAX_AT_ONCE * REFILL).then_some(full)
    }
}
