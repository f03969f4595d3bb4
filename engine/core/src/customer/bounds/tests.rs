//! What a customer takes in memory. `cargo test -p cartwheel-core customer::bounds -- --nocapture` prints the figures of `benches/RESULTS.md`.

use super::super::document::{Document, DocumentKey};
use super::super::heard::Heard;
use super::super::hot::{Attribute, Customer, Entry, Touch};
use super::super::kept::{Kept, Stored};
use super::super::latest::{LatestId, Use};
use super::super::register::Of;
use super::super::run::{Pause, Place, Reactions, Run, Sent};
use super::super::tight::push_tightly;
use super::*;
use crate::channel::Channel;
use crate::event::MAX_VALUE;
use crate::fact::{Count, Fact, Last, State, Sum};
use crate::id::{CommandId, CustomerId, RunId};
use crate::time::Millis;
use crate::value::Value;
use thin_vec::ThinVec;

/// Waits for events in each journey.
const WAITS: u32 = 3;

const START: Millis = 1_772_445_600_000;

/// Bytes that the allocator is asked for: a thin vector has its length and capacity before its items.
fn list<T>(vector: &ThinVec<T>) -> usize {
    if vector.capacity() == 0 { 0 } else { 16 + vector.capacity() * size_of::<T>() }
}

