//! Contributions that stay open, because something may still take them away, count them once only, let them grow old, or tell them apart.
//!
//! What a tally says is a function of the set of its events, not of their order, as long as they fit into its bounds:
//! - A key contributes once (in each group): by its newest event; of one time by the smaller amount, or by what it keeps, the greater.
//! - A mark takes away what its key has contributed, whole or in part, whichever of the two came first. Partial ones of one id are one, the newest.
//! - The newest contributions stay open. What is older does not count any more or, where nothing grows old (a count or a sum without `over`), folds
//!   into a base, with what was taken away until then.
//! - The newest groups stay. What is not newer than the newest event of a group that had no room does not count: [`Tally::floor`].

use super::definition::{Definition, Kind};
use super::path::key_hash;
use super::rows::{Row, Rows};
use crate::time::Millis;
use crate::value::Value;
use compact_str::CompactString;
use std::borrow::Cow;
use std::cmp::Ordering;
use thin_vec::ThinVec;

/// The amount of a mark that takes all of it.
pub const WHOLE: i64 = i64::MAX;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// What has folded.
    pub(super) base: i64,
    /// What is not later than this had no room.
    pub(super) floor: Millis,
    /// Contributions.
    pub(super) open: Rows,
    /// What was taken away. The id stands in the place of the group.
    pub(super) marks: Rows,
    /// What each contribution keeps, one after the other.
    pub(super) kept: ThinVec<Value>,
    /// The texts of the groups.
    pub(super) groups: ThinVec<CompactString>,
}

/// What an event adds.
#[derive(Clone, Debug, Default)]
pub struct Contribution<'c> {
    /// Event time.
    pub at: Millis,
    /// Hash of its key; 0 without.
    pub key: u64,
    /// The key of `by`.
    pub group: Option<Cow<'c, str>>,
    /// How much: 1 of a count, ten-thousandths of a sum.
    pub amount: i64,
    /// What is kept of the event.
    pub kept: Vec<Value>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            base: 0,
            floor: Millis::MIN,
            open: Rows::default(),
            marks: Rows::default(),
            kept: ThinVec::new(),
            groups: ThinVec::new(),
        }
    }
}

impl Tally {
    /// An event adds. What has grown old at `seen` is forgotten.
    pub fn add(&mut self, fact: &Definition, contribution: Contribution<'_>, seen: Millis) {
        self.forget_old(fact, seen);
        let Contribution { at, key, group, amount, kept } = contribution;
        if at <= self.floor {
            return;
        }
        if fact.folds() && key == 0 {
            // Nothing can name it any more.
            self.base = self.base.saturating_add(amount);
            return;
        }
        let row = Row { at, key, group: group.as_deref().map_or(0, key_hash), amount };
        if let Some((place, known)) = self.of_key(fact, row) {
            if !self.replaces(fact, (place, known), row, &kept) {
                return;
            }
            self.take_out(fact, place);
        }
        self.put(fact, row, group.as_deref(), kept);
        self.keep_bounds(fact, row.group);
    }

    /// An event takes away: `mark` has its time, the key, the id and the amount, or [`WHOLE`].
    pub fn take(&mut self, fact: &Definition, mark: Row, seen: Millis) {
        self.forget_old(fact, seen);
        let shape = fact.mark_shape();
        let mark = if shape.amount { mark } else { Row { group: 0, amount: 0, ..mark } };
        let same = |other: &Row| (other.key, other.group) == (mark.key, mark.group);
        let known = self.marks.iter(shape).enumerate().find(|(_, other)| same(other));
        if let Some((place, known)) = known {
            if (known.at, known.amount) >= (mark.at, mark.amount) {
                return;
            }
            self.marks.remove(shape, place);
        }
        self.marks.insert(shape, mark);
        self.keep_marks(fact);
    }

