//! Chains of documents stay short, and the log gives room back: what is known of a customer stays the same.

use super::world::{START, World, plan};
use crate::checkpoint::Store;
use crate::checkpoint::memory::MemoryStore;
use crate::{Explanation, Settings, Shard};
use cartwheel_core::customer::{begin_of, segment_of};

const CUSTOMERS: usize = 200;

fn name(number: usize) -> String {
    format!("c{number}")
}

/// Everybody has a profile and a cart.
pub fn shop() -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    for number in 0..CUSTOMERS {
        let profile = format!(r#"{{"email":"c{number}@example.test","own{number}":1}}"#);
        let cart = format!(r#"{{"id":"k{number}","total":80,"items":[{number}]}}"#);
        world.event(
            START,
            &format!(
                r#"{{"type":"cart_updated","customer":"c{number}","time":{START},"profile":{profile},"cart":{cart}}}"#
            ),
        );
    }
    world
}

pub fn told<S: Store>(shard: &Shard<S>) -> Vec<Explanation> {
    (0..CUSTOMERS).map(|number| shard.explain(&name(number)).unwrap().unwrap()).collect()
}

/// A change of what is known of the first customer alone.
fn change(world: &mut World, n: usize) {
    let profile = format!(r#"{{"n{}":{n}}}"#, n % 20);
    world.event(START, &format!(r#"{{"type":"seen","customer":"c0","profile":{profile}}}"#));
}

#[test]
fn many_entries_of_a_customer_become_one() {
    let (mut world, disk) = (shop(), MemoryStore::default());
    let mut owner = world.open(Settings::without_clock(), disk.clone()).unwrap().unwrap();
    for n in 0..100 {
        change(&mut world, n);
        owner.drain(&mut world, 64, START, false).unwrap().unwrap();
        if n % 9 == 0 {
            owner.checkpoint(&mut world).unwrap().unwrap();
        }
        let slot = owner.shard.table.find(cartwheel_core::id::CustomerId::of("c0")).unwrap();
        // The one that makes it too many is seen by the turn after it.
        assert!(owner.shard.table.get(slot).cold.links() <= 9, "{n}");
        let profile = owner.shard.explain("c0").unwrap().unwrap().profile.0;
        assert_eq!(profile.len(), 2 + (n + 1).min(20), "{n}");
        assert_eq!(profile[&format!("n{}", n % 20)], n);
    }
}

#[test]
fn a_log_that_grows_long_gives_room_back_and_nothing_is_lost() {
    let settings = Settings { short_log: 0, ..Settings::without_clock() };
    let (mut world, disk) = (shop(), MemoryStore::default());
    let mut owner = world.open(settings.clone(), disk.clone()).unwrap().unwrap();
    owner.drain(&mut world, 64, START, false).unwrap().unwrap();
    let before = told(&owner.shard);
    // Each checkpoint begins a chunk of 1 MiB; a segment is 256 of them.
    let mut n = 0;
    while disk.logged().first().is_none_or(|(place, _)| segment_of(*place) == 0) {
        change(&mut world, n);
        owner.drain(&mut world, 64, START, false).unwrap().unwrap();
        owner.checkpoint(&mut world).unwrap().unwrap();
        n += 1;
        assert!(n < 300, "the first segment is never let go");
    }
    let begin = disk.meta().unwrap().unwrap().documents_begin;
    assert!(begin >= begin_of(1) && disk.logged().iter().all(|(place, _)| *place >= begin));
    let after = told(&owner.shard);
    assert_eq!(after[1..], before[1..]);
    let mut again = world.open(settings, disk).unwrap().unwrap();
    again.drain(&mut world, 64, START, false).unwrap().unwrap();
    assert_eq!(told(&again.shard), after);
}
