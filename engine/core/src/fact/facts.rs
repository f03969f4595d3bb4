//! The states of one customer's facts.

use super::count::Count;
use super::definition::{Definition, Kind, Role};
use super::last::Last;
use super::layout::Layout;
use super::ledger::Ledger;
use super::occurrence::{Deed, Occurrence};
use super::set::Set;
use super::sum::Sum;
use super::tally::Tally;
use crate::event::Raw;
use crate::time::{Millis, NEVER};
use thin_vec::ThinVec;

/// The facts that some event has touched, in order of their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(ThinVec<Fact>);

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its number in the layout.
    pub number: u16,
    /// What the events came to.
    pub state: State,
}

/// What the events of a fact came to.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// How many.
    Count(Count),
    /// How much.
    Sum(Sum),
    /// When last.
    Last(Last),
    /// Any of these, of single contributions.
    Tally(Box<Tally>),
    /// Which keys.
    Set(Box<Set>),
    /// What has been earned, spent and expired.
    Ledger(Box<Ledger>),
    /// Where the customer stands ([`super::Standing`]).
    Level {
        /// How many lines are below.
        rank: u8,
        /// When that may be another, though nothing happens.
        until: Millis,
    },
}

const _: () = assert!(size_of::<Fact>() == 24);

impl State {
    /// Before any event.
    pub fn new(fact: &Definition) -> Self {
        match &fact.kind {
            Kind::Set => State::Set(Box::default()),
            Kind::Ledger(_) => State::Ledger(Box::default()),
            Kind::Level(_) => State::Level { rank: 0, until: NEVER },
            Kind::Count | Kind::Sum(_) | Kind::Last(_) if !fact.is_plain() => {
                State::Tally(Box::default())
            }
            Kind::Count => State::Count(Count::default()),
            Kind::Sum(_) => State::Sum(Sum::default()),
            Kind::Last(_) => State::Last(Last(Millis::MIN)),
        }
    }

    fn take(&mut self, fact: &Definition, deed: Deed<'_>, occurrence: &Occurrence<'_>) {
        let (at, seen) = (occurrence.at, occurrence.seen);
        match (&mut *self, deed) {
            (State::Count(count), Deed::Add(_)) => count.add(),
            (State::Sum(sum), Deed::Add(added)) => sum.add(added.amount),
            (State::Last(last), Deed::Add(_)) => last.add(at),
            (State::Tally(tally), Deed::Add(added)) => tally.add(fact, added, seen),
            (State::Tally(tally), Deed::Take(mark)) => tally.take(fact, mark, seen),
            (State::Set(set), Deed::Add(added)) => set.note(fact, at, added.key, true, seen),
            (State::Set(set), Deed::Take(mark)) => set.note(fact, at, mark.key, false, seen),
            (State::Ledger(ledger), Deed::Enter(entry)) => ledger.enter(fact, entry),
            (State::Count(_) | State::Sum(_) | State::Last(_), Deed::Take(_) | Deed::Enter(_))
            | (State::Tally(_) | State::Set(_), Deed::Enter(_))
            | (State::Ledger(_), Deed::Add(_) | Deed::Take(_))
            | (State::Level { .. }, Deed::Add(_) | Deed::Take(_) | Deed::Enter(_)) => {}
        }
    }

    /// Into the bounds of another definition, under which it goes on.
    fn fit(&mut self, fact: &Definition) {
        match self {
            State::Tally(tally) => tally.fit(fact),
            State::Set(set) => set.fit(fact),
            State::Ledger(ledger) => ledger.fit(fact),
            State::Count(_) | State::Sum(_) | State::Last(_) | State::Level { .. } => {}
        }
    }

    /// What both would be had their events come to one customer: no event is in both. What is of another kind stays as it is, and so does
    /// a level: whoever merges judges it again.
    pub fn merge(&mut self, fact: &Definition, other: &Self, seen: Millis) {
        match (&mut *self, other) {
            (State::Count(count), State::Count(other)) => count.merge(*other),
            (State::Sum(sum), State::Sum(other)) => sum.add(other.0),
            (State::Last(last), State::Last(other)) => last.add(other.0),
            (State::Tally(tally), State::Tally(other)) => tally.merge(fact, other, seen),
            (State::Set(set), State::Set(other)) => set.merge(fact, other, seen),
            (State::Ledger(ledger), State::Ledger(other)) => ledger.merge(fact, other),
            (
                State::Count(_)
                | State::Sum(_)
                | State::Last(_)
                | State::Tally(_)
                | State::Set(_)
                | State::Ledger(_)
                | State::Level { .. },
                _,
            ) => {}
        }
    }
}

