//! A fact is a function of the set of its events, and two states of it merge into that of both sets.

use super::definition::{Amount, Bounds, Definition, Kind, Takes};
use super::facts::State;
use super::feed::Feed;
use super::path::{Path, key_hash};
use super::reading::{KeyReading, Reading};
use super::rows::Row;
use super::tally::{Contribution, WHOLE};
use super::*;
use crate::event::EventField;
use crate::time::Millis;
use crate::value::Value;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const GROUPS: [&str; 4] = ["a", "b", "c", "d"];

fn path() -> Path {
    Path::Event(EventField::new(vec!["order".into(), "id".into()], false))
}

fn amount() -> Amount {
    Amount { path: path(), currency: Vec::new() }
}

/// A fact of this kind; `bounds` of up_to, keys.
fn fact(kind: Kind, key: bool, takes: bool, over: Option<Millis>, by: bool) -> Definition {
    let feed = |key: bool| Feed {
        on: vec!["order_placed".into()],
        key: key.then(path),
        ..Feed::default()
    };
    let partial = matches!(kind, Kind::Sum(_));
    let taken = Takes { feed: feed(true), amount: partial.then(amount), id: partial.then(path) };
    let open = over.is_some() || matches!(kind, Kind::Last(_));
    Definition {
        name: "f".into(),
        kind,
        adds: feed(key),
        takes: takes.then_some(taken),
        by: by.then(path),
        bounds: Bounds { over, up_to: if open { 3 } else { 40 }, keys: 2 },
    }
}

/// Every kind with everything that it can have.
fn facts() -> Vec<Definition> {
    let mut facts =
        vec![fact(Kind::Set, true, true, None, false), fact(Kind::Set, true, true, Some(9), false)];
    for (key, takes) in [(false, false), (true, false), (true, true)] {
        for (over, by) in [(None, false), (Some(9), false), (Some(9), true)] {
            facts.push(fact(Kind::Count, key, takes, over, by));
            facts.push(fact(Kind::Sum(amount()), key, takes, over, by));
        }
        for (over, by, keep) in [(None, false, 0), (None, true, 1), (Some(9), false, 2)] {
            let keep = (0..keep).map(|_| path()).collect();
            facts.push(fact(Kind::Last(keep), key, takes, over, by));
        }
    }
    facts
}

/// An event, as far as facts look at it.
#[derive(Clone, Debug)]
struct Drawn {
    adds: bool,
    at: Millis,
    key: u64,
    group: usize,
    amount: i64,
    id: u64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let amount = prop_oneof![Just(WHOLE), -30..60_i64];
    (0..3_u8, 0..24_i64, 0..5_u64, 0..GROUPS.len(), amount, 1..4_u64).prop_map(
        |(adds, at, key, group, amount, id)| Drawn { adds: adds > 0, at, key, group, amount, id },
    )
}

impl Drawn {
    fn apply(&self, fact: &Definition, state: &mut State, seen: Millis) {
        let key = if self.key == 0 { 0 } else { self.key * 2 };
        let keyed = fact.shape().key || fact.kind == Kind::Set;
        match state {
            State::Set(set) if key > 0 => set.note(fact, self.at, key, self.adds, seen),
            State::Set(_) => {}
            State::Tally(tally) if self.adds => {
                let amount =
                    if matches!(fact.kind, Kind::Sum(_)) { self.amount.min(99) } else { 1 };
                let kept = (0..fact.keep().len())
                    .map(|place| Value::Number(place as f64 + self.amount as f64));
                let contribution = Contribution {
                    at: self.at,
                    key: if keyed { key } else { 0 },
                    group: fact.by.is_some().then(|| GROUPS[self.group].into()),
                    amount,
                    kept: kept.collect(),
                };
                tally.add(fact, contribution, seen);
            }
            State::Tally(tally) if key > 0 && fact.takes.is_some() => {
                let partial = fact.mark_shape().amount && self.amount != WHOLE;
                let (group, amount) = if partial { (self.id, self.amount) } else { (0, WHOLE) };
                tally.take(fact, Row { at: self.at, key, group, amount }, seen);
            }
            State::Tally(_) => {}
            State::Count(count) if self.adds => count.add(),
            State::Sum(sum) if self.adds => sum.add(self.amount.min(99)),
            State::Last(last) if self.adds => last.add(self.at),
            State::Count(_)
            | State::Sum(_)
            | State::Last(_)
            | State::Ledger(_)
            | State::Level { .. } => {}
        }
    }
}

fn folded<'d>(fact: &Definition, events: impl Iterator<Item = &'d Drawn>) -> State {
    let (mut state, mut seen) = (State::new(fact), Millis::MIN);
    for event in events {
        seen = seen.max(event.at);
        event.apply(fact, &mut state, seen);
    }
    state
}

