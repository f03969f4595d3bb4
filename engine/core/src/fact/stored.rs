//! The stored form of a fact: `number * 4 + kind`, then its state. The kinds' numbers are stored: never renumber.
//!
//! The fourth kind has a number of its own behind the head: `tally` is `base, floor, open, marks, kept, groups`, `set` is `floor, rows`, `level` is `rank * 2 + (1 if it turns by time), [when]`, `ledger` is
//! `folded (how much, when it was earned, the floor), entries`: of each entry the time since the one before it, kind and key as one number, the amount. Rows
//! are so many words of eight bytes; what they are the fact's definition says.

use super::count::Count;
use super::facts::{Fact, State};
use super::last::Last;
use super::ledger::{Ledger, packed, words};
use super::rows::Rows;
use super::set::Set;
use super::sum::Sum;
use super::tally::Tally;
use crate::compact::{Bytes, Writer};
use crate::time::NEVER;
use crate::value::Value;
use thin_vec::ThinVec;

const COUNT: u64 = 0;
const SUM: u64 = 1;
const LAST: u64 = 2;
const MORE: u64 = 3;

const TALLY: u8 = 0;
const SET: u8 = 1;
const LEVEL: u8 = 2;
const LEDGER: u8 = 3;

/// Appends a fact.
pub(crate) fn put_fact(writer: &mut Writer<'_>, fact: &Fact) {
    let head = u64::from(fact.number) << 2;
    match &fact.state {
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
        State::Tally(tally) => {
            writer.number(head | MORE);
            writer.bytes([TALLY]);
            writer.signed(tally.base);
            writer.signed(tally.floor);
            put_rows(writer, &tally.open);
            put_rows(writer, &tally.marks);
            put_values(writer, &tally.kept);
            let groups: Vec<Value> = tally.groups.iter().cloned().map(Value::Text).collect();
            put_values(writer, &groups);
        }
        State::Set(set) => {
            writer.number(head | MORE);
            writer.bytes([SET]);
            writer.signed(set.floor);
            put_rows(writer, &set.rows);
        }
        State::Ledger(ledger) => {
            writer.number(head | MORE);
            writer.bytes([LEDGER]);
            put_ledger(writer, ledger);
        }
        State::Level { rank, until } => {
            let turns = *until != NEVER;
            writer.number(head | MORE);
            writer.bytes([LEVEL]);
            writer.number(u64::from(*rank) << 1 | u64::from(turns));
            if turns {
                writer.signed(*until);
            }
        }
    }
}

fn put_ledger(writer: &mut Writer<'_>, ledger: &Ledger) {
    writer.room();
    writer.signed(ledger.balance);
    writer.signed(ledger.earned);
    writer.signed(ledger.floor);
    writer.room();
    writer.number(ledger.open.len() as u64);
    let mut before = 0;
    for [at, key, amount] in ledger.open.iter().copied().map(words) {
        writer.room();
        writer.signed(at - before);
        writer.number(key.cast_unsigned());
        writer.number(amount.cast_unsigned());
        before = at;
    }
    writer.room();
}

fn ledger(rest: &mut Bytes<'_>) -> Option<Ledger> {
    let (balance, earned, floor) = (rest.signed()?, rest.signed()?, rest.signed()?);
    let count = rest.count(3)?;
    let mut open = ThinVec::new();
    open.reserve_exact(count);
    let mut before: i64 = 0;
    for _ in 0..count {
        before = before.checked_add(rest.signed()?)?;
        open.push(packed([before, rest.number()?.cast_signed(), rest.number()?.cast_signed()])?);
    }
    Some(Ledger { balance, earned, floor, open })
}

fn put_rows(writer: &mut Writer<'_>, rows: &Rows) {
    writer.room();
    writer.number(rows.words().len() as u64);
    for word in rows.words() {
        writer.bytes(word.to_le_bytes());
        writer.room();
    }
}

fn put_values(writer: &mut Writer<'_>, values: &[Value]) {
    writer.room();
    writer.number(values.len() as u64);
    for value in values {
        writer.room();
        writer.value(value);
    }
    writer.room();
}

/// Reads a fact.
pub(crate) fn read_fact(rest: &mut Bytes<'_>) -> Option<Fact> {
    let head = rest.number()?;
    let state = match head & 3 {
        COUNT => State::Count(Count(rest.small()?)),
        SUM => State::Sum(Sum(rest.signed()?)),
        LAST => State::Last(Last(rest.signed()?)),
        _ => match rest.byte()? {
            TALLY => State::Tally(Box::new(tally(rest)?)),
            SET => State::Set(Box::new(Set { floor: rest.signed()?, rows: rows(rest)? })),
            LEDGER => State::Ledger(Box::new(ledger(rest)?)),
            LEVEL => {
                let head = rest.number()?;
                let until = if head & 1 != 0 { rest.signed()? } else { NEVER };
                State::Level { rank: (head >> 1).try_into().ok()?, until }
            }
            _ => return None,
        },
    };
    Some(Fact { number: (head >> 2).try_into().ok()?, state })
}

fn tally(rest: &mut Bytes<'_>) -> Option<Tally> {
    let (base, floor) = (rest.signed()?, rest.signed()?);
    let (open, marks, kept) = (rows(rest)?, rows(rest)?, values(rest)?);
    let mut groups = ThinVec::new();
    for group in values(rest)? {
        let Value::Text(text) = group else { return None };
        groups.reserve_exact(1);
        groups.push(text);
    }
    Some(Tally { base, floor, open, marks, kept, groups })
}

fn rows(rest: &mut Bytes<'_>) -> Option<Rows> {
    let count = rest.count(8)?;
    let mut words = ThinVec::new();
    words.reserve_exact(count);
    for _ in 0..count {
        words.push(u64::from_le_bytes(rest.array()?));
    }
    Some(Rows::from_words(words))
}

fn values(rest: &mut Bytes<'_>) -> Option<ThinVec<Value>> {
    let count = rest.count(1)?;
    let mut values = ThinVec::new();
    values.reserve_exact(count);
    for _ in 0..count {
        values.push(rest.value()?);
    }
    Some(values)
}
