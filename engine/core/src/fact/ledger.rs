//! Points, or credit of any other kind: what is earned expires, what is spent is taken from what expires first. The ledger is reckoned over its entries, in
//! order of their times, whenever it is read: so what comes late stands where it belongs.
//!
//! What a ledger says is a function of the set of its events, not of their order, as long as no event comes that is not later than what has folded:
//! - The newest entries stay open, as many as the definition has room for. A key is one entry: of its newest event, of one time the smaller amount;
//!   one that was undone is worth nothing, whichever came first, and stands at the newest time of all that was said of the key.
//! - What is older folds, the earliest first, into one lot (or a debt): the two lots that expire soonest become one, and the later expiry counts.
//!
//! An entry takes 16 bytes, sorted as one number: time, kind, key, amount.

use super::book::EntryKind;
use super::definition::Definition;
use crate::time::{Millis, NEVER};
use thin_vec::ThinVec;

const AMOUNT_BITS: u32 = 40;
const KEY_BITS: u32 = 38;
const KIND_BITS: u32 = 2;
/// The greatest amount of an entry, in ten-thousandths: 109 million.
pub const MAX_AMOUNT: i64 = (1 << AMOUNT_BITS) - 1;
/// The greatest distance of a time from 1970: 4,459 years.
const MAX_TIME: Millis = (1 << 47) - 1;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// What has folded: of a lot what is left, of a debt how much (negative).
    pub(super) balance: i64,
    /// When that lot was earned.
    pub(super) earned: Millis,
    /// What is not later than this has folded.
    pub(super) floor: Millis,
    /// Entries, earliest first.
    pub(super) open: ThinVec<u128>,
}

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it does.
    pub kind: EntryKind,
    /// Event time.
    pub at: Millis,
    /// What it is known by; 0 without. Of it 38 bits are kept.
    pub key: u64,
    /// How much, in ten-thousandths. What is below nothing is nothing.
    pub amount: i64,
}

/// Kinds of entries that are kept. Of one time they count in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Earned,
    Undone,
    Spent,
    Reset,
}

/// An entry, unpacked.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    at: Millis,
    kind: Kept,
    key: u64,
    amount: i64,
}

/// Points that were earned together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// When.
    pub earned: Millis,
    /// When they expire; [`NEVER`] if they do not.
    pub expires: Millis,
    /// What is left of them, in ten-thousandths; of those that have expired what was left then.
    pub left: i64,
}

/// What the entries come to.
struct Reckoned {
    lots: Vec<Lot>,
    /// Those before this have expired, or nothing is left of them.
    first: usize,
    debt: i64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { balance: 0, earned: Millis::MIN, floor: Millis::MIN, open: ThinVec::new() }
    }
}

impl Row {
    fn pack(self) -> u128 {
        let at = (self.at.clamp(-MAX_TIME, MAX_TIME) + MAX_TIME) as u128;
        let kind = match self.kind {
            Kept::Earned => 0,
            Kept::Undone => 1,
            Kept::Spent => 2,
            Kept::Reset => 3,
        };
        let amount = self.amount.clamp(0, MAX_AMOUNT) as u128;
        let words = (at << KIND_BITS | kind) << KEY_BITS | u128::from(self.key);
        words << AMOUNT_BITS | amount
    }

    fn unpack(packed: u128) -> Self {
        let bits = |from: u32, many: u32| (packed >> from & ((1 << many) - 1)) as u64;
        let kind = match bits(AMOUNT_BITS + KEY_BITS, KIND_BITS) {
            0 => Kept::Earned,
            1 => Kept::Undone,
            2 => Kept::Spent,
            _ => Kept::Reset,
        };
        Self {
            at: (packed >> (AMOUNT_BITS + KEY_BITS + KIND_BITS)) as Millis - MAX_TIME,
            kind,
            key: bits(AMOUNT_BITS, KEY_BITS),
            amount: bits(0, AMOUNT_BITS).cast_signed(),
        }
    }

    fn of(entry: Entry) -> Self {
        let kind = match entry.kind {
            EntryKind::Earn => Kept::Earned,
            EntryKind::Undo => Kept::Undone,
            EntryKind::Spend => Kept::Spent,
            EntryKind::Reset => Kept::Reset,
        };
        let key = if entry.key == 0 { 0 } else { (entry.key >> (64 - KEY_BITS)).max(1) };
        let amount = if kind == Kept::Undone { 0 } else { entry.amount };
        Self { at: entry.at, kind, key, amount }
    }

