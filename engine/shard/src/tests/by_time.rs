//! Journeys that begin by time: after a recovery, and as a configuration with them comes into force.

use super::cuts::same_wherever_stopped;
use super::upgrade::start;
use super::world::{HOUR, MINUTE, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::format_rfc3339;
use std::sync::Arc;

const DAY: i64 = 24 * HOUR;
const FACTS: &str =
    "facts:\n  last_order: { last: order_placed, key: event.order.id, undo: order_cancelled }\n";

fn plan(triggers: &[&str]) -> Arc<Plan> {
    let journey = |(number, trigger): (usize, &&str)| SourceFile {
        path: format!("{number}.yaml"),
        text: format!(
            "journey: j{number}\nclass: transactional\ntrigger: {trigger}\nsteps: [{{ send: hello{number}, channels: [email] }}, {{ wait: 1d }}, {{ set: {{ day: now }} }}]\n"
        ),
    };
    let journeys: Vec<SourceFile> = triggers.iter().enumerate().map(journey).collect();
    let facts = SourceFile { path: "facts.yaml".into(), text: FACTS.into() };
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    Arc::new(load(&Policy::default(), sources).unwrap_or_else(|problems| panic!("{problems:#?}")))
}

fn order(world: &mut World, record: i64, customer: &str, at: i64) {
    let time = format_rfc3339(at);
    world.event(
        record,
        &format!(
            r#"{{"type":"order_placed","customer":"{customer}","time":"{time}","order":{{"id":"{at}"}},"profile":{{"email":"{customer}@example.test","birthday":"1990-03-05"}}}}"#
        ),
    );
}

fn sent(world: &World) -> Vec<(String, String, i64)> {
    let commands = world.accepted().1;
    commands.into_iter().map(|it| (it.customer, it.template, it.decided_at)).collect()
}

/// Orders, birthdays, a backlog; and steps that write what another journey begins by.
fn story() -> World {
    let plan = plan(&[
        "{ at: last_order.at + 2d }",
        "{ at: next(profile.birthday) + 7h }",
        "{ at: profile.day + 3h, when: profile.birthday != null }",
        "{ at: last_order.at + 1d, backlog: { since: 300d, spread: 3d } }",
    ]);
    let mut world = World { plans: vec![plan], ..World::default() };
    for (number, name) in ["ana", "ben", "cho", "dee"].into_iter().enumerate() {
        let number = number as i64;
        order(&mut world, START + number * MINUTE, name, START - number * 5 * DAY);
    }
    order(&mut world, START + DAY, "ana", START + DAY);
    for hour in 2..14 {
        world.event(START + hour * 12 * HOUR, r#"{"type":"seen","customer":"guest"}"#);
    }
    world
}

#[test]
fn wherever_it_is_stopped_the_same_begins() {
    let (expected, ()) = same_wherever_stopped(story, (3, START + 9 * DAY), sent, |_| ());
    assert!(expected.len() > 12, "{expected:?}");
}

#[test]
fn as_it_comes_into_force_what_is_to_come_is_armed_and_a_backlog_spread() {
    let mut world = World { plans: vec![plan(&["{ event: go }"])], ..World::default() };
    let disk = MemoryStore::default();
    for number in 0..40 {
        order(&mut world, START, &format!("late{number}"), START - (20 + number) * DAY);
    }
    order(&mut world, START, "soon", START - 9 * DAY);
    let mut owner = start(&mut world, &disk).unwrap();
    owner.drain(&mut world, 8, START + MINUTE, true).unwrap().unwrap();
    owner.checkpoint(&mut world).unwrap().unwrap();

    let trigger = "{ at: last_order.at + 10d, backlog: { since: 25d, spread: 4d } }";
    world.plans.push(plan(&[trigger]));
    let before = world.accepted().0.len();
    let mut owner = start(&mut world, &disk).unwrap();
    let turns = world.accepted().0;
    assert_eq!(turns.len(), before + 1, "a turn of its own");
    assert_eq!((turns[before].follow, turns[before].fired), (0, 0), "which decides nothing");
    owner.drain(&mut world, 8, START + 5 * DAY, true).unwrap().unwrap();
    let sent = sent(&world);
    assert!(sent.iter().any(|(who, ..)| who == "soon"));
    // Those of the last 25 days, and for some of four more.
    assert!((16..=20).contains(&(sent.len() - 1)), "{sent:?}");
    let explained = owner.shard.explain("late39").unwrap().unwrap();
    assert!(explained.decisions.is_empty(), "nobody hears of what has passed");
    // Another configuration with the same journey begins nothing again.
    world.plans.push(plan(&[trigger, "{ event: go }"]));
    let count = sent.len();
    let mut owner = start(&mut world, &disk).unwrap();
    owner.drain(&mut world, 8, START + 9 * DAY, true).unwrap().unwrap();
    assert_eq!(world.accepted().1.len(), count);
}
