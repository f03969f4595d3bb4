//! Ledgers: all that was ever entered, one line below the other, and reckoned from the first line each time that one is read.

use super::happened::{Foreign, Happened, currency_differs, is_of_items, items};
use crate::reference::condition::{V, value_alone};
use crate::reference::odd;
use cartwheel_core::fact::{BookLine, Definition, EntryKind, MAX_AMOUNT, Reading, Role};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What an event says to a line of the book.
#[derive(Clone)]
struct Word {
    kind: EntryKind,
    at: Millis,
    /// With what tells the line's keys apart.
    key: Option<(u64, String)>,
    amount: i64,
}

/// What is earned together.
#[derive(Clone, Copy)]
struct Lot {
    at: Millis,
    left: i64,
}

/// The sheet, as far as it has been reckoned.
struct Sheet {
    expire: Option<Millis>,
    lots: Vec<Lot>,
    debt: i64,
}

/// What a condition reads at `t`.
pub fn read(plan: &Plan, fact: &Definition, events: &[Happened], reading: Reading, t: Millis) -> V {
    let sheet = reckon(plan, fact, events);
    let live: Vec<&Lot> = sheet.lots.iter().filter(|lot| sheet.can_be_spent(lot, t)).collect();
    let sum = |lots: &[&Lot]| lots.iter().map(|lot| lot.left).sum::<i64>() as f64 / 10_000.0;
    match reading {
        Reading::Balance => V::Number(sum(&live)),
        Reading::Debt => V::Number(sheet.debt as f64 / 10_000.0),
        Reading::Expiring(within) => {
            let soon = |lot: &&&Lot| sheet.expires(lot).is_some_and(|at| at <= t + within);
            V::Number(sum(&live.iter().filter(soon).copied().collect::<Vec<_>>()))
        }
        Reading::NextExpiry => {
            let next = live.iter().filter_map(|lot| sheet.expires(lot)).min();
            next.map_or(V::Null, V::Instant)
        }
        _ => V::Null,
    }
}

/// When lots expire of which something is left then, or was.
pub fn expiries(plan: &Plan, fact: &Definition, events: &[Happened]) -> Vec<Millis> {
    let sheet = reckon(plan, fact, events);
    let left = sheet.lots.iter().filter(|lot| lot.left > 0);
    let mut all: Vec<Millis> = left.filter_map(|lot| sheet.expires(lot)).collect();
    all.sort_unstable();
    all
}

/// Whether a line leaves an amount of the event out, which is in another currency.
pub fn is_foreign(plan: &Plan, fact: &Definition, happened: &Happened) -> bool {
    words(plan, fact, happened).iter().any(Result::is_err)
}

fn words(plan: &Plan, fact: &Definition, happened: &Happened) -> Vec<Result<Word, Foreign>> {
    let lines = fact.book().map_or(&[][..], |book| &book.lines);
    let mut all = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        for (item, key) in items(plan, fact, Role::Line(number as u8), happened) {
            all.extend(word(plan, line, happened, (item, key)).transpose());
        }
    }
    all
}

fn word(
    plan: &Plan,
    line: &BookLine,
    happened: &Happened,
    (item, key): (Option<&Json>, Option<String>),
) -> Result<Option<Word>, Foreign> {
    let (at, body, kind) = (happened.at, &happened.body, line.entry);
    if line.currency.iter().any(|beside| currency_differs(plan, beside, body, item)) {
        return Err(Foreign);
    }
    let item = item.map(|item| (line.feed.item.as_str(), item, is_of_items(&line.feed)));
    let amount =
        line.amount.as_ref().and_then(|text| match value_alone(plan, text, (body, at), item) {
            V::Number(number) => Some(number),
            V::Text(text) => odd::number(&Json::String(text))?.as_f64(),
            _ => None,
        });
    let says = match kind {
        EntryKind::Earn | EntryKind::Spend => key.is_some() || amount.is_some(),
        EntryKind::Undo => key.is_some(),
        EntryKind::Reset => amount.is_some(),
    };
    let parts = amount.map_or(0, |amount| (amount * 10_000.0).round() as i64);
    let amount = parts.clamp(0, MAX_AMOUNT);
    Ok(says.then(|| Word { kind, at, key: key.map(|key| (line.salt, key)), amount }))
}