    /// Whether both are one entry: of one key, or what the balance is at one time. What is known by a key of one line no other line knows.
    fn is_of(&self, other: &Self) -> bool {
        match (self.kind, other.kind) {
            (Kept::Reset, Kept::Reset) => self.at == other.at,
            (Kept::Reset, _) | (_, Kept::Reset) => false,
            (Kept::Earned | Kept::Undone | Kept::Spent, _) => {
                self.key != 0 && self.key == other.key
            }
        }
    }

    /// What two of one key come to.
    fn joined(self, other: Self) -> Self {
        if self.kind == Kept::Undone || other.kind == Kept::Undone {
            return Self { at: self.at.max(other.at), kind: Kept::Undone, amount: 0, ..self };
        }
        let newer = (other.at, -other.amount) > (self.at, -self.amount);
        if newer { other } else { self }
    }
}

/// An entry as it is stored: its time (counted from the earliest that there is), kind and key, the amount.
pub(super) fn words(packed: u128) -> [i64; 3] {
    let low = |from: u32, many: u32| (packed >> from & ((1 << many) - 1)) as i64;
    [
        (packed >> (AMOUNT_BITS + KEY_BITS + KIND_BITS)) as i64,
        low(AMOUNT_BITS, KEY_BITS + KIND_BITS),
        low(0, AMOUNT_BITS),
    ]
}

/// The same again; none where it is no entry.
pub(super) fn packed([at, key, amount]: [i64; 3]) -> Option<u128> {
    let fits = |number: i64, most: i64| u128::try_from(number).ok().filter(|_| number <= most);
    let at = fits(at, 2 * MAX_TIME)?;
    let key = fits(key, (1 << (KEY_BITS + KIND_BITS)) - 1)?;
    let amount = fits(amount, MAX_AMOUNT)?;
    Some((at << (KEY_BITS + KIND_BITS) | key) << AMOUNT_BITS | amount)
}

impl Ledger {
    /// Enters what an event says.
    pub fn enter(&mut self, fact: &Definition, entry: Entry) {
        let row = Row::unpack(Row::of(entry).pack());
        let says_nothing = row.key == 0 && row.amount == 0 && row.kind != Kept::Reset;
        if !says_nothing {
            self.put(fact, row);
        }
    }

    fn put(&mut self, fact: &Definition, row: Row) {
        let known = self.rows().position(|other| other.is_of(&row));
        if known.is_none() && row.at <= self.floor {
            // What the balance was then, nobody can tell any more what has come of it.
            if row.kind != Kept::Reset {
                self.fold(fact, row);
            }
            return;
        }
        let row = known.map_or(row, |place| Row::unpack(self.open.remove(place)).joined(row));
        let packed = row.pack();
        let place = self.open.partition_point(|other| *other < packed);
        self.open.reserve_exact(1);
        self.open.insert(place, packed);
        self.fit(fact);
    }

    /// Into other bounds: the newest entries stay open.
    pub fn fit(&mut self, fact: &Definition) {
        while self.open.len() > fact.bounds.up_to {
            let row = Row::unpack(self.open.remove(0));
            self.fold(fact, row);
        }
    }

    /// The entry, which is older than all that stay open, becomes part of what has folded.
    fn fold(&mut self, fact: &Definition, row: Row) {
        let at = row.at.max(self.floor);
        if expires(fact, self.earned) <= at {
            self.balance = self.balance.min(0);
        }
        self.floor = at;
        match row.kind {
            Kept::Earned if expires(fact, row.at) > at => self.add(row.at, row.amount),
            Kept::Spent => self.balance = self.balance.saturating_sub(row.amount),
            Kept::Reset if row.amount > self.balance => {
                self.add(row.at, row.amount.saturating_sub(self.balance));
            }
            Kept::Reset => self.balance = row.amount,
            Kept::Earned | Kept::Undone => {}
        }
    }

    /// A lot more: it pays the debt, and folds with the lot that is there.
    fn add(&mut self, at: Millis, amount: i64) {
        if amount > 0 {
            self.earned = if self.balance > 0 { self.earned.max(at) } else { at };
            self.balance = self.balance.saturating_add(amount);
        }
    }

    /// What both would be had their events come to one customer: no event is in both.
    pub fn merge(&mut self, fact: &Definition, other: &Self) {
        if other.floor > Millis::MIN {
            self.fold_until(fact, other.floor);
            let balance = if expires(fact, other.earned) <= self.floor {
                other.balance.min(0)
            } else {
                other.balance
            };
            if balance > 0 {
                self.add(other.earned, balance);
            } else {
                self.balance = self.balance.saturating_add(balance);
            }
        }
        other.rows().for_each(|row| self.put(fact, row));
    }