/// All that conditions can read of it, at the end and later.
fn read(fact: &Definition, state: State) -> Vec<String> {
    let layout = Layout::new(vec![fact.clone()], None);
    let mut facts = Facts::default();
    facts.push(Fact { number: 3, state });
    let mut read = Vec::new();
    for t in [24, 27, 40] {
        for reading in [
            Reading::Number,
            Reading::At,
            Reading::Age,
            Reading::Kept(0),
            Reading::Kept(1),
            Reading::Size,
            Reading::Top,
        ] {
            read.push(format!("{reading:?} {t} {:?}", facts.read(&layout, 3, reading, t)));
        }
        for key in (1..5).map(|key| key * 2).chain(GROUPS.map(key_hash)) {
            for reading in [KeyReading::Number, KeyReading::At, KeyReading::In] {
                let value = facts.read_at(&layout, 3, reading, Some(key), t);
                read.push(format!("{reading:?} {key} {t} {value:?}"));
            }
        }
    }
    read
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, rng_seed: RngSeed::Fixed(22), ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_events_does_not_matter(
        events in prop::collection::vec(drawn(), 0..30),
        shuffled in any::<prop::sample::Index>(),
        which in prop::sample::select(facts()),
    ) {
        let expected = read(&which, folded(&which, events.iter()));
        let middle = shuffled.index(events.len() + 1);
        let (left, right) = events.split_at(middle);
        prop_assert_eq!(&expected, &read(&which, folded(&which, right.iter().chain(left))), "{:?}", which);
        prop_assert_eq!(&expected, &read(&which, folded(&which, events.iter().rev())), "{:?}", which);
    }

    #[test]
    fn two_states_merge_into_that_of_both(
        events in prop::collection::vec((drawn(), any::<bool>()), 0..30),
        which in prop::sample::select(facts()),
    ) {
        let of = |side: bool| events.iter().filter(move |(_, mine)| *mine == side).map(|(event, _)| event);
        let seen = events.iter().map(|(event, _)| event.at).max().unwrap_or(0);
        let (mut left, right) = (folded(&which, of(true)), folded(&which, of(false)));
        left.merge(&which, &right, seen);
        let expected = folded(&which, events.iter().map(|(event, _)| event));
        prop_assert_eq!(read(&which, left), read(&which, expected), "{:?}", which);
    }

    /// Where what is older does not count, a state that moves into narrower bounds says what it would have said under them from the beginning.
    #[test]
    fn a_state_fits_into_narrower_bounds(
        events in prop::collection::vec(drawn(), 0..40),
        which in prop::sample::select(facts()),
        narrower in 1..3_usize,
    ) {
        prop_assume!(!which.folds());
        let wide = Definition { bounds: Bounds { up_to: 64, keys: 64, ..which.bounds }, ..which.clone() };
        let narrow = Definition { bounds: Bounds { up_to: narrower, keys: narrower, ..which.bounds }, ..which };
        let mut facts = Facts::default();
        facts.push(Fact { number: 4, state: folded(&wide, events.iter()) });
        facts.move_to(&Layout::new(vec![narrow.clone()], None), |_| Some(3));
        prop_assert_eq!(facts[0].number, 3);
        let expected = folded(&narrow, events.iter());
        prop_assert_eq!(read(&narrow, facts[0].state.clone()), read(&narrow, expected), "{:?}", narrow);
    }
}

/// What no longer stays open still counts, as it was when it was folded.
#[test]
fn what_has_no_room_folds_into_a_base() {
    let mut orders = fact(Kind::Sum(amount()), true, true, None, false);
    orders.bounds.up_to = 2;
    let mut state = State::new(&orders);
    let add = |state: &mut State, at, key| {
        let State::Tally(tally) = state else { panic!("a tally") };
        tally.add(&orders, Contribution { at, key, amount: 100, ..Contribution::default() }, at);
    };
    let take = |state: &mut State, at, key, group, amount| {
        let State::Tally(tally) = state else { panic!("a tally") };
        tally.take(&orders, Row { at, key, group, amount }, at);
    };
    let number = |state: &State| match state {
        State::Tally(tally) => (
            tally.number(&orders, None, 99),
            tally.open.len(orders.shape()),
            tally.marks.len(orders.mark_shape()),
        ),
        _ => panic!("a tally"),
    };
    add(&mut state, 1, 2);
    take(&mut state, 2, 2, 7, 30);
    add(&mut state, 3, 4);
    add(&mut state, 4, 6);
    assert_eq!(number(&state), (270, 2, 0));
    take(&mut state, 5, 2, 8, 30);
    assert_eq!(number(&state), (270, 2, 1), "too late");
    take(&mut state, 6, 6, 0, WHOLE);
    take(&mut state, 7, 6, 1, 50);
    assert_eq!(number(&state), (170, 2, 2), "never more than there is");
}

#[test]
fn the_most_that_a_fact_takes_is_what_it_takes() {
    for fact in facts() {
        let most = fact.most_bytes();
        assert!(fact.few_bytes() <= most && (fact.few_bytes() > 24) != fact.is_plain());
    }
    assert_eq!(fact(Kind::Count, false, false, None, false).most_bytes(), 24);
}
