//! A shard that is stopped before any event of a story, with a checkpoint there and without, goes on as the one that is never stopped.

use super::upgrade::start;
use super::world::{Owner, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::time::Millis;
use std::fmt::Debug;

/// Plays the `story` up to `end`, in turns of so many records: whole, and stopped before each of its events. What was sent and what the shard knows is the
/// same each time, and is returned.
pub(super) fn same_wherever_stopped<S: Debug + PartialEq, K: Debug + PartialEq>(
    story: fn() -> World,
    (batch, end): (usize, Millis),
    sent: fn(&World) -> S,
    known: fn(&Owner) -> K,
) -> (S, K) {
    let play = |owner: &mut Owner, world: &mut World, caught_up: bool| {
        owner.drain(world, batch, end, caught_up).unwrap().unwrap();
    };
    let mut whole = story();
    let mut owner = start(&mut whole, &MemoryStore::default()).unwrap();
    play(&mut owner, &mut whole, true);
    let expected = (sent(&whole), known(&owner));
    for cut in 1..=whole.events.len() {
        for checkpoint in [false, true] {
            let stopped = format!("stopped before event {cut}, with a checkpoint: {checkpoint}");
            let (mut world, disk) = (story(), MemoryStore::default());
            let events = world.events.split_off(cut);
            let mut owner = start(&mut world, &disk).unwrap();
            play(&mut owner, &mut world, false);
            if checkpoint {
                let before = known(&owner);
                owner.checkpoint(&mut world).unwrap().unwrap();
                let owner = start(&mut world, &disk).unwrap();
                assert_eq!(known(&owner), before, "{stopped}");
            }
            world.events.extend(events);
            let mut owner = start(&mut world, &disk).unwrap();
            play(&mut owner, &mut world, true);
            assert_eq!((sent(&world), known(&owner)), expected, "{stopped}");
        }
    }
    expected
}
