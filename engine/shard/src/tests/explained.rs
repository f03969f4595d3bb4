//! What is told of a customer beside what was decided: what a run waits for, and how somebody stands to a journey that they never entered.

use super::upgrade::start;
use super::world::{HOUR, MINUTE, START, World};
use crate::checkpoint::memory::MemoryStore;
use crate::explain::Explanation;
use cartwheel_core::apply::{Comes, Known};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::policy::Policy;
use cartwheel_core::value::Value;
use std::sync::Arc;

const JOURNEYS: [&str; 4] = [
    "journey: bought\nclass: transactional\ntrigger: { event: order_placed }\nsteps:\n  - send: thanks\n    channels: [email, { sms: { if_no: opened, within: 4h } }]\n",
    "journey: cart\ntrigger: { event: cart_updated, quiet_for: 3h }\nsteps: [{ send: reminder, channels: [email] }]\n",
    "journey: regular\ntrigger: { event: product_viewed, when: orders >= 2 }\nsteps: [{ send: hello, channels: [email] }]\n",
    "journey: sleeper\ntrigger: { at: last_order.at + 60d }\nsteps: [{ send: miss, channels: [email] }]\n",
];

const FACTS: &str =
    "facts:\n  orders: { count: order_placed }\n  last_order: { last: order_placed }\n";

/// What is told of ana after these events, one an hour.
fn told(events: &[&str]) -> Explanation {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let journeys = JOURNEYS.map(|text| file("journey.yaml", text));
    let facts = file("facts.yaml", FACTS);
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let mut world = World::default();
    world.plans.push(Arc::new(load(&Policy::default(), sources).unwrap()));
    let email = r#""profile":{"email":"ana@example.test","phone":"+15550100"}"#;
    for (hours, event) in (0..).zip(events) {
        let text = format!(r#"{{"customer":"ana",{email},{event}}}"#);
        world.event(START + hours * HOUR, &text);
    }
    let now = START + (events.len() as i64 - 1) * HOUR + MINUTE;
    let mut owner = start(&mut world, &MemoryStore::default()).unwrap();
    owner.drain(&mut world, 8, now, true).unwrap().unwrap();
    owner.shard.explain("ana").unwrap().unwrap()
}

#[test]
fn a_journey_that_was_never_entered_says_what_its_condition_comes_to() {
    let told = told(&[r#""type":"order_placed","order":{"id":"a"}"#]);
    let names: Vec<&str> = told.outlooks.iter().map(|of| of.journey.as_str()).collect();
    assert_eq!(names, ["bought", "cart", "regular", "sleeper"]);
    let regular = told.outlooks[2].when.as_ref().unwrap();
    assert_eq!((regular.text.as_str(), regular.holds), ("orders >= 2", Some(false)));
    assert_eq!(regular.values, [("orders".into(), Known::Value(Value::Number(1.0)))]);
    let sleeper = told.outlooks[3].at.as_ref().unwrap();
    assert_eq!(sleeper.comes, Comes::At(START + 60 * 24 * HOUR));
}

#[test]
fn a_run_says_what_it_waits_for() {
    let told = told(&[
        r#""type":"order_placed","order":{"id":"a"}"#,
        r#""type":"cart_updated","cart":{"id":"k"}"#,
    ]);
    let mut waits: Vec<(&str, &str)> =
        told.runs.iter().map(|run| (run.journey.as_str(), run.waits.as_str())).collect();
    waits.sort_unstable();
    assert_eq!(
        waits,
        [
            ("bought", "a fallback, if it is asked for (email, sms if not opened within 4h)"),
            ("cart", "3h of quiet"),
        ]
    );
}
