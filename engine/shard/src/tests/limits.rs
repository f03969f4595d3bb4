//! How many customers there may be, where they stand in the index, and how much of one there may be.

use super::world::{CART, HOUR, MINUTE, START, World, lone, plan_of};
use crate::checkpoint::memory::MemoryStore;
use crate::checkpoint::{Meta, Store};
use crate::{IndexKey, Lone, Settings, Shard};
use cartwheel_core::event::{OddField, Record};
use cartwheel_core::sends::{Dead, DeadReason, Headers, Kind, Poison, Turn};
use cartwheel_core::time::Millis;
use std::collections::BTreeMap;

/// Two records a customer: the timers of all of them are due at the same millisecond.
fn crowd(customers: usize) -> World {
    let plan = plan_of(&CART.replace("holdout: 5%", "holdout: 0%"));
    let mut world = World { plans: vec![plan], ..World::default() };
    for number in 0..customers {
        let profile = format!(
            r#"{{"email":"c{number}@example.test","consent":{{"email":true}},"own{number}":1}}"#
        );
        world.event(
            START,
            &format!(r#"{{"type":"seen","customer":"c{number}","profile":{profile}}}"#),
        );
    }
    for number in (0..customers).rev() {
        let cart = r#"{"id":"k","total":80,"items":[1]}"#;
        world.event(
            START,
            &format!(
                r#"{{"type":"cart_updated","customer":"c{number}","time":{START},"cart":{cart}}}"#
            ),
        );
    }
    world
}

/// All that a run leaves: the log, and what the store has.
type Left = (Vec<(Headers, Vec<u8>)>, Option<Meta>, Vec<(u128, Vec<u8>)>, Vec<(u64, Vec<u8>)>);

/// Half, a checkpoint, another owner, the other half and a checkpoint.
fn left_under(key: IndexKey) -> Left {
    const CUSTOMERS: usize = 300;
    let mut world = crowd(CUSTOMERS);
    let settings = Settings { index_key: key, max_timers: 70, ..Settings::without_clock() };
    let disk = MemoryStore::default();
    let events = std::mem::take(&mut world.events);
    for (until, wall) in [(CUSTOMERS + 100, START), (events.len(), START + 2 * HOUR)] {
        world.events = events[..until].to_vec();
        let mut owner = world.open(settings.clone(), disk.clone()).unwrap().unwrap();
        owner.drain(&mut world, 64, wall, true).unwrap().unwrap();
        owner.checkpoint(&mut world).unwrap().unwrap();
    }
    let mut hot = Vec::new();
    disk.load(&mut |id, bytes| {
        hot.push((id.0, bytes.to_vec()));
        Ok(())
    })
    .unwrap();
    (world.sends, disk.meta().unwrap(), hot, disk.logged())
}

#[test]
fn the_key_of_the_index_decides_nothing() {
    let left = left_under(IndexKey::OPEN);
    assert_eq!(left.2.len(), 300);
    let commands = left.0.iter().filter(|(headers, _)| headers.kind == Kind::Command);
    assert_eq!(commands.count(), 300);
    for key in [IndexKey::numbered(1), IndexKey::numbered(2), IndexKey::random()] {
        assert!(left_under(key) == left, "another log, checkpoint or chain");
    }
}

fn at_most(max_customers: usize) -> Settings {
    Settings { max_customers, ..Settings::without_clock() }
}

fn dead(world: &World) -> Vec<Dead> {
    let dead = world.sends.iter().filter(|(headers, _)| headers.kind == Kind::Dead);
    dead.map(|(_, value)| serde_json::from_slice(value).unwrap()).collect()
}

const FULL: DeadReason = DeadReason::Poison(Poison::TooManyCustomers);

#[test]
fn a_shard_that_is_full_takes_nobody_more_and_loses_nothing_silently() {
    let mut world = crowd(20);
    let mut owner = world.open(at_most(12), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 7, START, false).unwrap().unwrap();
    let shard = &owner.shard;
    assert_eq!(
        (shard.customers(), shard.counters().poison[Poison::TooManyCustomers as usize]),
        (12, 16)
    );
    // Who is known goes on: both events of each have been applied.
    assert_eq!(shard.counters().wanted + shard.counters().unwanted, 24);
    let dead = dead(&world);
    assert!(dead.len() == 16 && dead.iter().all(|dead| dead.reason == FULL && !dead.applied));
    assert_eq!(dead[0].detail, "engine.max_customers_per_shard: 12 customers are known");
    assert!(dead[0].value.is_some(), "it can be replayed once there is room");
    let told: Vec<(i64, Poison)> = world.accepted().0.iter().flat_map(skipped).collect();
    assert_eq!(told.len(), 16);
    assert!(told.iter().all(|(_, reason)| *reason == Poison::TooManyCustomers));
}

fn skipped(turn: &Turn) -> Vec<(i64, Poison)> {
    turn.skipped.iter().map(|skipped| (skipped.offset, skipped.reason)).collect()
}

/// The log says who was refused. Whoever replays it with another limit refuses the same, and goes by its own from there on.
#[test]
fn a_replay_refuses_whom_its_log_refused_whatever_the_limit_is_now() {
    for limit in [1, 12, 15, 1_000] {
        for stored in [false, true] {
            let mut world = crowd(20);
            let disk = MemoryStore::default();
            let events = std::mem::take(&mut world.events);
            world.events = events[..9].to_vec();
            let mut owner = world.open(at_most(12), disk.clone()).unwrap().unwrap();
            owner.drain(&mut world, 4, START, false).unwrap().unwrap();
            if stored {
                owner.checkpoint(&mut world).unwrap().unwrap();
            }
            world.events = events[..35].to_vec();
            owner.drain(&mut world, 4, START, false).unwrap().unwrap();
            let before = known(&owner.shard);
            assert_eq!(before.len(), 12);
            drop(owner);

            let mut owner = world.open(at_most(limit), disk).unwrap().unwrap();
            owner
                .drain(&mut world, 5, START, false)
                .unwrap()
                .unwrap_or_else(|error| panic!("{limit}: {error}"));
            assert_eq!(
                (owner.shard.replaying(), known(&owner.shard)),
                (0, before.clone()),
                "{limit}"
            );
            world.event(START + MINUTE, r#"{"type":"seen","customer":"somebody new"}"#);
            owner.drain(&mut world, 5, START, false).unwrap().unwrap();
            assert_eq!(owner.shard.customers(), if limit > 12 { 13 } else { 12 }, "{limit}");
        }
    }
}

fn known(shard: &Shard<MemoryStore>) -> BTreeMap<String, usize> {
    let names = (0..20).map(|number| format!("c{number}"));
    let known = names.filter_map(|name| Some((name.clone(), shard.explain(&name).unwrap()?)));
    known.map(|(name, explanation)| (name, explanation.runs.len())).collect()
}

fn record(lone: &mut Lone<MemoryStore>, time: Millis, value: &str) {
    let offset = lone.shard().next_offset();
    lone.record(&Record { offset, time, key: None, value: value.as_bytes() }).unwrap();
}

/// Kafka's -1. In 1970 the cart would be a day late a thousand times over, and the shard far behind.
#[test]
fn a_record_without_a_time_came_when_the_one_before_it_did() {
    let mut lone = lone(Settings::without_clock());
    lone.keep();
    let cart = |customer: &str, time: &str| {
        format!(
            r#"{{"type":"cart_updated","customer":"{customer}"{time},"cart":{{"id":"k","total":80,"items":[1]}}}}"#
        )
    };
    record(&mut lone, START, r#"{"type":"seen","customer":"ana"}"#);
    record(&mut lone, -1, &cart("ana", ""));
    record(&mut lone, -1, &cart("ben", &format!(r#","time":{}"#, START - MINUTE)));
    // Ahead of what counts as the record's time by more than events may be.
    record(&mut lone, -1, &cart("cem", &format!(r#","time":{}"#, START + 25 * HOUR)));
    assert_eq!(lone.shard().now(), START);
    let opened: Vec<(String, Millis)> = ["ana", "ben"]
        .into_iter()
        .flat_map(|name| lone.shard().explain(name).unwrap().unwrap().runs)
        .map(|run| (run.stage.to_owned(), run.opened_at))
        .collect();
    assert_eq!(opened, [("window".to_owned(), START), ("window".to_owned(), START - MINUTE)]);
    assert_eq!(lone.shard().counters().poison[Poison::TimeInFuture as usize], 1);
}

/// In one batch, where records are read before those in front of them are applied; and the shard is not behind for it.
#[test]
fn a_batch_without_times_is_as_the_records_one_by_one() {
    let told = |batch: usize| {
        let mut world = crowd(3);
        for time in [START + MINUTE, -1, START + HOUR, -1, START, -1] {
            let number = world.events.len();
            world.event(time, &format!(r#"{{"type":"cart_updated","customer":"c{}","cart":{{"id":"n{number}","total":80,"items":[1]}}}}"#, number % 3));
        }
        let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
        owner.drain(&mut world, batch, START + HOUR, true).unwrap().unwrap();
        let opened = |name| {
            owner.shard.explain(name).unwrap().unwrap().runs.iter().map(|run| run.opened_at).max()
        };
        (["c0", "c1", "c2"].map(opened), owner.shard.counters().wanted, world.sends.len())
    };
    let together = told(100);
    assert_eq!(together.0[2], Some(START + HOUR));
    assert_eq!(told(100).0, told(1).0);
}

#[test]
fn before_there_is_any_time_a_record_without_one_is_of_1970() {
    let mut lone = lone(Settings::without_clock());
    record(&mut lone, -1, r#"{"type":"seen","customer":"ana"}"#);
    assert_eq!(lone.shard().now(), 0);
}

#[test]
fn fields_that_a_profile_has_no_room_for_are_left_out_counted_and_told() {
    let mut lone = lone(Settings::without_clock());
    lone.keep();
    let field = |number: usize| format!(r#""own{number}":{number}"#);
    for start in [0, 40] {
        let fields: Vec<String> = (start..start + 40).map(field).collect();
        let profile =
            format!(r#"{{{},"email":"ana@example.test","own3":"new"}}"#, fields.join(","));
        record(
            &mut lone,
            START,
            &format!(r#"{{"type":"seen","customer":"ana","profile":{profile}}}"#),
        );
        lone.checkpoint().unwrap();
    }
    // Those that are there are written as ever; one that is too long leaves what was there.
    let long = "x".repeat(5_000);
    record(
        &mut lone,
        START + 1,
        &format!(
            r#"{{"type":"seen","customer":"ana","profile":{{"own1":null,"own2":"{long}","own79":1,"phone":"+15550100"}}}}"#
        ),
    );
    let known = lone.shard().explain("ana").unwrap().unwrap();
    assert_eq!(known.profile.0.len(), 2 + 64 - 1);
    assert_eq!(known.profile.0["own3"], "new");
    assert_eq!(known.profile.0["own2"], 2);
    assert!(!known.profile.0.contains_key("own64") && !known.profile.0.contains_key("own1"));
    assert_eq!(lone.shard().counters().degraded[OddField::ProfileSurplus as usize], 2);
    let noted: Vec<_> = known.degraded.iter().map(|event| event.fields.clone()).collect();
    assert_eq!(noted, [["profile.*"], ["profile.*"]]);
    let dead: Vec<Dead> = lone
        .take_published()
        .iter()
        .filter(|record| record.kind == Kind::Dead)
        .map(|record| serde_json::from_slice(&record.value).unwrap())
        .collect();
    assert!(
        dead.len() == 1 && dead[0].applied && dead[0].detail == "profile.*",
        "one copy an hour"
    );
}

/// The same through an owner that is stopped between the two: the names are part of the state.
#[test]
fn the_room_of_a_profile_is_the_same_after_a_checkpoint() {
    let told = |checkpoint: bool| {
        let mut world = World { plans: vec![plan_of(CART)], ..World::default() };
        let disk = MemoryStore::default();
        let profile = |from: usize| {
            let fields: Vec<String> = (from..from + 50).map(|n| format!(r#""own{n}":1"#)).collect();
            format!(r#"{{"type":"seen","customer":"ana","profile":{{{}}}}}"#, fields.join(","))
        };
        world.event(START, &profile(0));
        let mut owner = world.open(Settings::without_clock(), disk.clone()).unwrap().unwrap();
        owner.drain(&mut world, 9, START, false).unwrap().unwrap();
        if checkpoint {
            owner.checkpoint(&mut world).unwrap().unwrap();
            owner = world.open(Settings::without_clock(), disk).unwrap().unwrap();
        }
        world.event(START, &profile(50));
        owner.drain(&mut world, 9, START, false).unwrap().unwrap();
        let fields = owner.shard.explain("ana").unwrap().unwrap().profile.0;
        fields.keys().cloned().collect::<Vec<_>>()
    };
    let fields = told(false);
    assert_eq!(fields.len(), 64);
    assert_eq!(told(true), fields);
}
