//! When a shard counts as behind, and what a release of held sends looks at.

use super::world::{HOUR, MINUTE, START, World, lone, plan};
use crate::checkpoint::memory::MemoryStore;
use crate::{Lone, Settings};
use cartwheel_core::event::Record;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;

/// An event of a customer, whose record has this time.
fn event(world: &mut World, time: Millis, customer: &str, rest: &str) {
    world.event(time, &format!(r#"{{"customer":"{customer}","time":{time},{rest}}}"#));
}

const SEEN: &str = r#""type":"page_viewed""#;
const CART: &str = r#""type":"cart_updated","cart":{"id":"k","total":80,"items":[1]}"#;
const PROFILE: &str =
    r#""type":"customer_created","profile":{"email":"a@example.test","consent":{"email":true}}"#;

/// Ana has left a cart, and the shard has read everything by a minute later.
fn world() -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    event(&mut world, START, "ana", PROFILE);
    event(&mut world, START, "ana", CART);
    world
}

#[test]
fn old_record_times_do_not_make_a_shard_behind_that_has_read_everything() {
    let mut world = world();
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START + MINUTE, true).unwrap().unwrap();
    let turns = world.accepted().0.len();
    // One producer brings them now and then, one of them after hours without any event.
    for (after, time) in [(MINUTE, -9 * HOUR), (MINUTE + 1, -9 * HOUR), (40 * MINUTE, -HOUR)] {
        owner.drain(&mut world, 8, START + after, true).unwrap().unwrap();
        event(&mut world, START + time, "ben", SEEN);
        for caught_up in [false, true] {
            owner.drain(&mut world, 8, START + after + 1_000, caught_up).unwrap().unwrap();
            assert_eq!(owner.shard.mode(), Mode::Live, "{after}");
        }
    }
    assert_eq!(world.accepted().0.len(), turns, "nothing was decided, nothing recorded");
    assert_eq!(owner.shard.counters().release_looks, 0);
}

#[test]
fn a_shard_is_behind_when_what_it_reads_was_appended_long_after_what_it_had_read() {
    // When the shard had last read everything, the record's own time, when it is read; the mode then.
    let hold = Settings::default().hold_after;
    let table = [
        ("its time is new", MINUTE, 2 * HOUR, 2 * HOUR, Mode::Live),
        ("its time is as old as may be", MINUTE, 2 * HOUR - hold, 2 * HOUR, Mode::Live),
        ("its time is old, and it may be", MINUTE, 2 * HOUR - hold - 1, 2 * HOUR, Mode::Behind),
        ("its time is old, and it cannot be", 2 * HOUR - hold, -HOUR, 2 * HOUR, Mode::Live),
        ("it may be older than that", 2 * HOUR - hold - 1, -HOUR, 2 * HOUR, Mode::Behind),
    ];
    for (rule, level, time, wall, expected) in table {
        let mut world = World { plans: vec![plan()], ..World::default() };
        let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
        owner.drain(&mut world, 8, START + level, true).unwrap().unwrap();
        event(&mut world, START + time, "ben", SEEN);
        owner.drain(&mut world, 8, START + wall, false).unwrap().unwrap();
        assert_eq!(owner.shard.mode(), expected, "{rule}");
    }
}

/// Many customers, of whom a few have something held.
fn crowd(held: usize) -> Lone<MemoryStore> {
    let mut lone = lone(Settings::without_clock());
    let one = |lone: &mut Lone<MemoryStore>, customer: String, rest: &str| {
        let offset = lone.shard().next_offset();
        let value = format!(r#"{{"customer":"{customer}","time":{START},{rest}}}"#);
        lone.record(&Record { offset, time: START, key: None, value: value.as_bytes() }).unwrap();
    };
    for number in 0..held {
        one(&mut lone, format!("held{number}"), PROFILE);
        one(&mut lone, format!("held{number}"), CART);
    }
    (0..2_000).for_each(|number| one(&mut lone, format!("c{number}"), SEEN));
    lone
}

#[test]
fn a_release_looks_at_those_who_have_something_held_and_at_nobody_else() {
    for held in [0, 1, 7] {
        let mut lone = crowd(held);
        lone.keep();
        let sent = |lone: &mut Lone<MemoryStore>| {
            let decisions = lone.take_decisions().unwrap();
            decisions.iter().filter(|decision| decision.command_id.is_some()).count()
        };
        lone.switch(Mode::Behind).unwrap();
        lone.clock(START + 2 * HOUR).unwrap();
        assert_eq!(sent(&mut lone), 0);
        lone.switch(Mode::Live).unwrap();
        lone.clock(START + 2 * HOUR).unwrap();
        assert_eq!(sent(&mut lone), held);
        assert_eq!(lone.shard().counters().release_looks, held as u64);
        // Behind and live again, with nothing held.
        lone.switch(Mode::Behind).unwrap();
        lone.switch(Mode::Live).unwrap();
        assert_eq!(lone.shard().counters().release_looks, held as u64);
    }
}

#[test]
fn what_is_held_at_a_checkpoint_is_released_by_the_next_owner() {
    let mut world = world();
    event(&mut world, START + 2 * HOUR, "ben", SEEN);
    let disk = MemoryStore::default();
    let mut owner = world.open(Settings::default(), disk.clone()).unwrap().unwrap();
    owner.drain(&mut world, 8, START + 4 * HOUR, false).unwrap().unwrap();
    assert_eq!(owner.shard.mode(), Mode::Behind);
    owner.checkpoint(&mut world).unwrap().unwrap();
    let mut again = world.open(Settings::default(), disk).unwrap().unwrap();
    again.drain(&mut world, 8, START + 4 * HOUR, true).unwrap().unwrap();
    assert_eq!((again.shard.mode(), again.shard.counters().release_looks), (Mode::Live, 1));
    assert_eq!(world.accepted().1.len(), 1);
}
