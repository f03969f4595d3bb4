//! A ledger against a sheet of paper: all entries one below the other, reckoned from the top each time.

use super::*;
use crate::fact::{Book, Bounds, Kind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const EXPIRE: Millis = 20;

fn fact(up_to: usize, expire: Option<Millis>) -> Definition {
    let bounds = Bounds { over: expire, up_to, ..Bounds::default() };
    let kind = Kind::Ledger(Book { lines: Vec::new() });
    Definition { bounds, ..Definition::plain("points", "x", kind) }
}

/// Keys are told apart by their highest bits.
fn key(number: u64) -> u64 {
    number << 58
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = prop_oneof![
        4 => Just(EntryKind::Earn),
        1 => Just(EntryKind::Undo),
        3 => Just(EntryKind::Spend),
        1 => Just(EntryKind::Reset),
    ];
    (kind, 0..60_i64, 0..6_u64, 0..50_i64).prop_map(|(kind, at, number, amount)| {
        // What is earned and what is spent have other lines, so other keys; what is undone has one.
        let number = match kind {
            EntryKind::Earn => number,
            EntryKind::Undo => number.max(1),
            EntryKind::Spend if number > 3 => number + 10,
            EntryKind::Spend | EntryKind::Reset => 0,
        };
        Entry { kind, at, key: key(number), amount }
    })
}

/// What a customer is told.
#[derive(Debug, PartialEq)]
struct Told {
    balance: i64,
    debt: i64,
    next_expiry: Option<Millis>,
    expiring: i64,
}

fn told(fact: &Definition, ledger: &Ledger, t: Millis) -> Told {
    Told {
        balance: ledger.balance(fact, t),
        debt: ledger.debt(fact),
        next_expiry: ledger.next_expiry(fact, t),
        expiring: ledger.expiring(fact, 7, t),
    }
}

/// A line of the sheet: when, in which order of one time, how much.
type SheetLine = (Millis, u8, i64);

/// One line a key: undone ones are worth nothing, else the newest counts, and of one time the smaller. Of what the balance is one line a time.
fn sheet(entries: &[Entry]) -> Vec<SheetLine> {
    let mut lines: Vec<SheetLine> = Vec::new();
    let mut keys: Vec<u64> = entries.iter().map(|entry| entry.key).filter(|key| *key > 0).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.key == key).collect();
        let last = own.iter().map(|entry| entry.at).max().unwrap_or(0);
        let newest = own.iter().filter(|entry| entry.at == last);
        let amount = newest.map(|entry| entry.amount).min().unwrap_or(0);
        match own[0].kind {
            EntryKind::Spend => lines.push((last, 2, amount)),
            _ if own.iter().any(|entry| entry.kind == EntryKind::Undo) => lines.push((last, 1, 0)),
            _ => lines.push((last, 0, amount)),
        }
    }
    for entry in entries.iter().filter(|entry| entry.key == 0) {
        match entry.kind {
            EntryKind::Earn if entry.amount > 0 => lines.push((entry.at, 0, entry.amount)),
            EntryKind::Spend if entry.amount > 0 => lines.push((entry.at, 2, entry.amount)),
            _ => {}
        }
    }
    let resets = entries.iter().filter(|entry| entry.kind == EntryKind::Reset);
    let mut resets: Vec<SheetLine> = resets.map(|entry| (entry.at, 3, entry.amount)).collect();
    resets.sort_unstable();
    resets.dedup_by_key(|line| line.0);
    lines.extend(resets);
    lines.sort_unstable();
    lines
}

/// From the top: whoever is about to be paid out looks through all lots. The first lines fold: whatever lots there are behind one of them are one.
fn by_hand(fact: &Definition, entries: &[Entry], t: Millis) -> Told {
    let lines = sheet(entries);
    let fold = lines.len().saturating_sub(fact.bounds.up_to);
    let (mut lots, mut debt): (Vec<(Millis, i64)>, i64) = (Vec::new(), 0);
    for (place, (at, kind, amount)) in lines.into_iter().enumerate() {
        let good = |lot: &&mut (Millis, i64)| fact.bounds.over.is_none_or(|over| lot.0 + over > at);
        let there: i64 = lots.iter_mut().filter(good).map(|lot| lot.1).sum();
        let change = match kind {
            0 | 1 => amount,
            2 => -amount,
            _ => amount - (there - debt),
        };
        if change > 0 {
            let paid = change.min(debt);
            debt -= paid;
            lots.push((at, change - paid));
        }
        for _ in 0..-change {
            match lots.iter_mut().filter(good).find(|lot| lot.1 > 0) {
                Some(lot) => lot.1 -= 1,
                None => debt += 1,
            }
        }
        if place < fold {
            lots.retain(|lot| fact.bounds.over.is_none_or(|over| lot.0 + over > at) && lot.1 > 0);
            let last = lots.iter().map(|lot| lot.0).max();
            let all = lots.iter().map(|lot| lot.1).sum();
            lots = last.map(|last| (last, all)).into_iter().collect();
        }
    }
    let expires = |lot: &(Millis, i64)| fact.bounds.over.map_or(NEVER, |over| lot.0 + over);
    lots.retain(|lot| lot.1 > 0 && expires(lot) > t);
    Told {
        balance: lots.iter().map(|lot| lot.1).sum(),
        debt,
        next_expiry: lots.iter().map(expires).min().filter(|at| *at != NEVER),
        expiring: lots.iter().filter(|lot| expires(lot) <= t + 7).map(|lot| lot.1).sum(),
    }
}

