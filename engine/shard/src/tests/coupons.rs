//! Coupons: wherever a shard is stopped, each run has the code that it had, and no code is anybody else's.

use super::cuts::same_wherever_stopped;
use super::upgrade::start;
use super::world::{HOUR, Owner, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::journey::load::{SourceFile, load as compile};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{Millis, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

const JOURNEY: &str = "journey: offer
class: transactional
trigger: { event: go }
reentry: always
steps:
  - send: first
    channels: [webhook]
    with: { coupon: spring }
  - wait: 90m
  - send: second
    channels: [webhook]
    with: { coupon: spring }
";

fn plan(pools: &[&str], journey: &str) -> Arc<Plan> {
    let coupons = pools.iter().map(|name| (*name).to_owned()).collect();
    let policy = Policy { coupons, max_defer: Span(3 * HOUR), ..Policy::default() };
    let source = SourceFile { path: "offer.yaml".into(), text: journey.into() };
    Arc::new(compile(&policy, &[source]).expect("the journey is valid"))
}

fn load(world: &mut World, time: Millis, sequence: u64, codes: &str) {
    world.event(
        time,
        &format!(
            r#"{{"type":"control","stream":"control","epoch":"e","sequence":{sequence},"control":{{"coupons":"spring","codes":{codes}}}}}"#
        ),
    );
}

/// More people come than there are codes; some come again; a record comes twice.
fn story() -> World {
    let mut world = World { plans: vec![plan(&["spring"], JOURNEY)], ..World::default() };
    let go = |world: &mut World, time: Millis, customer: &str| {
        world.event(time, &format!(r#"{{"type":"go","customer":"{customer}"}}"#));
    };
    load(&mut world, START, 1, r#"["A","B"]"#);
    for (number, customer) in ["ana", "ben", "cho", "dee"].into_iter().enumerate() {
        go(&mut world, START + number as Millis * 1_000, customer);
    }
    load(&mut world, START + HOUR / 2, 2, r#"["B","C"]"#);
    go(&mut world, START + 2 * HOUR, "eve");
    load(&mut world, START + 3 * HOUR, 2, r#"["D"]"#);
    load(&mut world, START + 4 * HOUR, 3, r#"["A","D","E"]"#);
    go(&mut world, START + 5 * HOUR, "ana");
    world
}

fn sent(world: &World) -> Vec<(String, String, String, Millis)> {
    let commands = world.accepted().1;
    let code = |data: &serde_json::Value| data["coupon"].as_str().unwrap_or("none").to_owned();
    commands
        .into_iter()
        .map(|it| (it.run_id.to_string(), it.template, code(&it.data), it.decided_at))
        .collect()
}

fn known(owner: &Owner) -> Vec<(String, u64, u64)> {
    let pools = owner.shard.pools().iter();
    pools.map(|pool| (pool.name().to_owned(), pool.left(), pool.given())).collect()
}

#[test]
fn wherever_it_is_stopped_each_run_keeps_its_code_and_none_is_given_twice() {
    let (expected, pools) = same_wherever_stopped(story, (3, START + 9 * HOUR), sent, known);
    let mut of_run: BTreeMap<&str, &str> = BTreeMap::new();
    for (run, _, code, _) in &expected {
        assert_eq!(*of_run.entry(run).or_insert(code), code, "{expected:?}");
    }
    let mut given: Vec<&str> = of_run.into_values().collect();
    given.sort_unstable();
    assert_eq!(given, ["A", "B", "C", "D", "E"], "{expected:?}");
    assert_eq!(pools, [("spring".to_owned(), 0, 5)]);
}

#[test]
fn a_run_keeps_its_code_under_another_configuration() {
    let mut world = story();
    world.events.truncate(2);
    let disk = MemoryStore::default();
    let mut owner = start(&mut world, &disk).unwrap();
    owner.drain(&mut world, 3, START + HOUR, false).unwrap().unwrap();
    let other = JOURNEY.replace(
        "  - send: second\n",
        "  - send: between\n    channels: [webhook]\n    with: { coupon: autumn }\n  - send: second\n",
    );
    world.plans.push(plan(&["autumn", "spring"], &other));
    let mut owner = start(&mut world, &disk).unwrap();
    for hour in 2..=9 {
        owner.drain(&mut world, 3, START + hour * HOUR, true).unwrap().unwrap();
    }
    let told: Vec<_> = sent(&world).into_iter().map(|(_, step, code, _)| (step, code)).collect();
    assert_eq!(told, [("first".into(), "A".into()), ("second".into(), "A".to_owned())]);
}
