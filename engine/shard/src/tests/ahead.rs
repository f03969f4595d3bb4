//! Producers that stamp their records ahead of the clock. The clock judges a record once; whoever decides again follows what is recorded.

use super::world::{HOUR, MINUTE, Owner, START, Stopped, World, plan};
use crate::ahead::{MAX_CLAMPED, TOLERATED};
use crate::checkpoint::memory::MemoryStore;
use crate::{Settings, ShardError};
use cartwheel_core::sends::{Dead, DeadReason, Kind, Poison, Turn};
use cartwheel_core::time::Millis;

/// A clock that would spoil every judgement: who replays must not look at it.
const NO_CLOCK: Millis = -HOUR;

fn settings() -> Settings {
    Settings { hold_after: i64::MAX, max_timers: 2, ..Settings::default() }
}

/// Two customers. One producer's clock is 59 minutes fast, and once a whole day. With each event the wall time at which it is read.
fn story() -> (World, Vec<Millis>) {
    let mut world = World { plans: vec![plan()], ..World::default() };
    let mut walls = Vec::new();
    let mut event = |minute: i64, ahead: i64, json: &str| {
        let wall = START + minute * MINUTE;
        world.event(wall + ahead, json);
        walls.push(wall);
    };
    let hello = |name: &str| {
        format!(
            r#"{{"type":"customer_created","customer":"{name}","profile":{{"email":"{name}@example.test","consent":{{"email":true}}}}}}"#
        )
    };
    let cart = |name: &str, total: u32| {
        format!(
            r#"{{"type":"cart_updated","customer":"{name}","cart":{{"id":"{name}","total":{total},"items":[1]}}}}"#
        )
    };
    let seen = r#"{"type":"page_viewed","customer":"guest"}"#;
    event(0, 0, &hello("ana"));
    event(0, 0, &hello("ben"));
    event(1, 0, &cart("ana", 80));
    event(2, 59 * MINUTE, seen); // would show an hour that has not passed
    event(2, 59 * MINUTE, &cart("ben", 50));
    event(3, 24 * HOUR, &cart("ben", 90));
    event(3, 2_000, seen);
    event(30, 0, r#"{"type":"order_placed","customer":"ana","order":{"id":"o","total":80}}"#);
    event(50, 59 * MINUTE, seen);
    event(63, 59 * MINUTE, seen); // ben's window is over by then
    event(64, 0, seen);
    event(90, 25 * HOUR, "{broken");
    event(180, 0, seen);
    (world, walls)
}

/// Replays what the log has decided without a clock, then reads event by event, each when its wall time has come, with checkpoints in between.
fn play(world: &mut World, walls: &[Millis], disk: &MemoryStore) -> Result<Owner, Stopped> {
    let mut owner = world.open(settings(), disk.clone())?.expect("leads");
    let events = std::mem::take(&mut world.events);
    let replayed = owner.shard.replay_until().unwrap_or(0).max(owner.shard.next_offset()) as usize;
    let until = |world: &mut World, owner: &mut Owner, count: usize, wall| {
        world.events = events[..count].to_vec();
        let result = owner.drain(world, 4, wall, false);
        world.events = events.clone();
        result.map(|drained| drained.expect("no error"))
    };
    until(world, &mut owner, replayed, NO_CLOCK)?;
    assert_eq!(owner.shard.replaying(), 0);
    let from = owner.shard.next_offset().max(0) as usize;
    for (place, wall) in walls.iter().enumerate().skip(from) {
        until(world, &mut owner, place + 1, *wall)?;
        if place % 5 == 4 {
            owner.checkpoint(world)?.expect("no error");
        }
    }
    owner.checkpoint(world)?.expect("no error");
    Ok(owner)
}

fn turns(world: &World) -> Vec<Turn> {
    world.accepted().0
}

/// All that a shard knows.
fn state(owner: &Owner) -> String {
    let customers = ["ana", "ben", "guest"].map(|name| owner.shard.explain(name).expect("read"));
    format!("{:?} {customers:?}", owner.shard.position)
}

#[test]
fn timers_do_not_fire_early_and_what_counted_is_recorded() {
    let (mut world, walls) = story();
    let owner = play(&mut world, &walls, &MemoryStore::default()).unwrap();
    let (turns, commands) = world.accepted();
    let to: Vec<&str> = commands.iter().map(|command| &*command.customer).collect();
    assert_eq!(to, ["ben"], "ana has bought within her hour");
    assert_eq!(commands[0].data["cart"]["total"], 50, "a cart of tomorrow is not known today");
    let clamped: Vec<(i64, Millis)> = turns
        .iter()
        .flat_map(|turn| &turn.clamped)
        .map(|clamped| (clamped.offset, clamped.record_time - walls[clamped.offset as usize]))
        .collect();
    assert_eq!(clamped, [(3, TOLERATED), (4, TOLERATED), (8, TOLERATED), (9, TOLERATED)]);
    let skipped: Vec<(i64, Poison)> = turns
        .iter()
        .flat_map(|turn| &turn.skipped)
        .map(|skipped| (skipped.offset, skipped.reason))
        .collect();
    assert_eq!(skipped, [(5, Poison::RecordInFuture), (11, Poison::RecordInFuture)]);
    let letters = world.sends.iter().filter(|(headers, _)| headers.kind == Kind::Dead);
    let letters: Vec<Dead> =
        letters.map(|(_, value)| serde_json::from_slice(value).unwrap()).collect();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].reason, DeadReason::Poison(Poison::RecordInFuture));
    assert_eq!(letters[0].detail, "2026-03-03T10:03:00.000Z", "the time that it states");
    assert_eq!(owner.shard.now(), START + 180 * MINUTE);
    assert_eq!(owner.shard.counters().clamped, 4);
}

