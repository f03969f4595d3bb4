//! How conditions read facts.

use super::definition::{Definition, Kind};
use super::facts::{Facts, State};
use super::layout::Layout;
use super::ledger::Ledger;
use super::sum::Sum;
use super::tally::Tally;
use crate::time::{DAY, Millis};
use crate::value::{Value, ValueRef};

/// What a condition reads of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// The number that it came to; 0 where no event has touched it.
    Number,
    /// Whole days since it last happened; null where it never has.
    DaysSince,
    /// When it last happened; null where it never has.
    At,
    /// How long ago that was.
    Age,
    /// A field of what last happened, by its place among those that are kept.
    Kept(u8),
    /// How many elements, or keys of `by`, there are.
    Size,
    /// The key of `by` with most.
    Top,
    /// The name of a level's line; of a segment whether the customer is in.
    Name,
    /// How many lines of a level are below.
    Rank,
    /// The name of the next better line; null where there is none.
    Next,
    /// How much is missing to that; null where there is none.
    ToNext,
    /// What can be spent of a ledger.
    Balance,
    /// What was spent of a ledger and not there.
    Debt,
    /// How much of what can be spent expires within this time.
    Expiring(Millis),
    /// When the first of what can be spent expires; null where nothing does.
    NextExpiry,
    /// The same; of a journey that begins by time each lot's in turn.
    Expiry,
}

/// What a condition reads of a fact at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyReading {
    /// The number that it came to; 0 where no event has touched it.
    Number,
    /// When it last happened; null where it never has.
    At,
    /// Whether it is among the elements.
    In,
}

impl Facts {
    /// What a condition reads at time `t`.
    pub fn read<'f>(
        &'f self,
        layout: &'f Layout,
        number: u16,
        reading: Reading,
        t: Millis,
    ) -> ValueRef<'f> {
        let nothing = match reading {
            Reading::Number
            | Reading::Size
            | Reading::Balance
            | Reading::Debt
            | Reading::Expiring(_) => ValueRef::Number(0.0),
            Reading::DaysSince
            | Reading::At
            | Reading::Age
            | Reading::Kept(_)
            | Reading::Top
            | Reading::Name
            | Reading::Rank
            | Reading::Next
            | Reading::ToNext
            | Reading::NextExpiry
            | Reading::Expiry => ValueRef::Null,
        };
        let Some((fact, state)) = layout.get(number).zip(self.get(number)) else { return nothing };
        match (reading, state) {
            (reading, State::Level { rank, .. }) => match fact.ladder() {
                Some(ladder) => self.read_level((layout, ladder), (reading, *rank), t),
                None => nothing,
            },
            (Reading::Number, State::Count(count)) => ValueRef::Number(f64::from(count.0)),
            (Reading::Number, State::Sum(sum)) => ValueRef::Number(sum.amount()),
            (Reading::Number, State::Tally(tally)) => self::number(fact, tally, None, t),
            (Reading::Size, State::Set(set)) => ValueRef::Number(set.size(fact, t) as f64),
            (Reading::Size, State::Tally(tally)) => ValueRef::Number(tally.groups(fact, t) as f64),
            (Reading::Top, State::Tally(tally)) => {
                tally.top(fact, t).map_or(ValueRef::Null, ValueRef::Text)
            }
            (Reading::Kept(place), State::Tally(tally)) => {
                let kept =
                    tally.last(fact, None, t).and_then(|(_, kept)| kept.get(usize::from(place)));
                kept.map_or(ValueRef::Null, Value::borrow)
            }
            (reading, State::Ledger(ledger)) => {
                of_ledger(fact, ledger, reading, t).unwrap_or(nothing)
            }
            (Reading::DaysSince, state) => match last(fact, state, None, t) {
                Some(at) => ValueRef::Number((t - at).max(0).div_euclid(DAY) as f64),
                None => ValueRef::Null,
            },
            (Reading::At, state) => instant(last(fact, state, None, t)),
            (Reading::Age, state) => age(last(fact, state, None, t), t),
            (
                Reading::Number
                | Reading::Size
                | Reading::Top
                | Reading::Kept(_)
                | Reading::Name
                | Reading::Rank
                | Reading::Next
                | Reading::ToNext
                | Reading::Balance
                | Reading::Debt
                | Reading::Expiring(_)
                | Reading::NextExpiry
                | Reading::Expiry,
                _,
            ) => nothing,
        }
    }

    /// What can be shown of a fact at time `t`: the number that it came to, when it last happened, how many elements there are, what can be spent of a ledger, or the name of a level's line. None
    /// where no event has touched it.
    pub fn shown(&self, layout: &Layout, number: u16, t: Millis) -> Option<Value> {
        self.get(number)?;
        let reading = match layout.get(number)?.kind {
            Kind::Count | Kind::Sum(_) => Reading::Number,
            Kind::Last(_) => Reading::At,
            Kind::Set => Reading::Size,
            Kind::Ledger(_) => Reading::Balance,
            Kind::Level(_) => Reading::Name,
        };
        Some(self.read(layout, number, reading, t).to_value())
    }

    /// What a condition reads at a key, known by its hash, at time `t`.
    pub fn read_at(
        &self,
        layout: &Layout,
        number: u16,
        reading: KeyReading,
        key: Option<u64>,
        t: Millis,
    ) -> ValueRef<'_> {
        let found = layout.get(number).zip(self.get(number)).zip(key);
        match (reading, found) {
            (KeyReading::Number, Some(((fact, State::Tally(tally)), key))) => {
                self::number(fact, tally, Some(key), t)
            }
            (KeyReading::Number, _) => ValueRef::Number(0.0),
            (KeyReading::In, Some(((fact, State::Set(set)), key))) => {
                ValueRef::Bool(set.contains(fact, key, t))
            }
            (KeyReading::In, _) => ValueRef::Bool(false),
            (KeyReading::At, Some(((fact, state), key))) => {
                instant(last(fact, state, Some(key), t))
            }
            (KeyReading::At, None) => ValueRef::Null,
        }
    }
}

