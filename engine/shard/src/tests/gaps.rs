//! Offsets and events that are not there.

use super::world::{HOUR, START, World, plan};
use crate::checkpoint::memory::MemoryStore;
use crate::{Clock, Settings, Shard, ShardError};
use cartwheel_core::event::Record;
use cartwheel_core::time::Millis;

const NAMES: [&str; 6] = ["ana", "ben", "cem", "dua", "eva", "fay"];

/// Somebody comes and leaves a cart, at each of these offsets.
fn events(offsets: &[i64]) -> Vec<(i64, Millis, String)> {
    let event = |(who, offset): (&&str, &i64)| {
        let at = START + offset;
        let value = format!(
            r#"{{"type":"cart_updated","customer":"{who}","time":{at},"profile":{{"email":"{who}@example.test","consent":{{"email":true}}}},"cart":{{"id":"k","total":80,"items":[1]}}}}"#
        );
        (*offset, at, value)
    };
    NAMES.iter().zip(offsets).map(event).collect()
}

/// Gives the shard all of these, with the clock at this time if it stands at their end.
fn feed(
    shard: &mut Shard<MemoryStore>,
    world: &mut World,
    events: &[(i64, Millis, String)],
    wall: Millis,
    caught_up: bool,
) -> Result<Vec<crate::Outgoing>, ShardError> {
    let mut out = Vec::new();
    loop {
        for (offset, (headers, value)) in
            (0..).zip(&world.sends).skip(shard.log_wanted().map_or(usize::MAX, |at| at as usize))
        {
            if !shard.log_record(offset, *headers, value)? {
                break;
            }
        }
        let unread = events.iter().filter(|(offset, ..)| *offset >= shard.next_offset());
        let records: Vec<Record<'_>> = unread
            .map(|(offset, time, value)| Record {
                offset: *offset,
                time: *time,
                key: None,
                value: value.as_bytes(),
            })
            .collect();
        let clock = Clock { wall, caught_up: caught_up.then_some(wall), level: None };
        let turned = shard.turn(&records, clock, &mut out)?;
        if turned.consumed == records.len() && !turned.more {
            return Ok(out);
        }
    }
}

/// A log decided on events at these offsets, and its shard.
fn decided(offsets: &[i64]) -> (World, Shard<MemoryStore>) {
    let mut world = World { plans: vec![plan()], ..World::default() };
    let mut owner = world.open(Settings::without_clock(), MemoryStore::default()).unwrap().unwrap();
    let mut out =
        feed(&mut owner.shard, &mut world, &events(offsets), START + 2 * HOUR, true).unwrap();
    owner.publish(&mut world, &mut out).unwrap().unwrap();
    assert_eq!(world.accepted().1.len(), NAMES.len(), "six reminders");
    (world, owner.shard)
}

/// Offsets without a record are of no interest: transactions' markers, compaction.
#[test]
fn a_gap_in_the_events_offsets_is_passed_over_and_a_replay_passes_over_it_too() {
    let offsets = [0, 1, 5, 6, 40, 41];
    let (mut world, live) = decided(&offsets);
    assert_eq!(live.next_offset(), 42);
    let mut again = world.open(Settings::without_clock(), MemoryStore::default()).unwrap().unwrap();
    let out = feed(&mut again.shard, &mut world, &events(&offsets), 0, false).unwrap();
    assert!(out.is_empty() && again.shard.replaying() == 0);
    for name in NAMES {
        assert_eq!(again.shard.explain(name).unwrap(), live.explain(name).unwrap(), "{name}");
    }
}

/// The log of decisions names the turn: nothing is decided without the event, and nothing is published.
#[test]
fn an_event_that_was_decided_on_and_is_missing_is_refused_at_the_turn_that_decided() {
    let offsets = [0, 1, 2, 3, 4, 5];
    for missing in offsets {
        let (mut world, _) = decided(&offsets);
        let mut left = events(&offsets);
        left.remove(missing as usize);
        let mut again =
            world.open(Settings::without_clock(), MemoryStore::default()).unwrap().unwrap();
        let sends = world.sends.len();
        // Somebody else's, behind them: what is missing is not only late.
        let behind = r#"{"type":"page_viewed","customer":"guest"}"#;
        left.push((6, START + 2 * HOUR, behind.into()));
        let error = feed(&mut again.shard, &mut world, &left, 0, false).unwrap_err();
        let ShardError::ChainDiffers { next_offset, log, replay, .. } = error else {
            panic!("{missing}: {error}")
        };
        assert_eq!(next_offset, 6, "{missing}");
        assert!(log.contains("follow 6") && replay.contains("follow 5"), "{log}; {replay}");
        assert_eq!(world.sends.len(), sends);
    }
}

#[test]
fn a_replay_waits_for_the_events_that_its_log_was_decided_on() {
    let offsets = [0, 1, 2, 3, 4, 5];
    let (mut world, _) = decided(&offsets);
    let mut again = world.open(Settings::without_clock(), MemoryStore::default()).unwrap().unwrap();
    let out = feed(&mut again.shard, &mut world, &events(&offsets[..5]), 0, false).unwrap();
    assert!(out.is_empty() && again.shard.replaying() > 0);
    feed(&mut again.shard, &mut world, &events(&offsets), 0, false).unwrap();
    assert_eq!(again.shard.replaying(), 0);
}
