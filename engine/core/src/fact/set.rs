//! Which keys there are. Each is a register: its newest event says whether it is in; of one time it is not. What is out is remembered as well, so that
//! an older event does not bring it back.

use super::definition::Definition;
use super::rows::{Row, Rows, Shape};
use crate::time::Millis;

/// A time and a key, whose lowest bit says that it is out.
const SHAPE: Shape = Shape { key: true, amount: false, group: false };
const OUT: u64 = 1;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// What is not later than this had no room.
    pub(super) floor: Millis,
    pub(super) rows: Rows,
}

impl Default for Set {
    fn default() -> Self {
        Self { floor: Millis::MIN, rows: Rows::default() }
    }
}

impl Set {
    /// The key is in, or out, as of `at`. What has grown old at `seen` is forgotten.
    pub fn note(&mut self, fact: &Definition, at: Millis, key: u64, is_in: bool, seen: Millis) {
        self.forget_until(since(fact, seen));
        let row = Row { at, key: name(key) | if is_in { 0 } else { OUT }, ..Row::default() };
        if at <= self.floor {
            return;
        }
        let known = self.rows.iter(SHAPE).enumerate().find(|(_, row)| name(row.key) == name(key));
        if let Some((place, known)) = known {
            if (known.at, known.key & OUT) >= (at, row.key & OUT) {
                return;
            }
            self.rows.remove(SHAPE, place);
        }
        self.rows.insert(SHAPE, row);
        self.fit(fact);
    }

    /// Into other bounds: the newest keys stay. With the oldest goes whatever is not later.
    pub fn fit(&mut self, fact: &Definition) {
        while self.rows.len(SHAPE) > Self::room(fact) {
            self.floor = self.rows.iter(SHAPE).next().map_or(self.floor, |row| row.at);
            self.forget_until(self.floor);
        }
    }

    /// How many keys are in at `t`.
    pub fn size(&self, fact: &Definition, t: Millis) -> usize {
        self.elements(fact, t).count()
    }

    /// Whether the key is in at `t`.
    pub fn contains(&self, fact: &Definition, key: u64, t: Millis) -> bool {
        self.elements(fact, t).any(|row| row.key == name(key))
    }

    /// What both would be had their events come to one customer.
    pub fn merge(&mut self, fact: &Definition, other: &Self, seen: Millis) {
        self.floor = self.floor.max(other.floor);
        self.forget_until(self.floor);
        for row in other.rows.iter(SHAPE) {
            self.note(fact, row.at, row.key, row.key & OUT == 0, seen);
        }
    }

    /// Which keys are in, those that have grown too old since the set was touched last included; each as [`Set::named`].
    pub fn keys(&self, fact: &Definition) -> impl Iterator<Item = u64> {
        self.elements(fact, Millis::MIN).map(|row| row.key)
    }

    /// What a key is called in a set.
    pub const fn named(key: u64) -> u64 {
        name(key)
    }

    /// The times of what is in, or out.
    pub(super) fn times(&self) -> impl Iterator<Item = Millis> {
        self.rows.iter(SHAPE).map(|row| row.at)
    }

    fn elements(&self, fact: &Definition, t: Millis) -> impl Iterator<Item = Row> {
        let since = since(fact, t);
        let is_in = move |row: &Row| row.at > since && row.key & OUT == 0;
        self.rows.iter(SHAPE).rev().filter(is_in).take(fact.bounds.keys)
    }

    fn forget_until(&mut self, until: Millis) {
        while self.rows.iter(SHAPE).next().is_some_and(|row| row.at <= until) {
            self.rows.remove(SHAPE, 0);
        }
    }

    /// Keys that are remembered: as many that are out as may be in.
    pub(super) const fn room(fact: &Definition) -> usize {
        2 * fact.bounds.keys
    }

    /// Bytes of so many keys.
    pub(super) const fn bytes(keys: usize) -> usize {
        size_of::<Self>() + Rows::bytes(SHAPE, keys)
    }
}

const fn name(key: u64) -> u64 {
    key & !OUT
}

fn since(fact: &Definition, t: Millis) -> Millis {
    fact.bounds.over.map_or(Millis::MIN, |over| t.saturating_sub(over))
}
