//! Records that every partition gets: after a recovery the same is known of streams and products, and the same is decided.

use super::cuts::same_wherever_stopped;
use super::upgrade::start;
use super::world::{HOUR, MINUTE, Owner, START, World, plan_of};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::stream::{Order, Stop, Stream};
use cartwheel_core::time::Millis;

const JOURNEY: &str = "journey: stocked
class: transactional
trigger: { event: go, when: \"catalogue[event.product.id].stock > 0\" }
key: event.product.id
reentry: always
while: catalogue[key].stock > 0
steps:
  - wait: 90m
  - branch:
      - when: catalogue[key].price < 20
        steps: [{ send: cheap, channels: [webhook] }]
  - send: hello
    channels: [webhook]
";

/// A record of the stream, by its number.
fn record(world: &mut World, time: Millis, sequence: u64, product: &str) {
    world.event(
        time,
        &format!(
            r#"{{"type":"catalogue","stream":"catalogue","epoch":"e","sequence":{sequence},"product":{{"id":{product}}}}}"#
        ),
    );
}

/// Products change between events; a record is missing for a while, and one comes twice.
fn story() -> World {
    let mut world = World { plans: vec![plan_of(JOURNEY)], ..World::default() };
    let go = |world: &mut World, hour: i64, customer: &str, product: &str| {
        let event =
            format!(r#"{{"type":"go","customer":"{customer}","product":{{"id":"{product}"}}}}"#);
        world.event(START + hour * HOUR, &event);
    };
    record(&mut world, START, 1, r#""p","stock":3,"price":30,"badges":["new"]"#);
    record(&mut world, START, 2, r#""q","stock":1,"price":"10.5""#);
    go(&mut world, 1, "ana", "p");
    go(&mut world, 1, "ben", "q");
    record(&mut world, START + HOUR, 3, r#""p","price":15"#);
    go(&mut world, 2, "cho", "r");
    record(&mut world, START + 2 * HOUR, 5, r#""r","stock":9"#);
    go(&mut world, 3, "dee", "r");
    record(&mut world, START + 3 * HOUR, 4, r#""q","stock":0"#);
    record(&mut world, START + 3 * HOUR, 4, r#""q","stock":7"#);
    record(&mut world, START + 3 * HOUR, 5, r#""r","stock":9,"price":1"#);
    go(&mut world, 4, "eve", "r");
    go(&mut world, 4, "ana", "p");
    record(&mut world, START + 5 * HOUR, 6, r#""p","stock":null,"price":null,"badges":null"#);
    go(&mut world, 6, "fay", "p");
    world
}

fn sent(world: &World) -> Vec<(String, String, i64)> {
    let commands = world.accepted().1;
    commands.into_iter().map(|it| (it.customer, it.template, it.decided_at)).collect()
}

type Known = (Vec<Stream>, usize, Vec<Option<String>>);

fn known(owner: &Owner) -> Known {
    let products = owner.shard.products();
    let shown = ["p", "q", "r"].map(|id| products.shown(id).map(|fields| format!("{fields:?}")));
    (owner.shard.streams().iter().cloned().collect(), products.len(), shown.to_vec())
}

#[test]
fn wherever_it_is_stopped_the_same_is_known_and_decided() {
    let (expected, shared) = same_wherever_stopped(story, (3, START + 9 * HOUR), sent, known);
    let whom: Vec<&str> = expected.iter().map(|(whom, ..)| whom.as_str()).collect();
    assert_eq!(whom, ["ana", "ana", "ben", "ben", "eve", "eve"], "{expected:?}");
    assert_eq!(shared.1, 2, "of p nothing is known any more");
}

#[test]
fn a_gap_is_seen_until_it_is_filled() {
    let mut world = story();
    let later = world.events.split_off(9);
    let mut owner = start(&mut world, &MemoryStore::default()).unwrap();
    owner.drain(&mut world, 4, START + 4 * HOUR + MINUTE, true).unwrap().unwrap();
    let catalogue = |owner: &Owner| owner.shard.streams().iter().next().cloned().expect("a stream");
    let stream = catalogue(&owner);
    assert_eq!((stream.last, stream.stop), (4, Some(Stop::Gap(5))));
    world.events.extend(later);
    owner.drain(&mut world, 4, START + 9 * HOUR, true).unwrap().unwrap();
    let stream = catalogue(&owner);
    assert_eq!((stream.last, stream.stop), (6, None));
    let orders = owner.shard.counters().shared.orders;
    let of = |order: Order| orders[order as usize];
    assert_eq!((of(Order::Next), of(Order::Repeat), of(Order::Gap)), (6, 1, 1));
}