/// The lines of the sheet: when, in which order of one time, how much.
fn lines(plan: &Plan, fact: &Definition, events: &[Happened]) -> Vec<(Millis, u8, i64)> {
    let mut of_keys: BTreeMap<(u64, String), Vec<Word>> = BTreeMap::new();
    let mut resets: BTreeMap<Millis, i64> = BTreeMap::new();
    let mut lines = Vec::new();
    for word in events.iter().flat_map(|event| words(plan, fact, event)).flatten() {
        match (word.kind, &word.key) {
            (EntryKind::Reset, _) => {
                let least = resets.entry(word.at).or_insert(word.amount);
                *least = word.amount.min(*least);
            }
            (_, Some(key)) => of_keys.entry(key.clone()).or_default().push(word),
            (EntryKind::Spend, None) => lines.push((word.at, 2, word.amount)),
            (EntryKind::Earn | EntryKind::Undo, None) => lines.push((word.at, 0, word.amount)),
        }
    }
    // Nothing, for nobody in particular, is no line.
    lines.retain(|(.., amount)| *amount > 0);
    for words in of_keys.into_values() {
        let last = words.iter().map(|word| word.at).max().expect("at least one");
        let newest = words.iter().filter(|word| word.at == last);
        let amount = newest.map(|word| word.amount).min().expect("at least one");
        lines.push(if words.iter().any(|word| word.kind == EntryKind::Undo) {
            (last, 1, 0)
        } else if words[0].kind == EntryKind::Spend {
            (last, 2, amount)
        } else {
            (last, 0, amount)
        });
    }
    lines.extend(resets.into_iter().map(|(at, amount)| (at, 3, amount)));
    lines.sort_unstable();
    lines
}

fn reckon(plan: &Plan, fact: &Definition, events: &[Happened]) -> Sheet {
    let lines = lines(plan, fact, events);
    let folds = lines.len().saturating_sub(fact.bounds.up_to);
    let mut sheet = Sheet { expire: fact.bounds.over, lots: Vec::new(), debt: 0 };
    for (place, (at, kind, amount)) in lines.into_iter().enumerate() {
        match kind {
            0 | 1 => sheet.earn(at, amount),
            2 => sheet.spend(at, amount),
            _ => {
                let live = sheet.lots.iter().filter(|lot| sheet.can_be_spent(lot, at));
                let there = live.map(|lot| lot.left).sum::<i64>() - sheet.debt;
                sheet.earn(at, (amount - there).max(0));
                sheet.spend(at, (there - amount).max(0));
            }
        }
        if place < folds {
            sheet.fold(at);
        }
    }
    sheet
}

impl Sheet {
    fn expires(&self, lot: &Lot) -> Option<Millis> {
        Some(lot.at + self.expire?)
    }

    fn can_be_spent(&self, lot: &Lot, t: Millis) -> bool {
        lot.left > 0 && self.expires(lot).is_none_or(|at| at > t)
    }

    fn earn(&mut self, at: Millis, amount: i64) {
        let paid = amount.min(self.debt);
        self.debt -= paid;
        self.lots.push(Lot { at, left: amount - paid });
    }

    /// What expires first goes first.
    fn spend(&mut self, at: Millis, amount: i64) {
        let mut missing = amount;
        while missing > 0 {
            let live =
                (0..self.lots.len()).filter(|place| self.can_be_spent(&self.lots[*place], at));
            let Some(first) = live.min_by_key(|place| self.lots[*place].at) else { break };
            let taken = missing.min(self.lots[first].left);
            self.lots[first].left -= taken;
            missing -= taken;
        }
        self.debt += missing;
    }

    /// What is left is one lot, which expires when the last of them does.
    fn fold(&mut self, at: Millis) {
        let live: Vec<Lot> =
            self.lots.iter().filter(|lot| self.can_be_spent(lot, at)).copied().collect();
        let last = live.iter().map(|lot| lot.at).max();
        let left = live.iter().map(|lot| lot.left).sum();
        self.lots = last.map(|at| Lot { at, left }).into_iter().collect();
    }
}