fn entered(fact: &Definition, entries: &[Entry]) -> Ledger {
    let mut ledger = Ledger::default();
    entries.iter().for_each(|entry| ledger.enter(fact, *entry));
    ledger
}

const TIMES: [Millis; 4] = [60, 66, 70, 95];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, rng_seed: RngSeed::Fixed(31), ..ProptestConfig::default() })]

    /// Refunds, late earns, expiry and debt, in any order of arrival.
    #[test]
    fn it_says_what_the_sheet_says_in_whatever_order_its_events_come(
        entries in prop::collection::vec(entry(), 0..40),
        expire in prop_oneof![3 => Just(Some(EXPIRE)), 1 => Just(None)],
    ) {
        let fact = fact(64, expire);
        let ledger = entered(&fact, &entries);
        for t in TIMES {
            prop_assert_eq!(told(&fact, &ledger, t), by_hand(&fact, &entries, t), "{:?}", entries);
        }
        prop_assert!(ledger.open.is_sorted());
    }

    /// What has no room folds, as long as nothing comes that is older than what has folded.
    #[test]
    fn it_folds_as_the_sheet_does(
        mut entries in prop::collection::vec(entry(), 0..40),
        up_to in 1..12_usize,
    ) {
        // Without keys: of one that has folded nothing is known any more.
        entries.iter_mut().for_each(|entry| entry.key = 0);
        entries.sort_by_key(|entry| entry.at);
        entries.dedup_by_key(|entry| entry.at);
        let fact = fact(up_to, Some(EXPIRE));
        let ledger = entered(&fact, &entries);
        for t in TIMES {
            prop_assert_eq!(told(&fact, &ledger, t), by_hand(&fact, &entries, t), "{:?}", entries);
        }
    }

    #[test]
    fn two_ledgers_merge_into_that_of_both(
        entries in prop::collection::vec((entry(), any::<bool>()), 0..40),
    ) {
        let fact = fact(64, Some(EXPIRE));
        let of = |side: bool| entries.iter().filter(move |(_, mine)| *mine == side).map(|(entry, _)| *entry);
        let (one, other): (Vec<Entry>, Vec<Entry>) = (of(true).collect(), of(false).collect());
        let (mut ledger, other) = (entered(&fact, &one), entered(&fact, &other));
        ledger.merge(&fact, &other);
        let all: Vec<Entry> = entries.iter().map(|(entry, _)| *entry).collect();
        for t in TIMES {
            prop_assert_eq!(told(&fact, &ledger, t), by_hand(&fact, &all, t), "{:?}", entries);
        }
    }

    #[test]
    fn an_entry_unpacks_to_what_was_packed(entry in entry(), at in -MAX_TIME..MAX_TIME, amount in 0..=MAX_AMOUNT) {
        let row = Row::of(Entry { at, amount, ..entry });
        prop_assert_eq!(Row::unpack(row.pack()), row);
        prop_assert_eq!(packed(words(row.pack())), Some(row.pack()));
    }
}

/// The numbers of a customer's year, one after the other.
#[test]
fn points_come_and_go() {
    let fact = fact(8, Some(100));
    let mut ledger = Ledger::default();
    let mut enter = |kind, at, number, amount| {
        ledger.enter(&fact, Entry { kind, at, key: key(number), amount });
        let now = 60;
        (ledger.balance(&fact, now), ledger.debt(&fact), ledger.next_expiry(&fact, now))
    };
    assert_eq!(enter(EntryKind::Earn, 10, 1, 50), (50, 0, Some(110)));
    assert_eq!(enter(EntryKind::Earn, 20, 2, 30), (80, 0, Some(110)));
    assert_eq!(enter(EntryKind::Spend, 30, 0, 60), (20, 0, Some(120)), "what expires first");
    assert_eq!(enter(EntryKind::Undo, 40, 1, 0), (0, 30, None), "it was spent already");
    assert_eq!(enter(EntryKind::Earn, 50, 3, 40), (10, 0, Some(150)), "the debt comes first");
    assert_eq!(enter(EntryKind::Earn, 25, 4, 5), (15, 0, Some(150)), "late, and it counts then");
    assert_eq!(enter(EntryKind::Earn, 45, 1, 50), (15, 0, Some(150)), "undone stays undone");
    assert_eq!(enter(EntryKind::Reset, 55, 0, 100), (100, 0, Some(150)), "the shop's book rules");
    assert_eq!(enter(EntryKind::Reset, 56, 0, 5), (5, 0, Some(155)));
    assert_eq!(ledger.open.len(), 7);
}

#[test]
fn amounts_and_times_end_somewhere() {
    let fact = fact(2, Some(Millis::MAX));
    let mut ledger = Ledger::default();
    for at in [Millis::MIN, -1, 0, 1, Millis::MAX] {
        ledger.enter(&fact, Entry { kind: EntryKind::Earn, at, key: 0, amount: Millis::MAX });
        ledger.enter(&fact, Entry { kind: EntryKind::Spend, at, key: 0, amount: Millis::MIN });
    }
    assert_eq!(ledger.balance(&fact, 0), 5 * MAX_AMOUNT);
    assert_eq!(packed([0, 0, MAX_AMOUNT + 1]), None);
    assert_eq!(packed([-1, 0, 0]), None);
}
