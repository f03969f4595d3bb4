//! Until when a fact says what it says, if no event touches it.

use super::definition::Definition;
use super::facts::{Facts, State};
use super::layout::Layout;
use super::ledger::Ledger;
use super::reading::Reading;
use super::set::Set;
use super::tally::Tally;
use crate::time::{Millis, NEVER};

impl Facts {
    /// The first instant after `t` at which a fact may say something else without an event: something that it counts grows too old. How long ago something
    /// was is no matter of this.
    pub fn until(&self, layout: &Layout, number: u16, reading: Reading, t: Millis) -> Millis {
        let Some((fact, state)) = layout.get(number).zip(self.get(number)) else { return NEVER };
        let Some(over) = fact.bounds.over else { return NEVER };
        let next = match state {
            State::Tally(tally) => tally.next_to_go(fact, t.saturating_sub(over)),
            State::Set(set) => set.next_to_go(t.saturating_sub(over)),
            State::Ledger(ledger) => return ledger.turns(fact, reading, t),
            State::Count(_) | State::Sum(_) | State::Last(_) | State::Level { .. } => None,
        };
        next.map_or(NEVER, |at| at.saturating_add(over))
    }

    /// When the lots of a ledger expire, the earliest first: those of which something is left then, or was.
    pub fn expiries(&self, layout: &Layout, number: u16) -> impl Iterator<Item = Millis> {
        let lots = match layout.get(number).zip(self.get(number)) {
            Some((fact, State::Ledger(ledger))) => Some(ledger.lots(fact)),
            _ => None,
        };
        lots.into_iter().flatten().map(|lot| lot.expires)
    }
}

impl Tally {
    /// The earliest time of what counts while all that is later than `since` does.
    fn next_to_go(&self, fact: &Definition, since: Millis) -> Option<Millis> {
        let times = self.open.iter(fact.shape()).chain(self.marks.iter(fact.mark_shape()));
        times.map(|row| row.at).filter(|at| *at > since).min()
    }
}

impl Ledger {
    /// When a lot expires, or comes to be among those that expire soon.
    fn turns(&self, fact: &Definition, reading: Reading, t: Millis) -> Millis {
        let within = match reading {
            Reading::Expiring(within) => within,
            _ => 0,
        };
        let turns = |expires: Millis| [expires.saturating_sub(within), expires];
        let turns = self.live(fact, t).into_iter().flat_map(|lot| turns(lot.expires));
        turns.filter(|at| *at > t).min().unwrap_or(NEVER)
    }
}

impl Set {
    fn next_to_go(&self, since: Millis) -> Option<Millis> {
        self.times().filter(|at| *at > since).min()
    }
}
