//! What an event, or each item of one of its lists, means to a fact.

use super::book::{BookLine, EntryKind};
use super::definition::{Amount, Definition, Kind, MAX_ITEMS, Role};
use super::feed::Feed;
use super::ledger::Entry;
use super::path::{MAX_TEXT, Path, key_hash, key_text};
use super::rows::Row;
use super::sum::parts;
use super::tally::{Contribution, WHOLE};
use crate::event::{Event, Raw, array_elements};
use crate::time::Millis;
use xxhash_rust::xxh3::xxh3_64;

/// An event and when it happened.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'o> {
    /// The event.
    pub event: &'o Event<'o>,
    /// Event time.
    pub at: Millis,
    /// The greatest record time so far.
    pub seen: Millis,
    /// The currency that is counted; none: any.
    pub currency: Option<&'o str>,
}

/// What one of them does.
#[derive(Clone, Debug)]
pub(super) enum Deed<'o> {
    /// It adds.
    Add(Contribution<'o>),
    /// It takes away from what its key has contributed.
    Take(Row),
    /// It is entered.
    Enter(Entry),
}

/// An amount in another currency.
pub(super) struct Foreign;

impl<'o> Occurrence<'o> {
    /// What it does to a fact in this role, in order; `admits` says whether a condition lets the event, or an item of it, count, `amount` what a line
    /// makes of it. True if an amount was left out because it is in another currency.
    pub(super) fn deeds(
        &self,
        fact: &Definition,
        role: Role,
        (admits, amount): (
            impl Fn(Option<Raw<'o>>) -> bool,
            impl Fn(Option<Raw<'o>>) -> Option<f64>,
        ),
        mut take: impl FnMut(Deed<'_>),
    ) -> bool {
        let Some(feed) = fact.feed(role) else { return false };
        let mut foreign = false;
        let mut one = |item: Option<Raw<'o>>, key: u64| {
            if !admits(item) {
                return;
            }
            let deed = match role {
                Role::Line(number) => self.entry(fact, number, (item, key), &amount),
                Role::Adds | Role::Takes => self.deed(fact, role, item, key),
            };
            match deed {
                Ok(Some(deed)) => take(deed),
                Ok(None) => {}
                Err(Foreign) => foreign = true,
            }
        };
        let Some(list) = &feed.each else {
            one(None, self.key(feed, None));
            return foreign;
        };
        let list = list.raw(self.event, None).filter(|raw| raw.is_array());
        let mut keys = Vec::new();
        for item in list.into_iter().flat_map(array_elements).take(MAX_ITEMS) {
            // Of equal keys the first counts.
            let key = self.key(feed, Some(item));
            if key != 0 && keys.contains(&key) {
                continue;
            }
            keys.push(key);
            one(Some(item), key);
        }
        foreign
    }

    /// The key's hash; 0 without a key.
    fn key(&self, feed: &Feed, item: Option<Raw<'o>>) -> u64 {
        let raw = feed.key.as_ref().and_then(|path| path.raw(self.event, item));
        raw.and_then(key_text).map_or(0, |text| key_hash(&text))
    }

    fn deed(
        &self,
        fact: &Definition,
        role: Role,
        item: Option<Raw<'o>>,
        key: u64,
    ) -> Result<Option<Deed<'o>>, Foreign> {
        let needs_key = role == Role::Takes || fact.kind == Kind::Set;
        if needs_key && key == 0 {
            return Ok(None);
        }
        match role {
            Role::Adds => self.contribution(fact, item, key),
            Role::Takes => Ok(Some(Deed::Take(self.mark(fact, item, key)?))),
            Role::Line(_) => Ok(None),
        }
    }

    /// What a line of a ledger makes of it.
    fn entry(
        &self,
        fact: &Definition,
        line: u8,
        (item, key): (Option<Raw<'o>>, u64),
        amount: &impl Fn(Option<Raw<'o>>) -> Option<f64>,
    ) -> Result<Option<Deed<'o>>, Foreign> {
        let Some(line) = fact.book().and_then(|book| book.line(line)) else { return Ok(None) };
        if line.currency.iter().any(|beside| self.is_foreign(beside, item)) {
            return Err(Foreign);
        }
        let amount = amount(item);
        let says = match line.entry {
            EntryKind::Earn | EntryKind::Spend => key != 0 || amount.is_some(),
            EntryKind::Undo => key != 0,
            EntryKind::Reset => amount.is_some(),
        };
        let (kind, key, at) = (line.entry, salted(line, key), self.at);
        let entry = Entry { kind, at, key, amount: amount.map_or(0, parts) };
        Ok(says.then_some(Deed::Enter(entry)))
    }

    fn contribution(
        &self,
        fact: &Definition,
        item: Option<Raw<'o>>,
        key: u64,
    ) -> Result<Option<Deed<'o>>, Foreign> {
        let mut added = Contribution { at: self.at, amount: 1, ..Contribution::default() };
        if fact.shape().key || fact.kind == Kind::Set {
            added.key = key;
        }
        if let Kind::Sum(amount) = &fact.kind {
            added.amount = self.amount(amount, item)?.unwrap_or(0);
        }
        if let Some(by) = &fact.by {
            let text = by.raw(self.event, item).and_then(key_text);
            match text.filter(|text| text.len() <= MAX_TEXT) {
                Some(text) => added.group = Some(text),
                None => return Ok(None),
            }
        }
        added.kept = fact.keep().iter().map(|path| path.kept(self.event, item)).collect();
        Ok(Some(Deed::Add(added)))
    }

    fn mark(&self, fact: &Definition, item: Option<Raw<'o>>, key: u64) -> Result<Row, Foreign> {
        let whole = Row { at: self.at, key, group: 0, amount: WHOLE };
        let Some(takes) = &fact.takes else { return Ok(whole) };
        let amount = takes.amount.as_ref().map(|amount| self.amount(amount, item)).transpose()?;
        let Some(amount) = amount.flatten() else { return Ok(whole) };
        let id = takes.id.as_ref().and_then(|path| path.raw(self.event, item)).and_then(key_text);
        // Without an id those of one time and amount are one.
        let unnamed = || {
            let both = [self.at.to_le_bytes(), amount.to_le_bytes()];
            xxh3_64(both.as_flattened()).max(1)
        };
        let group = id.map_or_else(unnamed, |text| key_hash(&text));
        Ok(Row { group, amount, ..whole })
    }

    /// The number in ten-thousandths; none where there is none.
    fn amount(&self, amount: &Amount, item: Option<Raw<'o>>) -> Result<Option<i64>, Foreign> {
        if self.is_foreign(&amount.currency, item) {
            return Err(Foreign);
        }
        Ok(amount.path.raw(self.event, item).and_then(Raw::number).map(parts))
    }

    /// Whether the event names another currency than the one that is counted, at the first of these places where there is something.
    fn is_foreign(&self, beside: &[Path], item: Option<Raw<'o>>) -> bool {
        let Some(counted) = self.currency else { return false };
        let named = beside.iter().find_map(|path| path.raw(self.event, item));
        let same = |raw: Raw<'o>| {
            raw.string().is_some_and(|text| text.trim().eq_ignore_ascii_case(counted))
        };
        named.is_some_and(|raw| !same(raw))
    }
}

/// A key, told apart from those of other lines.
fn salted(line: &BookLine, key: u64) -> u64 {
    match key {
        0 => 0,
        key => xxh3_64([line.salt.to_le_bytes(), key.to_le_bytes()].as_flattened()).max(1),
    }
}