fn number(fact: &Definition, tally: &Tally, group: Option<u64>, t: Millis) -> ValueRef<'static> {
    let number = tally.number(fact, group, t);
    ValueRef::Number(match fact.kind {
        Kind::Sum(_) => Sum(number).amount(),
        Kind::Count | Kind::Last(_) | Kind::Set | Kind::Ledger(_) | Kind::Level(_) => number as f64,
    })
}

fn last(fact: &Definition, state: &State, group: Option<u64>, t: Millis) -> Option<Millis> {
    match state {
        State::Last(last) => Some(last.0),
        State::Tally(tally) => tally.last(fact, group, t).map(|(at, _)| at),
        State::Count(_)
        | State::Sum(_)
        | State::Set(_)
        | State::Ledger(_)
        | State::Level { .. } => None,
    }
}

/// None for what is nothing of a ledger.
fn of_ledger(
    fact: &Definition,
    ledger: &Ledger,
    reading: Reading,
    t: Millis,
) -> Option<ValueRef<'static>> {
    let amount = |parts| Some(ValueRef::Number(Sum(parts).amount()));
    match reading {
        Reading::Balance => amount(ledger.balance(fact, t)),
        Reading::Debt => amount(ledger.debt(fact)),
        Reading::Expiring(within) => amount(ledger.expiring(fact, within, t)),
        Reading::NextExpiry | Reading::Expiry => Some(instant(ledger.next_expiry(fact, t))),
        Reading::Number
        | Reading::DaysSince
        | Reading::At
        | Reading::Age
        | Reading::Kept(_)
        | Reading::Size
        | Reading::Top
        | Reading::Name
        | Reading::Rank
        | Reading::Next
        | Reading::ToNext => None,
    }
}

fn instant(at: Option<Millis>) -> ValueRef<'static> {
    at.map_or(ValueRef::Null, ValueRef::Instant)
}

fn age(at: Option<Millis>, t: Millis) -> ValueRef<'static> {
    at.map_or(ValueRef::Null, |at| ValueRef::Span(t.saturating_sub(at)))
}
