//! Until when a fact says what it says, if no event touches it.

use super::definition::Definition;
use super::facts::{Facts, State};
use super::layout::Layout;
use super::set::Set;
use super::tally::Tally;
use crate::time::{Millis, NEVER};

impl Facts {
    /// The first instant after `t` at which a fact may say something else without an event: something that it counts grows too old. How long ago something
    /// was is no matter of this.
    pub fn until(&self, layout: &Layout, number: u16, t: Millis) -> Millis {
        let Some((fact, state)) = layout.get(number).zip(self.get(number)) else { return NEVER };
        let Some(over) = fact.bounds.over else { return NEVER };
        let next = match state {
            State::Tally(tally) => tally.next_to_go(fact, t.saturating_sub(over)),
            State::Set(set) => set.next_to_go(t.saturating_sub(over)),
            State::Count(_) | State::Sum(_) | State::Last(_) | State::Level { .. } => None,
        };
        next.map_or(NEVER, |at| at.saturating_add(over))
    }
}

impl Tally {
    /// The earliest time of what counts while all that is later than `since` does.
    fn next_to_go(&self, fact: &Definition, since: Millis) -> Option<Millis> {
        let times = self.open.iter(fact.shape()).chain(self.marks.iter(fact.mark_shape()));
        times.map(|row| row.at).filter(|at| *at > since).min()
    }
}

impl Set {
    fn next_to_go(&self, since: Millis) -> Option<Millis> {
        self.times().filter(|at| *at > since).min()
    }
}