    /// What is not later than this folds.
    fn fold_until(&mut self, fact: &Definition, floor: Millis) {
        while let Some(first) =
            self.open.first().copied().map(Row::unpack).filter(|row| row.at <= floor)
        {
            self.open.remove(0);
            self.fold(fact, first);
        }
        self.floor = self.floor.max(floor);
        if expires(fact, self.earned) <= self.floor {
            self.balance = self.balance.min(0);
        }
    }

    fn rows(&self) -> impl Iterator<Item = Row> {
        self.open.iter().copied().map(Row::unpack)
    }

    fn reckoned(&self, fact: &Definition) -> Reckoned {
        let mut reckoned = Reckoned { lots: Vec::new(), first: 0, debt: 0 };
        match self.balance {
            debt @ ..0 => reckoned.debt = debt.saturating_neg(),
            0 => {}
            left => reckoned.lots.push(Lot::new(fact, self.earned, left)),
        }
        for row in self.rows() {
            reckoned.until(row.at);
            match row.kind {
                Kept::Earned => reckoned.earn(fact, row.at, row.amount),
                Kept::Undone => {}
                Kept::Spent => reckoned.spend(row.amount),
                Kept::Reset => {
                    let more = row.amount.saturating_sub(reckoned.net());
                    if more > 0 {
                        reckoned.earn(fact, row.at, more);
                    } else {
                        reckoned.spend(more.saturating_neg());
                    }
                }
            }
        }
        reckoned
    }

    /// What can be spent at `t`, in ten-thousandths.
    pub fn balance(&self, fact: &Definition, t: Millis) -> i64 {
        self.live(fact, t).iter().fold(0, |sum, lot| sum.saturating_add(lot.left))
    }

    /// What was spent and not there, and has not been earned since, in ten-thousandths.
    pub fn debt(&self, fact: &Definition) -> i64 {
        self.reckoned(fact).debt
    }

    /// When the first of what can be spent at `t` expires; none where nothing does.
    pub fn next_expiry(&self, fact: &Definition, t: Millis) -> Option<Millis> {
        self.live(fact, t).first().map(|lot| lot.expires).filter(|at| *at != NEVER)
    }

    /// How much of what can be spent at `t` expires within a time, in ten-thousandths.
    pub fn expiring(&self, fact: &Definition, within: Millis, t: Millis) -> i64 {
        let lots = self.live(fact, t);
        let soon = lots.iter().filter(|lot| lot.expires <= t.saturating_add(within));
        soon.fold(0, |sum, lot| sum.saturating_add(lot.left))
    }

    /// The lots of which something was left when they expired, or is left now, by when they expire. It is not asked when now is.
    pub fn lots(&self, fact: &Definition) -> impl Iterator<Item = Lot> {
        self.reckoned(fact).lots.into_iter().filter(|lot| lot.left > 0)
    }

    /// What can be spent at `t`.
    pub(super) fn live(&self, fact: &Definition, t: Millis) -> Vec<Lot> {
        let mut reckoned = self.reckoned(fact);
        reckoned.until(t);
        let mut lots = reckoned.lots.split_off(reckoned.first);
        lots.retain(|lot| lot.left > 0);
        lots
    }

    /// Bytes of so many entries.
    pub(super) const fn bytes(entries: usize) -> usize {
        size_of::<Self>() + 16 + size_of::<u128>() * entries
    }
}

impl Lot {
    fn new(fact: &Definition, earned: Millis, left: i64) -> Self {
        Self { earned, expires: expires(fact, earned), left }
    }
}

impl Reckoned {
    /// What has expired by then can no longer be spent.
    fn until(&mut self, t: Millis) {
        let gone = |lot: &Lot| lot.expires <= t || lot.left == 0;
        while self.lots.get(self.first).is_some_and(gone) {
            self.first += 1;
        }
    }

    fn earn(&mut self, fact: &Definition, at: Millis, amount: i64) {
        let paid = amount.min(self.debt);
        self.debt -= paid;
        if amount > paid {
            self.lots.push(Lot::new(fact, at, amount - paid));
        }
    }

    fn spend(&mut self, mut amount: i64) {
        for lot in &mut self.lots[self.first..] {
            let taken = lot.left.min(amount);
            lot.left -= taken;
            amount -= taken;
        }
        self.debt = self.debt.saturating_add(amount);
    }

    fn net(&self) -> i64 {
        let lots = self.lots[self.first..].iter();
        lots.fold(self.debt.saturating_neg(), |sum, lot| sum.saturating_add(lot.left))
    }
}

fn expires(fact: &Definition, earned: Millis) -> Millis {
    fact.bounds.over.map_or(NEVER, |over| earned.saturating_add(over))
}

#[cfg(test)]
mod tests;
