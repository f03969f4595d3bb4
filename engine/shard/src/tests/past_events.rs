//! Past events that are read in: wherever the shard is stopped, each counts once, and nothing is decided because of them.

use super::cuts::same_wherever_stopped;
use super::world::{HOUR, MINUTE, Owner, START, World};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::format_rfc3339;
use cartwheel_core::value::Value;
use std::sync::Arc;

const DAY: i64 = 24 * HOUR;
const FACTS: &str = "facts:
  views: { count: product_viewed }
  last_order: { last: order_placed, key: event.order.id }
  stage: { level: [{ keen: views >= 3 }, { none: 'true' }] }
";
const JOURNEYS: [&str; 3] = [
    "journey: bought\nclass: transactional\ntrigger: { event: order_placed }\nsteps: [{ send: thanks, channels: [webhook] }]\n",
    "journey: keen\nclass: transactional\ntrigger: { event: stage_changed }\nsteps: [{ send: keen, channels: [webhook] }]\n",
    "journey: back\nclass: transactional\ntrigger: { at: last_order.at + 10d }\nsteps: [{ send: back, channels: [webhook] }]\n",
];

fn plan() -> Arc<Plan> {
    let journeys = JOURNEYS.map(|text| SourceFile { path: "j.yaml".into(), text: text.into() });
    let facts = SourceFile { path: "facts.yaml".into(), text: FACTS.into() };
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    Arc::new(load(&Policy::default(), sources).unwrap_or_else(|problems| panic!("{problems:#?}")))
}

fn past(world: &mut World, minute: i64, sequence: u64, customer: &str, (kind, at): (&str, i64)) {
    let time = format_rfc3339(at);
    world.event(START + minute * MINUTE, &format!(
        r#"{{"type":"backfill","stream":"backfill:a","epoch":"1","sequence":{sequence},"facts":["views","last_order"],"event":{{"id":"1","type":"{kind}","customer":"{customer}","time":"{time}","order":{{"id":1}}}}}}"#
    ));
}

/// A writer that is killed and begins again, among events of today.
fn story() -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    let today = |world: &mut World, minute: i64, customer: &str, kind: &str| {
        let event =
            format!(r#"{{"type":"{kind}","customer":"{customer}","order":{{"id":"today"}}}}"#);
        world.event(START + minute * MINUTE, &event);
    };
    let history = [
        ("ana", ("product_viewed", START - 90 * DAY)),
        ("ben", ("order_placed", START - 30 * DAY)),
        ("ana", ("product_viewed", START - 60 * DAY)),
        ("cho", ("order_placed", START - 9 * DAY)),
        ("dee", ("order_placed", START - 10 * DAY - HOUR)),
        ("ana", ("product_viewed", START - 50 * DAY)),
    ];
    today(&mut world, 0, "ana", "page_viewed");
    for (begin, run) in [(1, &history[..3]), (10, &history[..5]), (20, &history[..])] {
        for (number, (customer, what)) in (1..).zip(run) {
            past(&mut world, begin + number, number as u64, customer, *what);
        }
        today(&mut world, begin + 7, "eve", "product_viewed");
    }
    today(&mut world, 40, "eve", "product_viewed");
    today(&mut world, 50, "eve", "order_placed");
    today(&mut world, 3 * 24 * 60, "guest", "page_viewed");
    world
}

type Told = Vec<(String, String)>;

fn sent(world: &World) -> Told {
    world.accepted().1.into_iter().map(|it| (it.customer, it.template)).collect()
}

/// Somebody's facts, and how many decisions there were.
type Known = (Vec<(String, Value)>, usize);

/// Of everybody, as far as they are known.
fn known(owner: &Owner) -> [Option<Known>; 5] {
    ["ana", "ben", "cho", "dee", "eve"].map(|customer| {
        let explained = owner.shard.explain(customer).unwrap();
        explained.map(|explained| (explained.facts, explained.decisions.len()))
    })
}

#[test]
fn wherever_it_is_stopped_each_past_event_counts_once_and_tells_nothing() {
    let (sent, facts) = same_wherever_stopped(story, (3, START + 3 * DAY), sent, known);
    let told = |customer: &str, template: &str| (customer.to_owned(), template.to_owned());
    // Of ana's three looks nobody hears; eve's third look is today's. The moment of cho is still to come, that of dee was an hour ago.
    assert_eq!(sent, [told("eve", "keen"), told("eve", "thanks"), told("cho", "back")]);
    let decisions = facts.map(|known| known.map(|(_, decisions)| decisions));
    assert_eq!((decisions[0], decisions[1], decisions[3]), (Some(0), Some(0), Some(0)));
}
