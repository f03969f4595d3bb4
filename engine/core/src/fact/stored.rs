//! The stored form of a fact: `number * 4 + kind`, then its state. The kinds' numbers are stored: never renumber.

use super::count::Count;
use super::facts::{Fact, State};
use super::last::Last;
use super::sum::Sum;
use crate::compact::{Bytes, Writer};

const COUNT: u64 = 0;
const SUM: u64 = 1;
const LAST: u64 = 2;

/// Appends a fact.
pub(crate) fn put_fact(writer: &mut Writer<'_>, fact: &Fact) {
    let head = u64::from(fact.number) << 2;
    match fact.state {
        State::Count(count) => {
            writer.number(head | COUNT);
            writer.number(u64::from(count.0));
        }
        State::Sum(sum) => {
            writer.number(head | SUM);
            writer.signed(sum.0);
        }
        State::Last(last) => {
            writer.number(head | LAST);
            writer.signed(last.0);
        }
    }
}

/// Reads a fact.
pub(crate) fn read_fact(rest: &mut Bytes<'_>) -> Option<Fact> {
    let head = rest.number()?;
    let state = match head & 3 {
        COUNT => State::Count(Count(rest.small()?)),
        SUM => State::Sum(Sum(rest.signed()?)),
        LAST => State::Last(Last(rest.signed()?)),
        _ => return None,
    };
    Some(Fact { number: (head >> 2).try_into().ok()?, state })
}
