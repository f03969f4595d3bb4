//! The states of one customer's facts.

use super::count::Count;
use super::last::Last;
use super::layout::{Definition, Kind};
use super::sum::Sum;
use crate::event::Event;
use crate::time::{DAY, Millis};
use crate::value::ValueRef;
use thin_vec::ThinVec;

/// The facts that some event has touched, in order of their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(ThinVec<Fact>);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fact {
    /// Its number in the layout.
    pub number: u16,
    /// What the events came to.
    pub state: State,
}

/// What the events of a fact came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// How many.
    Count(Count),
    /// How much.
    Sum(Sum),
    /// When last.
    Last(Last),
}

/// How a condition reads a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// The number that it came to; 0 where no event has touched it.
    Number,
    /// Whole days since it last happened; null where it never has.
    DaysSince,
}

impl State {
    fn new(kind: Kind, at: Millis) -> Self {
        match kind {
            Kind::Count => State::Count(Count::default()),
            Kind::Sum { .. } => State::Sum(Sum::default()),
            Kind::Last => State::Last(Last(at)),
        }
    }
}

impl Facts {
    /// An event of the fact's type at `at`.
    pub fn touch(&mut self, number: u16, fact: &Definition, event: &Event<'_>, at: Millis) {
        let place = match self.0.binary_search_by_key(&number, |fact| fact.number) {
            Ok(place) => place,
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, Fact { number, state: State::new(fact.kind, at) });
                place
            }
        };
        let state = &mut self.0[place].state;
        match (fact.kind, state) {
            (Kind::Count, State::Count(count)) => count.add(),
            (Kind::Sum { of, field }, State::Sum(sum)) => {
                sum.add(event.field(of, field).and_then(|raw| raw.number()));
            }
            (Kind::Last, State::Last(last)) => last.add(at),
            // Of another kind before: it begins anew.
            (kind @ (Kind::Count | Kind::Sum { .. } | Kind::Last), state) => {
                *state = State::new(kind, at);
            }
        }
    }

    /// The state of a fact; none where no event has touched it.
    pub fn get(&self, number: u16) -> Option<State> {
        let place = self.0.binary_search_by_key(&number, |fact| fact.number).ok()?;
        Some(self.0[place].state)
    }

    /// How many events; 0 for a fact of another kind.
    pub fn count(&self, number: u16) -> u32 {
        match self.get(number) {
            Some(State::Count(count)) => count.0,
            Some(State::Sum(_) | State::Last(_)) | None => 0,
        }
    }

    /// How much; 0 for a fact of another kind.
    pub fn sum(&self, number: u16) -> f64 {
        match self.get(number) {
            Some(State::Sum(sum)) => sum.amount(),
            Some(State::Count(_) | State::Last(_)) | None => 0.0,
        }
    }

    /// When last; none for a fact of another kind.
    pub fn last(&self, number: u16) -> Option<Millis> {
        match self.get(number) {
            Some(State::Last(last)) => Some(last.0),
            Some(State::Count(_) | State::Sum(_)) | None => None,
        }
    }

    /// What a condition reads at time `t`.
    pub fn read(&self, number: u16, reading: Reading, t: Millis) -> ValueRef<'static> {
        match (reading, self.get(number)) {
            (Reading::Number, None) => ValueRef::Number(0.0),
            (Reading::Number, Some(State::Count(count))) => ValueRef::Number(f64::from(count.0)),
            (Reading::Number, Some(State::Sum(sum))) => ValueRef::Number(sum.amount()),
            (Reading::DaysSince, Some(State::Last(last))) => {
                ValueRef::Number((t - last.0).max(0).div_euclid(DAY) as f64)
            }
            (Reading::Number, Some(State::Last(_)))
            | (Reading::DaysSince, Some(State::Count(_) | State::Sum(_)) | None) => ValueRef::Null,
        }
    }

    /// Puts a state that was stored behind the others.
    pub fn push(&mut self, fact: Fact) {
        self.0.reserve_exact(1);
        self.0.push(fact);
    }
}

impl std::ops::Deref for Facts {
    type Target = [Fact];
    fn deref(&self) -> &[Fact] {
        &self.0
    }
}
