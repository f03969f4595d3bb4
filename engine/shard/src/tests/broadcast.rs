//! A broadcast: wherever the shard is stopped, also in the middle of its walk, each customer is told once, and the same is decided.

use super::upgrade::settings;
use super::world::{HOUR, MINUTE, Owner, START, World, plan_of};
use crate::Settings;
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::sends::Turn;
use cartwheel_core::time::Millis;
use std::collections::BTreeSet;
use std::sync::Arc;

const JOURNEY: &str = "journey: sale
class: transactional
trigger: { broadcast: sale, who: profile.vip == true, spread: 1h }
reentry: always
steps: [{ send: sale, channels: [webhook] }]
";

/// A record of a broadcast.
fn told(sequence: u64, id: &str) -> String {
    format!(
        r#"{{"type":"broadcast","stream":"broadcast","epoch":"e","sequence":{sequence},"broadcast":{{"id":"{id}","name":"sale"}}}}"#
    )
}

/// So many customers, every third of whom is meant; then the broadcast, something that follows it, and a repeat.
fn story(customers: usize) -> World {
    let mut world = World { plans: vec![plan_of(JOURNEY)], ..World::default() };
    for number in 0..customers {
        let vip = number % 3 == 0;
        world.event(
            START,
            &format!(r#"{{"type":"known","customer":"c{number}","profile":{{"vip":{vip}}}}}"#),
        );
    }
    world.event(START + MINUTE, &told(1, "a"));
    world.event(START + MINUTE, r#"{"type":"known","customer":"late","profile":{"vip":true}}"#);
    world.event(START + 2 * MINUTE, r#"{"type":"known","customer":"c0","profile":{"vip":false}}"#);
    world.event(START + 2 * MINUTE, &told(2, "a"));
    world.event(START + 2 * MINUTE, &told(1, "a"));
    world
}

fn sent(world: &World) -> Vec<(String, Millis)> {
    world.accepted().1.into_iter().map(|it| (it.customer, it.decided_at)).collect()
}

/// Walks of two customers a turn.
fn few() -> Settings {
    Settings { max_timers: 2, ..settings() }
}

fn open(world: &mut World, disk: &MemoryStore) -> Owner {
    world.open(few(), disk.clone()).unwrap().unwrap()
}

#[test]
fn stopped_behind_each_durable_step_everybody_is_told_once() {
    let end = START + 3 * HOUR;
    let mut whole = story(20);
    let mut owner = open(&mut whole, &MemoryStore::default());
    owner.drain(&mut whole, 3, end, true).unwrap().unwrap();
    let expected = sent(&whole);
    let whom: BTreeSet<&str> = expected.iter().map(|(whom, _)| whom.as_str()).collect();
    assert_eq!((whom.len(), expected.len()), (6, 6), "c3, c6, ... c18: {expected:?}");
    let walked: Vec<u64> = whole.accepted().0.iter().map(|turn| turn.walked).collect();
    assert_eq!(walked.iter().sum::<u64>(), 20);
    assert!(walked.iter().filter(|many| **many > 0).count() == 10, "{walked:?}");
    for checkpoints in [false, true] {
        for steps in 1.. {
            let (mut world, disk) = (story(20), MemoryStore::default());
            world.steps_left = Some(steps);
            let stopped = drive(&mut world, &disk, end, checkpoints).is_err();
            world.steps_left = None;
            drive(&mut world, &disk, end, checkpoints).expect("nobody stops it");
            assert_eq!(sent(&world), expected, "stopped after {steps}, {checkpoints}");
            if !stopped {
                break;
            }
        }
    }
}

/// Opens and drains, with a checkpoint between batches where there are some.
fn drive(
    world: &mut World,
    disk: &MemoryStore,
    end: Millis,
    checkpoints: bool,
) -> Result<(), super::world::Stopped> {
    let mut owner = world.open(few(), disk.clone())?.expect("a shard");
    if checkpoints {
        // The replay first, then a turn or two, so that the checkpoint may lie in the middle of the walk.
        owner.drain_some(world, 3, end, 9)?.expect("turns");
        owner.checkpoint(world)?.expect("a checkpoint");
    }
    owner.drain(world, 3, end, true)?.expect("turns");
    Ok(())
}

#[test]
fn nothing_comes_between_the_record_and_the_last_customer() {
    // The second broadcast is the last record; by then windows of the first are due by the clock.
    let mut world = story(20);
    world.events.truncate(21);
    world.event(START + MINUTE, &told(2, "b"));
    let mut owner = open(&mut world, &MemoryStore::default());
    owner.drain(&mut world, 3, START + 3 * HOUR, true).unwrap().unwrap();
    let turns = world.accepted().0;
    let first = |is: fn(&Turn) -> bool| turns.iter().position(is).expect("such a turn");
    let last = turns.iter().rposition(|turn| turn.walked > 0).expect("a turn that walks");
    assert!(last < first(|turn| turn.fired > 0), "{turns:?}");
    assert_eq!(sent(&world).len(), 2 * 7, "c0, c3, ... c18, each of both");
    assert_eq!(turns.iter().map(|turn| turn.walked).sum::<u64>(), 2 * 20);
}

#[test]
fn how_far_it_has_come_is_known_also_behind_a_checkpoint() {
    let (mut world, disk) = (story(20), MemoryStore::default());
    let walked = |owner: &Owner| owner.shard.walking().map(|walk| walk.many);
    let mut owner = open(&mut world, &disk);
    // Seven batches of three records, of which the last has the broadcast, then two turns of two customers.
    owner.drain_some(&mut world, 3, START, 7 + 2).unwrap().unwrap();
    assert_eq!(walked(&owner), Some(4));
    owner.checkpoint(&mut world).unwrap().unwrap();
    owner.drain_some(&mut world, 3, START, 1).unwrap().unwrap();
    assert_eq!(walked(&owner), Some(6));
    let mut again = open(&mut world, &disk);
    assert_eq!(walked(&again), Some(4), "as the checkpoint knows");
    again.drain_some(&mut world, 3, START, 1).unwrap().unwrap();
    assert_eq!(walked(&again), Some(6), "the log has one turn more");
    again.drain(&mut world, 3, START, true).unwrap().unwrap();
    assert_eq!(walked(&again), None);
}

#[test]
fn another_configuration_comes_into_force_behind_the_walk() {
    let end = START + 3 * HOUR;
    let edited = plan_of(&JOURNEY.replace("who: profile.vip == true", "who: profile.vip == false"));
    let (mut world, disk) = (story(20), MemoryStore::default());
    let mut owner = open(&mut world, &disk);
    owner.drain_some(&mut world, 3, START, 7 + 2).unwrap().unwrap();
    world.plans.push(Arc::clone(&edited));
    let mut out = Vec::new();
    owner.shard.activate(&edited, &mut out).unwrap();
    owner.publish(&mut world, &mut out).unwrap().unwrap();
    assert!(owner.shard.walking().is_none(), "it is over, under the old one");
    owner.drain(&mut world, 3, end, true).unwrap().unwrap();
    let walked = world.accepted().0.iter().map(|turn| turn.walked).sum::<u64>();
    assert_eq!((walked, sent(&world)), (20, vec![("c0".into(), sent(&world)[0].1)]));
    // A replay follows the log.
    let published = world.sends.len();
    let mut again = open(&mut world, &disk);
    again.drain(&mut world, 3, end, true).unwrap().unwrap();
    assert_eq!(world.sends.len(), published + 1, "nothing but our leader record");
}
