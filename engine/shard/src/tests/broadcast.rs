//! A broadcast: wherever the shard is stopped, also in the middle of its walk, each customer is told once, and the same is decided.

use super::upgrade::settings;
use super::world::{HOUR, MINUTE, Owner, START, World, plan_of};
use crate::Settings;
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::time::Millis;
use std::collections::BTreeSet;

const JOURNEY: &str = "journey: sale
class: transactional
trigger: { broadcast: sale, who: profile.vip == true, spread: 1h }
reentry: always
steps: [{ send: sale, channels: [webhook] }]
";

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
    let told = |sequence: u64, id: &str| {
        format!(
            r#"{{"type":"broadcast","stream":"broadcast","epoch":"e","sequence":{sequence},"broadcast":{{"id":"{id}","name":"sale"}}}}"#
        )
    };
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
