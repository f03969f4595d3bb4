//! What a condition is said to stay until, it stays until: looked at in every millisecond.

use super::super::{Condition, Reader, Scope, Slots, compile};
use crate::customer::{Customer, Zones};
use crate::event::EventField;
use crate::fact::{
    Amount, Book, Bounds, Contribution, Definition, Entry, EntryKind, Fact, Kind, Last, Layout,
    Path, Set, State, Tally, key_hash,
};
use crate::id::CustomerId;
use crate::time::{HOUR, Millis, NEVER};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// 2026-01-05T10:00:00Z, a Monday; in Kolkata it is half past three.
const START: Millis = 1_767_607_200_000;
const OVER: Millis = 20;

const CONDITIONS: [&str; 39] = [
    "age(seen) >= 7ms",
    "age(seen) > 7ms",
    "age(seen) == 7ms",
    "age(seen) < 9ms && views < 2",
    "age(recent) < 15ms || age(seen) > 40ms",
    "views >= 2",
    "views == 1 && !(views > 2)",
    "views[\"a\"] >= 1",
    "size(views) > 0",
    "total > 50",
    "size(tickets) == 0",
    "\"k\" in tickets",
    "now > instant(\"2026-01-05T10:00:00.033Z\")",
    "now - seen.at > age(recent) * 2",
    "age(seen) / 5ms >= 3",
    "age(seen) / 3ms == 4",
    "floor(age(seen) / 10ms) == 2",
    "ceil(age(seen) / 10ms) == 2",
    "round(age(seen) / 10ms) == 2",
    "floor(age(seen) / 7ms) in [1, 3]",
    "abs(now - instant(\"2026-01-05T10:00:00.030Z\")) < 12ms",
    "max(age(seen), 30ms) > 31ms",
    "min(age(seen), age(recent)) > 12ms",
    "(views > 0 ? age(seen) : age(recent)) > 25ms",
    "seen.at + 25ms < now",
    "-age(seen) < -11ms",
    "age(seen) * 0.3 > 4ms",
    "age(seen) / 7 >= 3ms",
    "recent.at == seen.at",
    "abs(age(seen) / 10ms - 2) <= 0.5",
    "age(seen) / views > 9ms",
    "age(seen) * views > 19ms",
    "floor(age(seen) / 17ms) * floor(age(recent) / 15ms) >= 2",
    "ceil(age(seen) / 13ms) % 3 == 1",
    "points.balance >= 30",
    "points.debt > 0 || points.balance == 60",
    "points.expiring(7ms) >= 30",
    "points.next_expiry - now <= 9ms",
    "points.expiring(7ms) * 2 > points.balance",
];

fn layout() -> Layout {
    let over = |name: &str, kind: Kind| Definition {
        bounds: Bounds { over: Some(OVER), ..Bounds::default() },
        ..Definition::plain(name, "x", kind)
    };
    let path = || Path::Event(EventField::new(vec!["x".into()], false));
    let amount = Amount { path: path(), currency: Vec::new() };
    let by = Definition { by: Some(path()), ..over("views_by", Kind::Count) };
    Layout::new(
        vec![
            over("points", Kind::Ledger(Book { lines: Vec::new() })),
            Definition::plain("seen", "x", Kind::Last(Vec::new())),
            over("recent", Kind::Last(Vec::new())),
            over("views", Kind::Count),
            over("total", Kind::Sum(amount)),
            over("tickets", Kind::Set),
            by,
        ],
        None,
    )
}

/// An event of some milliseconds after the start: the fact that it touches, and how.
type Touch = (Millis, usize, bool);

fn touched(layout: &Layout, touches: &[Touch]) -> Customer {
    let mut customer = Customer::new(CustomerId(1));
    let newest = START + touches.iter().map(|touch| touch.0).max().unwrap_or(0);
    for (number, fact) in layout.own() {
        let own = touches.iter().filter(|touch| usize::from(number) - 3 == touch.1);
        let mut state = State::new(fact);
        let mut any = false;
        for (at, _, way) in own {
            any = true;
            let at = START + at;
            let group = fact.by.is_some().then(|| if *way { "a" } else { "b" }.into());
            let add = Contribution { at, amount: 300_000, group, ..Contribution::default() };
            match &mut state {
                State::Tally(tally) => Tally::add(tally, fact, add, newest),
                State::Set(set) => Set::note(set, fact, at, key_hash("k"), *way, newest),
                State::Last(last) => Last::add(last, at),
                State::Ledger(ledger) => {
                    let kind = if *way { EntryKind::Earn } else { EntryKind::Spend };
                    ledger.enter(fact, Entry { kind, at, key: 0, amount: 300_000 });
                }
                State::Count(_) | State::Sum(_) | State::Level { .. } => {}
            }
        }
        if any {
            customer.facts.push(Fact { number, state });
        }
    }
    customer
}