impl Facts {
    /// An event touches a fact in this role; `admits` says whether a condition lets the event, or an item of it, count, `amount` what a line of a ledger makes of
    /// it. True if an amount was left out
    /// because it is in another currency.
    pub fn touch<'o>(
        &mut self,
        layout: &Layout,
        (number, role): (u16, Role),
        occurrence: &Occurrence<'o>,
        admits: impl Fn(Option<Raw<'o>>) -> bool,
        amount: impl Fn(Option<Raw<'o>>) -> Option<f64>,
    ) -> bool {
        let Some(fact) = layout.get(number) else { return false };
        occurrence.deeds(fact, role, (admits, amount), |deed| {
            self.state(number, fact).take(fact, deed, occurrence);
        })
    }

    /// It has happened at `at`, of a fact that is when something was last; of any other nothing.
    pub fn happened(&mut self, layout: &Layout, number: u16, at: Millis) {
        let Some(fact) = layout.get(number) else { return };
        if let State::Last(last) = self.state(number, fact) {
            last.add(at);
        }
    }

    fn state(&mut self, number: u16, fact: &Definition) -> &mut State {
        let place = match self.0.binary_search_by_key(&number, |fact| fact.number) {
            Ok(place) => place,
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, Fact { number, state: State::new(fact) });
                place
            }
        };
        &mut self.0[place].state
    }

    /// Puts a fact into its place, instead of the one of its number.
    pub(super) fn put(&mut self, fact: Fact) {
        match self.0.binary_search_by_key(&fact.number, |fact| fact.number) {
            Ok(place) => self.0[place] = fact,
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, fact);
            }
        }
    }

    /// The state of a fact; none where no event has touched it.
    pub fn get(&self, number: u16) -> Option<&State> {
        let place = self.0.binary_search_by_key(&number, |fact| fact.number).ok()?;
        Some(&self.0[place].state)
    }

    /// How many events; 0 for a fact of another kind.
    pub fn count(&self, number: u16) -> u32 {
        match self.get(number) {
            Some(State::Count(count)) => count.0,
            None
            | Some(
                State::Sum(_)
                | State::Last(_)
                | State::Tally(_)
                | State::Set(_)
                | State::Ledger(_)
                | State::Level { .. },
            ) => 0,
        }
    }

    /// How much; 0 for a fact of another kind.
    pub fn sum(&self, number: u16) -> f64 {
        match self.get(number) {
            Some(State::Sum(sum)) => sum.amount(),
            None
            | Some(
                State::Count(_)
                | State::Last(_)
                | State::Tally(_)
                | State::Set(_)
                | State::Ledger(_)
                | State::Level { .. },
            ) => 0.0,
        }
    }

    /// When last; none for a fact of another kind.
    pub fn last(&self, number: u16) -> Option<Millis> {
        match self.get(number) {
            Some(State::Last(last)) => Some(last.0),
            None
            | Some(
                State::Count(_)
                | State::Sum(_)
                | State::Tally(_)
                | State::Set(_)
                | State::Ledger(_)
                | State::Level { .. },
            ) => None,
        }
    }

    /// The keys in these sets, each with the number of its set.
    pub fn indexed(&self, layout: &Layout, sets: &[u16]) -> impl Iterator<Item = (u16, u64)> {
        let keys = |number: &u16| {
            let (number, fact) = (*number, layout.get(*number));
            let set = match self.get(number) {
                Some(State::Set(set)) => Some(set),
                None
                | Some(
                    State::Count(_)
                    | State::Sum(_)
                    | State::Last(_)
                    | State::Tally(_)
                    | State::Ledger(_)
                    | State::Level { .. },
                ) => None,
            };
            let there = fact.zip(set).into_iter();
            there.flat_map(|(fact, set)| set.keys(fact)).map(move |key| (number, key))
        };
        sets.iter().flat_map(keys)
    }

    /// Puts a state that was stored behind the others.
    pub fn push(&mut self, fact: Fact) {
        self.0.reserve_exact(1);
        self.0.push(fact);
    }

    /// Under another layout: each fact gets its number there and has the room that it has there, or goes.
    pub fn move_to(&mut self, layout: &Layout, number: impl Fn(u16) -> Option<u16>) {
        let moved = |Fact { number: old, mut state }: Fact| {
            let number = number(old)?;
            state.fit(layout.get(number)?);
            Some(Fact { number, state })
        };
        self.0 = std::mem::take(&mut self.0).into_iter().filter_map(moved).collect();
        self.0.shrink_to_fit();
        self.0.sort_by_key(|fact| fact.number);
    }
}

impl std::ops::Deref for Facts {
    type Target = [Fact];
    fn deref(&self) -> &[Fact] {
        &self.0
    }
}