#[test]
fn a_replay_without_a_clock_decides_the_same_wherever_the_owner_was_stopped() {
    let (mut whole, walls) = story();
    play(&mut whole, &walls, &MemoryStore::default()).unwrap();
    let steps = whole.sends.len() as u64 + 1;
    assert!(steps >= 15, "the story is long enough: {steps}");
    for stop in 0..steps {
        for lose_disk in [false, true] {
            let ((mut world, _), disk) = (story(), MemoryStore::default());
            world.steps_left = Some(stop);
            assert!(play(&mut world, &walls, &disk).is_err(), "stop {stop}");
            (world.steps_left, world.events) = (None, story().0.events);
            let disk = if lose_disk { MemoryStore::default() } else { disk };
            let owner = play(&mut world, &walls, &disk).unwrap();
            let to: Vec<String> =
                world.accepted().1.into_iter().map(|command| command.customer).collect();
            assert_eq!(to, ["ben"], "stop {stop}");
            // Somebody with nothing but the logs, and without a clock. The last turn ends at the last event: all of it is a replay.
            let mut fresh = world.open(settings(), MemoryStore::default()).unwrap().unwrap();
            fresh.drain(&mut world, 5, NO_CLOCK, false).unwrap().unwrap();
            assert_eq!(fresh.shard.replaying(), 0);
            assert_eq!(state(&fresh), state(&owner), "stop {stop}");
        }
    }
}

/// Ana comes; then so many records that are all so far ahead.
fn after_ana(count: usize, ahead: Millis) -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    world.event(START, r#"{"type":"page_viewed","customer":"ana"}"#);
    for _ in 0..count {
        world.event(START + ahead, r#"{"type":"page_viewed","customer":"ana"}"#);
    }
    world
}

#[test]
fn a_turn_ends_before_it_names_too_many() {
    let count = 2 * MAX_CLAMPED + 10;
    // The greatest record time stays what it was: every one of them is ahead.
    for (ahead, named) in [(30 * MINUTE, count), (2 * HOUR, count)] {
        let mut world = after_ana(count, ahead);
        let settings = Settings { max_effects: MAX_CLAMPED, ..settings() };
        let mut owner = world.open(settings.clone(), MemoryStore::default()).unwrap().unwrap();
        owner.drain(&mut world, count, START, false).unwrap().unwrap();
        let listed: Vec<usize> =
            turns(&world).iter().map(|turn| turn.clamped.len() + turn.skipped.len()).collect();
        assert!(listed.iter().all(|listed| *listed <= MAX_CLAMPED), "{listed:?}");
        assert_eq!(listed.iter().sum::<usize>(), named);
        let mut fresh = world.open(settings, MemoryStore::default()).unwrap().unwrap();
        fresh.drain(&mut world, 100, NO_CLOCK, false).unwrap().unwrap();
        assert_eq!(state(&fresh), state(&owner));
    }
}

#[test]
fn a_clock_that_is_behind_shard_time_loses_no_record() {
    let mut world = after_ana(1, 2_000);
    let mut owner = world.open(settings(), MemoryStore::default()).unwrap().unwrap();
    // Two hours slow, once a record has shown what time it is at least.
    let wall = START - 2 * HOUR;
    world.events.truncate(1);
    owner.drain(&mut world, 8, START, false).unwrap().unwrap();
    world.event(START + MINUTE, r#"{"type":"page_viewed","customer":"ana"}"#);
    let error = owner.drain(&mut world, 8, wall, false).unwrap().unwrap_err();
    assert!(matches!(error, ShardError::ClockBehind { offset: 1, .. }), "{error}");
    assert_eq!(owner.shard.next_offset(), 1);
    owner.drain(&mut world, 8, START + MINUTE, false).unwrap().unwrap();
    assert_eq!(owner.shard.next_offset(), 2);
    assert_eq!(owner.shard.counters().poison, [0; Poison::ALL.len()]);
}