fn compiled(text: &str, layout: &Layout) -> Condition {
    let mut slots = Slots::default();
    slots.names.facts = layout.clone();
    let text = text.replace("views[", "views_by[").replace("size(views)", "size(views_by)");
    let (condition, faults) = compile(&text, Scope::Event, &mut slots, &mut Vec::new());
    let condition = condition.unwrap_or_else(|| panic!("{text}: {faults:?}"));
    assert!(condition.is_foreseeable(), "{text}");
    condition
}

fn reader<'r>(
    customer: &'r Customer,
    facts: &'r Layout,
    zones: &'r Zones,
    t: Millis,
) -> Reader<'r> {
    let (attributes, lists, event) = (&[], &[], None);
    Reader {
        customer,
        attributes,
        facts,
        lists,
        zones,
        t,
        at: t,
        event,
        fields: &[],
        products: None,
        asked: &[],
        run_key: 0,
        captures: &[],
    }
}

/// Follows what is foreseen over some time, and looks in every step of it; how often it was looked again.
fn follow(
    condition: &Condition,
    customer: &Customer,
    layout: &Layout,
    times: (Millis, Millis, Millis),
) -> usize {
    let zones = Zones::bundled("Asia/Kolkata");
    let (from, to, step) = times;
    let (mut t, mut looks) = (from, 0);
    let (mut holds, mut until) = (false, from);
    while t < to {
        let reader = reader(customer, layout, &zones, t);
        if t >= until {
            (holds, until) = reader.foresee(condition);
            assert!(until > t, "{}", condition.text);
            looks += 1;
        }
        assert_eq!(reader.holds(condition), holds, "{} at {}", condition.text, t - START);
        t += step;
    }
    looks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(12), ..ProptestConfig::default() })]

    #[test]
    fn a_condition_stays_until_it_is_said_to(
        touches in prop::collection::vec((0..30_i64, 0..7_usize, any::<bool>()), 0..8),
    ) {
        let layout = layout();
        let customer = touched(&layout, &touches);
        for text in CONDITIONS {
            let looks = follow(&compiled(text, &layout), &customer, &layout, (START, START + 100, 1));
            // At most so often as the facts change, twice for every meeting; of durations at another speed some more, and of two kinds of steps each step.
            prop_assert!(looks <= 80, "{} looks: {}", looks, text);
        }
    }
}

/// The local clock of a zone that is half an hour off.
#[test]
fn the_local_clock_is_foreseen() {
    let layout = layout();
    let customer = touched(&layout, &[]);
    for (text, most) in [
        ("local.hour >= 9 && local.hour < 17", 100),
        ("local.weekday in [\"sat\", \"sun\"]", 9),
        ("local.date > \"2026-01-07\"", 9),
        ("customer.days_since_order > 3", 1),
    ] {
        let days = (START, START + 7 * 24 * HOUR, HOUR / 4);
        let looks = follow(&compiled(text, &layout), &customer, &layout, days);
        assert!(looks <= most * 2, "{text}: {looks}");
    }
}

#[test]
fn what_no_time_changes_stays_for_good() {
    let layout = layout();
    let customer = touched(&layout, &[(0, 0, true)]);
    for text in ["profile.x == 1", "seen.at > instant(\"2026-01-01\")", "age(seen) >= 0ms"] {
        let condition = compiled(text, &layout);
        let zones = Zones::bundled("UTC");
        let reader = reader(&customer, &layout, &zones, START + 5);
        assert_eq!(reader.foresee(&condition).1, NEVER, "{text}");
    }
}

#[test]
fn what_cannot_be_foreseen_is_said() {
    let layout = layout();
    for text in [
        "age(seen) / 1d * (age(recent) / 1d) > 1",
        "1d / age(seen) > 3",
        "age(seen) / 1d % 7 == 0",
        "age(seen) / 1d in [1, 2]",
    ] {
        let mut slots = Slots::default();
        slots.names.facts = layout.clone();
        let (condition, faults) = compile(text, Scope::Event, &mut slots, &mut Vec::new());
        let condition = condition.unwrap_or_else(|| panic!("{text}: {faults:?}"));
        assert!(!condition.is_foreseeable(), "{text}");
    }
}
