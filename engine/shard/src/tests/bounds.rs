//! What one turn makes, in bytes, and that where it is cut for that does not matter.

use super::world::{HOUR, START, World, lone, plan};
use crate::checkpoint::memory::MemoryStore;
use crate::{Lone, Outgoing, Settings};
use cartwheel_core::event::Record;
use cartwheel_core::sends::{Kind, Turn};

const LIMIT: usize = 200_000;

fn event(lone: &mut Lone<MemoryStore>, value: &str) {
    let offset = lone.shard().next_offset();
    lone.record(&Record { offset, time: START, key: None, value: value.as_bytes() }).unwrap();
}

/// The bytes of each turn's followers.
fn turns(published: &[Outgoing]) -> Vec<usize> {
    let of_a_turn = published.chunk_by(|_, next| next.kind != Kind::Turn);
    of_a_turn.map(|turn| turn[1..].iter().map(|record| record.value.len()).sum()).collect()
}

fn followers(published: &[Outgoing]) -> Vec<(Kind, Vec<u8>)> {
    let followers = published.iter().filter(|record| record.kind != Kind::Turn);
    followers.map(|record| (record.kind, record.value.clone())).collect()
}

/// So many customers whose reminders are due at once, each with a document of 10 kB.
fn storm(max_turn_bytes: usize) -> Vec<Outgoing> {
    let mut lone = lone(Settings { max_turn_bytes, ..Settings::without_clock() });
    for number in 0..200 {
        let note = "x".repeat(10_000);
        event(
            &mut lone,
            &format!(
                r#"{{"type":"cart_updated","customer":"c{number}","time":{START},"profile":{{"email":"c{number}@example.test","consent":{{"email":true}}}},"cart":{{"id":"k","total":80,"items":[1],"note":"{note}"}}}}"#
            ),
        );
    }
    lone.keep();
    lone.clock(START + 2 * HOUR).unwrap();
    lone.take_published()
}

#[test]
fn a_storm_of_timers_is_cut_into_turns_of_so_many_bytes_and_decides_the_same() {
    let (whole, cut) = (storm(usize::MAX), storm(LIMIT));
    assert!(turns(&whole).iter().any(|bytes| *bytes > 2_000_000), "one turn without the limit");
    // Counted every 64 commands.
    assert!(turns(&cut).iter().all(|bytes| *bytes < LIMIT + 64 * 11_000), "{:?}", turns(&cut));
    assert_eq!(turns(&cut).iter().filter(|bytes| **bytes > 0).count(), 4);
    assert_eq!(followers(&cut), followers(&whole));
}

/// Records that cannot be applied leave as long letters.
fn letters(settings: Settings) -> (World, Vec<usize>) {
    let mut world = World { plans: vec![plan()], ..World::default() };
    (0..20).for_each(|_| world.event(START, &format!("{{broken{}", "x".repeat(60_000))));
    let mut owner = world.open(settings, MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 20, START, false).unwrap().unwrap();
    let published = world.sends[1..].iter().map(|(headers, value)| Outgoing {
        kind: headers.kind,
        seq: headers.seq,
        key: Vec::new(),
        value: value.clone(),
    });
    let turns = turns(&published.collect::<Vec<_>>());
    (world, turns)
}

#[test]
fn a_turn_ends_at_the_event_whose_dead_letter_reaches_the_limit_and_a_replay_ends_there_too() {
    let settings = Settings { max_turn_bytes: LIMIT, ..Settings::without_clock() };
    let (mut world, cut) = letters(settings);
    assert!(cut.iter().all(|bytes| *bytes < LIMIT + 81_000), "{cut:?}");
    assert_eq!(cut.iter().filter(|bytes| **bytes > 0).count(), 7, "three letters each");
    // Under another limit the log decides where its turns end.
    let mut again = world.open(Settings::without_clock(), MemoryStore::default()).unwrap().unwrap();
    assert!(again.replay(&world, usize::MAX).unwrap().is_empty());
    let last: Turn = world.accepted().0.pop().unwrap();
    assert_eq!(again.shard.next_offset(), last.next_offset);
    assert_eq!(letters(Settings::without_clock()).1, [0, cut.iter().sum()]);
}
