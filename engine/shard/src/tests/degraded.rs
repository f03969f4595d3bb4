//! A producer that writes a field of a wrong type into every event.

use super::world::{HOUR, MINUTE, START, lone};
use crate::checkpoint::memory::MemoryStore;
use crate::{Lone, Outgoing, Settings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwheel_core::event::{OddField, Record};
use cartwheel_core::sends::{Dead, DeadReason, Kind, Sample, Turn};
use cartwheel_core::time::Millis;

fn record(lone: &mut Lone<MemoryStore>, time: Millis, value: &str) {
    let offset = lone.shard().next_offset();
    lone.record(&Record { offset, time, key: Some(b"ana"), value: value.as_bytes() }).unwrap();
}

fn cart(id: usize) -> String {
    format!(
        r#"{{"id":"{id}","type":"cart_updated","customer":"ana","cart":{{"id":"k","total":80,"items":5}}}}"#
    )
}

fn dead(published: &[Outgoing]) -> Vec<Dead> {
    let dead = published.iter().filter(|record| record.kind == Kind::Dead);
    dead.map(|record| serde_json::from_slice(&record.value).unwrap()).collect()
}

#[test]
fn every_event_is_counted_a_few_are_kept_and_hardly_any_is_copied() {
    let mut lone = lone(Settings::without_clock());
    lone.keep();
    for minute in 0..119 {
        record(&mut lone, START + minute as Millis * MINUTE, &cart(minute));
        if minute % 50 == 20 {
            lone.checkpoint().unwrap();
        }
    }
    // Odd otherwise in the same hour; and one that was there before.
    let other = cart(200).replace("\"total\":80", "\"total\":{}");
    record(&mut lone, START + 119 * MINUTE, &other);
    record(&mut lone, START + 119 * MINUTE, &other);
    let counters = lone.shard().counters();
    assert_eq!(counters.degraded[OddField::CartItems as usize], 120);
    assert_eq!(counters.degraded[OddField::CartTotal as usize], 1);
    assert_eq!((counters.poison.iter().sum::<u64>(), counters.duplicates), (0, 1));

    let known = lone.shard().explain("ana").unwrap().unwrap();
    let noted: Vec<(i64, usize)> =
        known.degraded.iter().map(|event| (event.offset, event.fields.len())).collect();
    assert_eq!(
        noted,
        [(112, 1), (113, 1), (114, 1), (115, 1), (116, 1), (117, 1), (118, 1), (119, 2)]
    );
    let last = &known.degraded[7];
    assert_eq!((last.at, last.kind.as_str()), (START + 119 * MINUTE, "cart_updated"));
    assert_eq!(last.fields, ["cart.total", "cart.items"]);

    let published = lone.take_published();
    let copies = dead(&published);
    let places: Vec<(i64, &str)> =
        copies.iter().map(|copy| (copy.offset, copy.detail.as_str())).collect();
    assert_eq!(START % HOUR, 0);
    assert_eq!(places, [(0, "cart.items"), (60, "cart.items"), (119, "cart.total, cart.items")]);
    for copy in &copies {
        assert_eq!((copy.reason, copy.applied), (DeadReason::Applied(Sample::Degraded), true));
    }
    assert_eq!(copies[0].value, Some(STANDARD.encode(cart(0))));
    let turns = published.iter().filter(|record| record.kind == Kind::Turn);
    let skipped = turns.map(|turn| serde_json::from_slice::<Turn>(&turn.value).unwrap().skipped);
    assert!(skipped.into_iter().all(|skipped| skipped.is_empty()), "they are applied");
}

/// What comes beside the odd field counts, as the message shows.
#[test]
fn a_message_goes_to_the_address_that_can_be_read_and_shows_what_was_written() {
    let mut lone = lone(Settings::without_clock());
    lone.keep();
    record(
        &mut lone,
        START,
        r#"{"type":"seen","customer":"ana","profile":{"email":"ana@example.test","consent":{"email":true}}}"#,
    );
    record(
        &mut lone,
        START,
        r#"{"type":"cart_updated","customer":"ana","profile":{"email":{},"first_name":"Ana"},"cart":{"id":"k","total":"80.00","items":[1],"url":5}}"#,
    );
    lone.clock(START + 2 * HOUR).unwrap();
    let published = lone.take_published();
    let commands: Vec<_> = published.iter().filter(|record| record.kind == Kind::Command).collect();
    assert_eq!(commands.len(), 1);
    let value = String::from_utf8(commands[0].value.clone()).unwrap();
    let data = r#""data":{"profile":{"email":"ana@example.test","first_name":"Ana"},"cart":{"id":"k","total":"80.00","items":[1],"url":5}}"#;
    assert!(value.contains(data) && value.contains(r#""to":"ana@example.test""#), "{value}");
}
