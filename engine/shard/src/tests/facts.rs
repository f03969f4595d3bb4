//! What is shown of the shop's own facts.

use super::upgrade::start;
use super::world::{HOUR, MINUTE, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::policy::Policy;
use std::sync::Arc;

const JOURNEY: &str = "journey: hello\nclass: transactional\ntrigger: { event: go }\nsteps: [{ send: hello, channels: [email] }]\n";

const FACTS: &str = "facts:
  orders: { count: order_placed, key: event.order.id, undo: order_cancelled }
  spent: { sum: order_placed, add: event.order.total }
  seen: { last: [order_placed, product_viewed] }
  tickets: { set: ticket_opened, key: event.ticket.id, drop: ticket_closed, for: 21d, keys: 4 }
  views: { count: product_viewed }
";

#[test]
fn an_explanation_has_the_facts_that_some_event_has_touched() {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let (journeys, facts) = ([file("hello.yaml", JOURNEY)], file("facts.yaml", FACTS));
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let mut world = World::default();
    world.plans.push(Arc::new(load(&Policy::default(), sources).unwrap()));
    for (hours, event) in [
        r#""type":"order_placed","order":{"id":"a","total":12.5}"#,
        r#""type":"order_placed","order":{"id":"b","total":"30"}"#,
        r#""type":"order_cancelled","order":{"id":"a"}"#,
        r#""type":"ticket_opened","ticket":{"id":1}"#,
        r#""type":"ticket_opened","ticket":{"id":2}"#,
        r#""type":"ticket_closed","ticket":{"id":1}"#,
    ]
    .into_iter()
    .enumerate()
    {
        world.event(START + hours as i64 * HOUR, &format!(r#"{{"customer":"ana",{event}}}"#));
    }
    let mut owner = start(&mut world, &MemoryStore::default()).unwrap();
    owner.drain(&mut world, 8, START + 5 * HOUR + MINUTE, true).unwrap().unwrap();
    let explained = owner.shard.explain("ana").unwrap().unwrap();
    let facts: Vec<String> =
        explained.facts.iter().map(|(name, value)| format!("{name} {}", value.to_json())).collect();
    assert_eq!(
        facts,
        ["orders 1", r#"seen "2026-03-02T11:00:00.000Z""#, "spent 42.5", "tickets 1"]
    );
}
