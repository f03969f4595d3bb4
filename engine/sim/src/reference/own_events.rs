//! How many events journeys may let happen: the row "emitted events and changes of levels" of the page's last table.

use super::context::Context;

/// For one event or timer.
const FOR_ONE: usize = 16;

/// At once, when none has happened for long.
const AT_ONCE: i64 = 64;

/// After this one more may happen.
const EACH: i64 = 5 * 60 * 1000;

impl Context<'_> {
    /// The bound that lets no more happen, if one does.
    pub fn no_more_events(&self) -> Option<i64> {
        let missing = (self.customer.full_at - self.t).max(0);
        if missing > (AT_ONCE - 1) * EACH {
            return Some(AT_ONCE);
        }
        let (waiting, applied) = (self.emitted.0.len(), self.emitted.1);
        (waiting + applied >= FOR_ONE).then_some(FOR_ONE as i64)
    }

    /// One has happened.
    pub fn charge(&mut self) {
        self.customer.full_at = self.customer.full_at.max(self.t) + EACH;
    }
}