    /// How many, or how much, at `t`; of one group or of all.
    pub fn number(&self, fact: &Definition, group: Option<u64>, t: Millis) -> i64 {
        let since = since(fact, t);
        let rows = self.open.iter(fact.shape());
        let rows =
            rows.filter(|row| row.at > since && group.is_none_or(|group| group == row.group));
        let sum: i128 = rows.map(|row| i128::from(self.net(fact, row, since))).sum();
        (sum + i128::from(self.base)).clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// The newest contribution at `t` that was not taken away; its time and what it keeps.
    pub fn last(
        &self,
        fact: &Definition,
        group: Option<u64>,
        t: Millis,
    ) -> Option<(Millis, &[Value])> {
        let (since, keeps) = (since(fact, t), fact.keep().len());
        let counts = |row: &Row| {
            row.at > since
                && group.is_none_or(|group| group == row.group)
                && self.net(fact, *row, since) != 0
        };
        let (place, row) =
            self.open.iter(fact.shape()).enumerate().rev().find(|(_, row)| counts(row))?;
        Some((row.at, self.kept.get(place * keeps..(place + 1) * keeps).unwrap_or_default()))
    }

    /// How many groups have something at `t`.
    pub fn groups(&self, fact: &Definition, t: Millis) -> usize {
        self.groups.iter().filter(|text| self.has_some(fact, key_hash(text), t)).count()
    }

    fn has_some(&self, fact: &Definition, group: u64, t: Millis) -> bool {
        self.last(fact, Some(group), t).is_some()
    }

    /// The group with most at `t`; of equal ones the newest, then the first by its text.
    pub fn top(&self, fact: &Definition, t: Millis) -> Option<&str> {
        let rank = |text: &&CompactString| {
            let group = key_hash(text);
            let newest = self.last(fact, Some(group), t).map(|(at, _)| at);
            let number = if fact.is_last() { 0 } else { self.number(fact, Some(group), t) };
            (number, newest, std::cmp::Reverse((*text).clone()))
        };
        let some = self.groups.iter().filter(|text| self.has_some(fact, key_hash(text), t));
        some.max_by_key(rank).map(CompactString::as_str)
    }

    /// What both would be had their events come to one customer: no event is in both.
    pub fn merge(&mut self, fact: &Definition, other: &Self, seen: Millis) {
        self.base = self.base.saturating_add(other.base);
        self.raise_floor(fact, other.floor);
        let keeps = fact.keep().len();
        for (place, row) in other.open.iter(fact.shape()).enumerate() {
            let group = other.groups.iter().find(|text| key_hash(text) == row.group);
            let kept = other.kept.get(place * keeps..(place + 1) * keeps).unwrap_or_default();
            let contribution = Contribution {
                at: row.at,
                key: row.key,
                group: group.map(|text| Cow::Borrowed(text.as_str())),
                amount: amount(fact, row),
                kept: kept.to_vec(),
            };
            self.add(fact, contribution, seen);
        }
        for mark in other.marks.iter(fact.mark_shape()) {
            self.take(fact, whole(fact, mark), seen);
        }
    }

    /// The row of the same key, if there is one. Of the last event every key is one, also that of those without.
    fn of_key(&self, fact: &Definition, row: Row) -> Option<(usize, Row)> {
        let keyed = row.key != 0 || fact.is_last();
        let same = |other: &Row| keyed && (other.key, other.group) == (row.key, row.group);
        self.open.iter(fact.shape()).enumerate().find(|(_, other)| same(other))
    }

    fn replaces(&self, fact: &Definition, known: (usize, Row), row: Row, kept: &[Value]) -> bool {
        let (place, known) = known;
        let keeps = fact.keep().len();
        let before = self.kept.get(place * keeps..(place + 1) * keeps).unwrap_or_default();
        match row.at.cmp(&known.at) {
            Ordering::Equal if fact.is_last() => compare(kept, before).is_gt(),
            Ordering::Equal => amount(fact, row) < amount(fact, known),
            newer => newer.is_gt(),
        }
    }

    fn put(&mut self, fact: &Definition, row: Row, group: Option<&str>, kept: Vec<Value>) {
        let keeps = fact.keep().len();
        let before = self.open.len(fact.shape());
        let place = self.open.insert(fact.shape(), row);
        if keeps > 0 {
            self.kept.resize(before * keeps, Value::Null);
            self.kept.reserve_exact(keeps);
            self.kept.extend(kept);
            self.kept.resize((before + 1) * keeps, Value::Null);
            self.kept[place * keeps..].rotate_right(keeps);
        }
        let text = group.filter(|text| !self.groups.iter().any(|known| known.as_str() == *text));
        if let Some(text) = text {
            self.groups.reserve_exact(1);
            self.groups.push(text.into());
        }
    }

    fn take_out(&mut self, fact: &Definition, place: usize) {
        let keeps = fact.keep().len();
        let group = self.open.iter(fact.shape()).nth(place).map(|row| row.group);
        self.open.remove(fact.shape(), place);
        if self.kept.len() >= (place + 1) * keeps {
            self.kept.drain(place * keeps..(place + 1) * keeps);
        }
        if fact.by.is_some() && !self.open.iter(fact.shape()).any(|row| Some(row.group) == group) {
            self.groups.retain(|text| Some(key_hash(text)) != group);
        }
    }

    /// After a row of this group was put.
    fn keep_bounds(&mut self, fact: &Definition, group: u64) {
        self.keep_open(fact, group);
        self.keep_groups(fact);
    }

    /// The newest of a group stay open.
    fn keep_open(&mut self, fact: &Definition, group: u64) {
        let shape = fact.shape();
        let in_group = |row: &Row| row.group == group;
        while self.open.iter(shape).filter(in_group).count() > fact.open() {
            let Some(oldest) = self.open.iter(shape).position(|row| in_group(&row)) else { return };
            if fact.folds() {
                self.fold(fact, oldest);
            } else {
                self.take_out(fact, oldest);
            }
        }
    }

    /// The newest groups stay. With the oldest goes whatever is not later than its newest.
    fn keep_groups(&mut self, fact: &Definition) {
        let shape = fact.shape();
        while self.groups.len() > fact.bounds.keys {
            let newest = |text: &CompactString| {
                let group = key_hash(text);
                self.open.iter(shape).rev().find(|row| row.group == group).map(|row| row.at)
            };
            let Some(floor) = self.groups.iter().filter_map(newest).min() else { return };
            self.raise_floor(fact, floor);
        }
    }

    /// The newest marks stay. Where nothing is forgotten the oldest folds with what it takes away from.
    fn keep_marks(&mut self, fact: &Definition) {
        let shape = fact.mark_shape();
        while self.marks.len(shape) > fact.bounds.up_to {
            let oldest = self.marks.iter(shape).next().unwrap_or_default();
            let open = self.open.iter(fact.shape()).position(|row| row.key == oldest.key);
            match open.filter(|_| fact.folds()) {
                Some(place) => self.fold(fact, place),
                None => self.marks.remove(shape, 0),
            }
        }
    }

    /// Into other bounds.
    pub fn fit(&mut self, fact: &Definition) {
        let mut groups: Vec<u64> = self.open.iter(fact.shape()).map(|row| row.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.into_iter().for_each(|group| self.keep_open(fact, group));
        self.keep_groups(fact);
        self.keep_marks(fact);
    }

    fn raise_floor(&mut self, fact: &Definition, floor: Millis) {
        self.floor = self.floor.max(floor);
        self.forget_until(fact, self.floor);
    }

    /// The row no longer stays open, and still counts.
    fn fold(&mut self, fact: &Definition, place: usize) {
        let Some(row) = self.open.iter(fact.shape()).nth(place) else { return };
        self.base = self.base.saturating_add(self.net(fact, row, Millis::MIN));
        self.take_out(fact, place);
        let shape = fact.mark_shape();
        for place in (0..self.marks.len(shape)).rev() {
            if self.marks.iter(shape).nth(place).is_some_and(|mark| mark.key == row.key) {
                self.marks.remove(shape, place);
            }
        }
    }

    fn forget_old(&mut self, fact: &Definition, seen: Millis) {
        if fact.bounds.over.is_none() {
            return;
        }
        let since = since(fact, seen);
        self.forget_until(fact, since);
        let shape = fact.mark_shape();
        while self.marks.iter(shape).next().is_some_and(|mark| mark.at <= since) {
            self.marks.remove(shape, 0);
        }
    }

    fn forget_until(&mut self, fact: &Definition, until: Millis) {
        while self.open.iter(fact.shape()).next().is_some_and(|row| row.at <= until) {
            self.take_out(fact, 0);
        }
    }

    /// What is left of a contribution.
    fn net(&self, fact: &Definition, row: Row, since: Millis) -> i64 {
        let amount = amount(fact, row);
        if row.key == 0 || self.marks.words().is_empty() {
            return amount;
        }
        let marks = self.marks.iter(fact.mark_shape());
        let taken = marks.filter(|mark| mark.key == row.key && mark.at > since);
        let taken: i128 = taken.map(|mark| i128::from(whole(fact, mark).amount)).sum();
        let taken = taken.clamp(0, i128::from(amount.unsigned_abs())) as i64;
        amount - amount.signum() * taken
    }
}

/// What is not later than this does not count at `t`.
fn since(fact: &Definition, t: Millis) -> Millis {
    fact.bounds.over.map_or(Millis::MIN, |over| t.saturating_sub(over))
}

/// A row of a sum has an amount; else it is one.
fn amount(fact: &Definition, row: Row) -> i64 {
    if matches!(fact.kind, Kind::Sum(_)) { row.amount } else { 1 }
}

/// The mark; whole where no amount is kept.
fn whole(fact: &Definition, mark: Row) -> Row {
    if fact.mark_shape().amount { mark } else { Row { amount: WHOLE, ..mark } }
}

/// An order of what is kept, so that of one time the same is the last whatever came first.
fn compare(one: &[Value], other: &[Value]) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::Text(_) => 3,
    };
    let single = |(one, other): (&Value, &Value)| match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => one.total_cmp(other),
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (one, other) => rank(one).cmp(&rank(other)),
    };
    one.iter().zip(other).map(single).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