fn text(value: &Value) -> usize {
    match value {
        Value::Text(text) if text.is_heap_allocated() => text.capacity(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => 0,
    }
}

/// As [`list`], of a list that shows its items only and grows one by one.
fn tight<T>(items: &[T]) -> usize {
    if items.is_empty() { 0 } else { 16 + size_of_val(items) }
}

fn bytes(customer: &Customer) -> usize {
    let run = |run: &Run| {
        let heard = run.heard.iter().map(|heard| list(&heard.values));
        let values = run.heard.iter().flat_map(|heard| &heard.values);
        let texts = run.captures.iter().chain(values).map(text);
        list(&run.captures)
            + list(&run.about)
            + list(&run.heard)
            + heard.sum::<usize>()
            + texts.sum::<usize>()
    };
    size_of::<Customer>()
        + list(&customer.runs)
        + customer.runs.iter().map(run).sum::<usize>()
        + tight(&customer.facts)
        + list(&customer.entries)
        + list(&customer.touches)
        + list(&customer.attributes)
        + customer.attributes.iter().map(|attribute| text(&attribute.value)).sum::<usize>()
        + list(&customer.registers)
        + tight(customer.latest.more())
        + tight(&customer.documents)
        + tight(&customer.names)
}

fn run(number: u64, place: Place, captures: &[Value], about: usize) -> Run {
    let sent = Sent { command: CommandId(1), at: START, first: START, seen: Reactions::default() };
    let keys = (0..about).map(|kind| DocumentKey::new(Document::ALL[2 + kind], number << 8));
    Run {
        id: RunId(u128::from(number)),
        sent: Some(sent),
        key: number,
        opened_at: START,
        newest: START,
        entered_by: START,
        deadline: START + number as Millis,
        anchor: START,
        place,
        captures: captures.iter().cloned().collect(),
        about: keys.collect(),
        heard: ThinVec::new(),
        journey: 0,
        converted: false,
        pause: Pause::None,
    }
}

/// Consent for two channels and one address, a cart, a run that waits and has sent; an order, a country.
fn typical() -> Customer {
    let mut customer = Customer::new(CustomerId(1));
    customer.consent(Of::Profile, Channel::Email, START, true);
    customer.consent(Of::Profile, Channel::Sms, START, true);
    customer.address(&[Channel::Email], START, true);
    customer.documents.replace(DocumentKey::new(Document::Cart, 1 << 8), START, false);
    let captures = [Value::Number(80.0), Value::Number(2.0)];
    customer.insert_run(run(1, Place::Delay { op: 1 }, &captures, 1));
    push_tightly(&mut customer.entries, Entry { journey: 0, key: 1, at: START });
    push_tightly(
        &mut customer.touches,
        Touch { at: START, journey: 0, channel: Channel::Email, ghost: false },
    );
    let country =
        Attribute { name: 1, at: START, value: Value::Text("DE".into()), unreadable: false };
    push_tightly(&mut customer.attributes, country);
    customer
}

/// Every list as long as it can be, under a configuration of `journeys` journeys with four captures each and `attributes` attributes in conditions; every
/// text as long as it can be (`long`), or of 20 bytes.
fn full(journeys: u16, attributes: u32, long: bool) -> Customer {
    let mut customer = Customer::new(CustomerId(1));
    let word = Value::Text("x".repeat(if long { MAX_VALUE } else { 20 }).into());
    for channel in Channel::PERSONAL {
        customer.consent(Of::Explicit, channel, START - 1, false);
        customer.consent(Of::Explicit, channel, START, true);
        customer.consent(Of::Profile, channel, START, true);
    }
    for channel in [Channel::Email, Channel::Sms, Channel::Push] {
        customer.address(&[channel], START, true);
    }
    for (number, state) in
        (0..).zip([State::Count(Count(1)), State::Sum(Sum(1)), State::Last(Last(1))])
    {
        customer.facts.push(Fact { number, state });
    }
    let captures = vec![word.clone(); 4];
    for number in 0..MAX_RUNS as u64 {
        let mut run = run(number, Place::Delay { op: 0 }, &captures, 4);
        // Two of the four captures are of what is waited for.
        for at in 0..2 * u64::from(WAITS) {
            let waits = (1 << (WAITS + 1)) - 2;
            let values = captures[..2].iter().cloned().collect();
            run.hear(Heard { at: at as Millis, waits, kind: "message_clicked".into(), values });
        }
        assert_eq!(run.heard.len(), WAITS as usize);
        customer.insert_run(run);
    }
    for number in 0..2 * MAX_LINGERING as u64 {
        customer.insert_run(run(1_000 + number, Place::Goal, &[], 4));
        let surplus = customer.forget_lingering();
        assert_eq!(surplus, number >= MAX_LINGERING as u64);
    }
    for journey in 0..journeys {
        for key in 0..MAX_ENTRIES as u64 {
            push_tightly(&mut customer.entries, Entry { journey, key, at: START });
        }
        for channel in Channel::PERSONAL {
            // Before a change of the holdout they were sent, behind it kept back.
            for number in 0..2 * MAX_TOUCHES {
                let ghost = number >= MAX_TOUCHES;
                push_tightly(&mut customer.touches, Touch { at: START, journey, channel, ghost });
            }
        }
    }
    for name in 0..attributes + 3 {
        let value = word.clone();
        push_tightly(
            &mut customer.attributes,
            Attribute { name, at: START, value, unreadable: false },
        );
    }
    for use_ in [Use::Ends, Use::Moves] {
        for number in 0..3 * MAX_LATEST as u64 {
            let id = LatestId::of(use_, &[&number.to_string()]);
            customer.latest.note(id, START + number as Millis, 0);
        }
    }
    // What is kept of each kind, that all carts were emptied, and what live runs are about.
    // Each cart may be known to be without items.
    for number in 0..4 + 8 + 2 + 8 + 1 + 4 * MAX_RUNS as u64 + 4 + MAX_RUNS as u64 {
        customer.documents.push(Kept::from_stored(Stored {
            key: number,
            whole: Some(START),
            added: Some(START),
        }));
    }
    for name in 0..2 * MAX_FIELDS as u32 {
        assert_eq!(customer.names.admit(name), name < MAX_FIELDS as u32);
    }
    customer
}

#[test]
fn a_customer_takes_so_much_memory() {
    let parts = [
        ("slot", size_of::<Customer>(), 192),
        ("run", size_of::<Run>(), 160),
        ("document", size_of::<Kept>(), 24),
        ("register", size_of::<crate::customer::Register>(), 16),
        ("latest time", size_of::<crate::customer::Latest>(), 16),
        ("entry", size_of::<Entry>(), 24),
        ("touch", size_of::<Touch>(), 16),
        ("attribute", size_of::<Attribute>(), 48),
        ("fact", size_of::<Fact>(), 24),
        ("event heard of", size_of::<Heard>(), 48),
    ];
    for (name, is, most) in parts {
        println!("{name}: {is} bytes");
        assert!(is <= most, "{name}: {is} bytes");
    }
    for (name, customer, most) in [
        ("nothing but the name", Customer::new(CustomerId(1)), 192),
        ("typical", typical(), 700),
        ("full, 10 journeys, short texts", full(10, 10, false), 215_000),
        ("full, 10 journeys, longest texts", full(10, 10, true), 2_990_000),
    ] {
        let is = bytes(&customer);
        println!("{name}: {is} bytes");
        assert!(is <= most, "{name}: {is} bytes");
    }
}

#[test]
fn of_finished_runs_that_whose_time_ends_first_gives_way() {
    let mut customer = Customer::new(CustomerId(1));
    for number in 0..MAX_LINGERING as u64 {
        customer.insert_run(run(number, Place::Goal, &[], 0));
    }
    customer.insert_run(run(500, Place::Window, &[], 0));
    assert!(!customer.forget_lingering());
    // Two at one time: the first in order of ids.
    customer.insert_run(Run { deadline: START, ..run(700, Place::Goal, &[], 0) });
    assert!(customer.forget_lingering());
    assert!(!customer.forget_lingering());
    let ids: Vec<u128> = customer.runs.iter().map(|run| run.id.0).collect();
    assert_eq!((ids[0], ids.len(), ids.contains(&700)), (1, MAX_LINGERING + 1, true));
}
