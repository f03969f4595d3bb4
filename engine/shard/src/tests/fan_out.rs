//! A product comes back that many wait for: each shard's part of the budget goes to its best customers, spread, to each once, wherever an owner is stopped, and
//! though the catalogue's record comes again.

use super::upgrade::start;
use super::world::{HOUR, MINUTE, Owner, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::command::Command;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use std::sync::Arc;

const FACTS: &str = "facts:
  wishes: { set: wished, key: event.product.id, for: 30d, keys: 4, indexed: true, drop: had }
";
const JOURNEY: &str = "journey: back
trigger: { catalogue: product_restocked, who: event.product.id in wishes, order: profile.rank, budget: event.product.stock * 3, spread: 30m }
reentry: { after: 7d, per: key }
while: catalogue[key].stock > 0
steps:
  - send: back
    channels: [webhook]
";
const PARTITIONS: i32 = 4;

fn plan_with(journey: &str) -> Arc<Plan> {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let (journeys, facts) = ([file("back.yaml", journey)], file("facts.yaml", FACTS));
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let policy = Policy { quiet_hours: Vec::new(), ..Policy::default() };
    Arc::new(load(&policy, sources).unwrap_or_else(|problems| panic!("{problems:#?}")))
}

/// A record of the stream, by its number.
fn product(world: &mut World, time: Millis, id: &str, sequence: u64, stock: i64) {
    world.event(
        time,
        &format!(
            r#"{{"type":"catalogue","stream":"catalogue","epoch":"e","sequence":{sequence},"product":{{"id":"{id}","stock":{stock}}}}}"#
        ),
    );
}

fn name(number: i64) -> String {
    format!("c{number}")
}

/// Those of this partition wait for the product, each with another rank; an hour later there are so many pieces of it, and ten minutes after that the record comes again.
fn story(partition: i32, customers: i64, stock: i64) -> World {
    let partitioner = Partitioner::Murmur2;
    let mut world = World {
        plans: vec![plan_with(JOURNEY)],
        placed: Some((PARTITIONS, partitioner)),
        partition,
        ..World::default()
    };
    product(&mut world, START, "p", 1, 0);
    let here =
        |number: &i64| partitioner.partition_of(name(*number).as_bytes(), PARTITIONS) == partition;
    for number in (0..customers).filter(here) {
        world.event(
            START,
            &format!(
                r#"{{"type":"wished","customer":"{}","product":{{"id":"p"}},"profile":{{"rank":{}}}}}"#,
                name(number),
                number * 7 % 1_000
            ),
        );
    }
    product(&mut world, START + HOUR, "p", 2, stock);
    // Shard time goes by, by records of another product.
    for minute in 1..=40 {
        let time = START + HOUR + minute * MINUTE;
        product(&mut world, time, "q", 2 + minute as u64, minute % 2);
        if minute == 10 {
            product(&mut world, time, "p", 2, stock);
        }
    }
    world
}

/// To whom, in order of decisions. Each was told when shard time came to the end of the window: with the next record at the latest.
fn told(world: &World) -> Vec<String> {
    let commands = world.accepted().1;
    let many = commands.len() as i64;
    let on_time = |(place, command): (i64, Command)| {
        let late = command.decided_at - (START + HOUR + 30 * MINUTE * place / many);
        assert!((0..=MINUTE).contains(&late), "{late} ms: {command:?}");
        command.customer
    };
    (0..).zip(commands).map(on_time).collect()
}

fn drain(owner: &mut Owner, world: &mut World, until: Millis) {
    owner.drain(world, 3, until, true).unwrap().unwrap();
}

const END: Millis = START + 3 * HOUR;

#[test]
fn each_shard_has_its_share_in_order_and_spread() {
    let (customers, stock) = (800, 25);
    let mut shares = Vec::new();
    for partition in 0..PARTITIONS {
        let mut world = story(partition, customers, stock);
        let mut owner = start(&mut world, &MemoryStore::default()).unwrap();
        drain(&mut owner, &mut world, END);
        let told = told(&world);
        let waiting =
            world.events.iter().filter(|(_, value)| value.starts_with(br#"{"type":"wished"#));
        let mut best: Vec<(i64, String)> = waiting
            .map(|(_, value)| serde_json::from_slice::<serde_json::Value>(value).unwrap())
            .map(|event| {
                (
                    -event["profile"]["rank"].as_i64().unwrap(),
                    event["customer"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        best.sort();
        assert!(best.len() > 150, "as many as elsewhere");
        let first: Vec<String> = best.into_iter().take(told.len()).map(|(_, name)| name).collect();
        assert_eq!(told, first, "partition {partition}");
        shares.push(told.len());
    }
    shares.sort_unstable();
    assert_eq!(shares, [18, 19, 19, 19], "75 altogether");
}

#[test]
fn wherever_it_is_stopped_each_hears_of_it_once() {
    let whole = |left: Option<u64>, checkpoint: bool| {
        let (mut world, disk) = (story(1, 40, 4), MemoryStore::default());
        world.steps_left = left;
        let play = |world: &mut World| {
            let Ok(opened) = world.open(super::crash::settings(), disk.clone()) else {
                return false;
            };
            let mut owner = opened.unwrap();
            // Before the product is back, while they are told of it, and behind all of it.
            for wall in [START + HOUR, START + HOUR + 12 * MINUTE, END] {
                let events = world.events.clone();
                let replayed =
                    owner.shard.replay_until().unwrap_or(0).max(owner.shard.next_offset());
                let there = events.iter().filter(|(time, _)| *time <= wall).count();
                world.events.truncate(there.max(replayed.max(0) as usize));
                let drained = owner.drain(world, 3, wall, true);
                world.events = events;
                let Ok(drained) = drained else { return false };
                drained.unwrap();
                if checkpoint {
                    let Ok(done) = owner.checkpoint(world) else { return false };
                    done.unwrap();
                }
            }
            true
        };
        let done = play(&mut world);
        if !done {
            world.steps_left = None;
            assert!(play(&mut world), "nothing stops it now");
        }
        (told(&world), done)
    };
    let (expected, done) = whole(None, false);
    assert!(done && expected.len() == 3, "{expected:?}");
    let mut stops = 0;
    for checkpoint in [false, true] {
        for left in 0.. {
            let (told, done) = whole(Some(left), checkpoint);
            assert_eq!(told, expected, "stopped behind {left} steps");
            if done {
                break;
            }
            stops += 1;
        }
    }
    assert!(stops > 15, "{stops}");
}

/// What is known of who waits follows the customers: through a checkpoint, and where a configuration comes into force under which it is asked for.
#[test]
fn who_waits_is_known_behind_a_checkpoint_and_of_a_new_configuration() {
    let plain = JOURNEY.replace("catalogue: product_restocked, who: event.product.id in wishes, order: profile.rank, budget: event.product.stock * 3, spread: 30m", "event: go").replace("while: catalogue[key].stock > 0\n", "key: event.product.id\n");
    for before in [JOURNEY, plain.as_str()] {
        let (mut world, disk) = (story(0, 100, 200), MemoryStore::default());
        world.plans = vec![plan_with(before)];
        let later = world.events.split_off(world.events.len() - 42);
        let wishing = world.events.len() - 1;
        let wished = String::from_utf8(world.events[1].1.clone()).unwrap();
        world.event(START + MINUTE, &wished.replace("wished", "had"));
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 3, START + MINUTE, false).unwrap().unwrap();
        owner.checkpoint(&mut world).unwrap().unwrap();
        world.events.extend(later);
        world.plans.push(plan_with(JOURNEY));
        let mut owner = start(&mut world, &disk).unwrap();
        drain(&mut owner, &mut world, END);
        assert_eq!(told(&world).len(), wishing - 1, "all but the one who has it");
    }
}
