//! What metrics and the console are told.

use super::world::{HOUR, START, World, plan};
use crate::checkpoint::memory::MemoryStore;
use crate::{Due, Settings};

#[test]
fn a_timer_counts_as_due_from_its_deadline_until_it_fires() {
    let mut world = World { plans: vec![plan()], ..World::default() };
    for (number, customer) in ["ana", "ben"].into_iter().enumerate() {
        let time = START + number as i64;
        let cart = r#"{"id":"k","total":80,"items":[1]}"#;
        world.event(time, &format!(r#"{{"id":"{number}","type":"cart_updated","customer":"{customer}","time":{time},"cart":{cart}}}"#));
    }
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    assert_eq!(owner.shard.due(i64::MAX - 1), Due::default(), "nobody is known");
    owner.drain(&mut world, 8, START, false).unwrap().unwrap();
    // The wall clock goes on, the shard does not hear of it.
    let due = |customers, oldest| Due { customers, oldest };
    assert_eq!(owner.shard.due(START + HOUR - 1), Due::default());
    assert_eq!(owner.shard.due(START + HOUR), due(1, Some(START + HOUR)));
    assert_eq!(owner.shard.due(START + 2 * HOUR), due(2, Some(START + HOUR)));
    owner.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
    assert_eq!(owner.shard.due(START + 2 * HOUR), Due::default(), "fired");
}
