//! Single rules of the shard protocol.

use super::world::{CART, HOUR, MINUTE, START, World, lone, plan, plan_of};
use crate::checkpoint::memory::MemoryStore;
use crate::{Clock, Lone, Outgoing, Settings, ShardError};
use cartwheel_core::command::{Command, MAX_BYTES};
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::event::Record;
use cartwheel_core::id::CustomerId;
use cartwheel_core::sends::{Headers, Kind, Mode};
use cartwheel_core::time::Millis;

/// Ana's cart is updated.
const CARTS: &str =
    r#"{"type":"cart_updated","customer":"ana","cart":{"id":"k","total":80,"items":[1]}}"#;

/// Ana comes and leaves a cart.
fn carts() -> [String; 2] {
    [
        format!(
            r#"{{"id":"1","type":"customer_created","customer":"ana","time":{START},"profile":{{"email":"ana@example.test","consent":{{"email":true}}}}}}"#
        ),
        format!(
            r#"{{"id":"2","type":"cart_updated","customer":"ana","time":{START},"cart":{{"id":"k","total":80,"items":[1]}}}}"#
        ),
    ]
}

fn with_cart() -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    carts().iter().for_each(|event| world.event(START, event));
    world
}

/// The same where neither logs nor owners matter.
fn with_cart_alone(settings: Settings) -> Lone<MemoryStore> {
    let mut lone = lone(settings);
    carts().iter().for_each(|json| event(&mut lone, json));
    lone
}

/// The next event, at [`START`].
fn event(lone: &mut Lone<MemoryStore>, json: &str) {
    let offset = lone.shard().next_offset();
    lone.record(&Record { offset, time: START, key: None, value: json.as_bytes() }).unwrap();
}

fn caught_up(wall: Millis) -> Clock {
    Clock { wall, caught_up: Some(wall), level: Some(wall) }
}

#[test]
fn a_later_leader_record_deposes() {
    let mut world = with_cart();
    let mut old = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    assert!(matches!(
        old.drain(&mut world, 8, START, true).unwrap(),
        Err(ShardError::Deposed { ours: 0, later: 2 })
    ));
}

#[test]
fn behind_sends_are_held_and_pass_the_gate_again_once_caught_up() {
    let mut world = with_cart();
    // She bought while the engine was down: nothing may be sent.
    world.event(
        START + 3 * HOUR,
        &format!(r#"{{"id":"3","type":"cart_updated","customer":"ben","time":{START},"cart":{{"id":"k","total":80,"items":[1]}}}}"#),
    );
    world.event(
        START + 4 * HOUR,
        &format!(
            r#"{{"id":"4","type":"order_placed","customer":"ana","time":{}}}"#,
            START + 4 * HOUR
        ),
    );
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.shard.keep_decisions();
    owner.drain(&mut world, 8, START + 4 * HOUR, false).unwrap().unwrap();
    assert_eq!(owner.shard.mode(), Mode::Behind);
    owner.drain(&mut world, 8, START + 4 * HOUR, true).unwrap().unwrap();
    assert_eq!(owner.shard.mode(), Mode::Live);
    let decisions: Vec<(Verdict, Reason)> = owner
        .shard
        .take_decisions()
        .unwrap()
        .into_iter()
        .filter(|decision| decision.customer == "ana")
        .map(|decision| (decision.decision, decision.reason))
        .collect();
    assert_eq!(
        decisions,
        [
            (Verdict::Waiting, Reason::Window),
            (Verdict::Entered, Reason::Window),
            (Verdict::Deferred, Reason::CaughtUp),
            (Verdict::Exited, Reason::ExitEvent)
        ]
    );
    assert!(world.accepted().1.is_empty());
}

#[test]
fn another_record_at_the_checkpoint_is_refused() {
    let mut world = with_cart();
    let disk = MemoryStore::default();
    let mut owner = world.open(Settings::default(), disk.clone()).unwrap().unwrap();
    owner.drain(&mut world, 8, START, true).unwrap().unwrap();
    owner.checkpoint(&mut world).unwrap().unwrap();
    world.events[1].1 = b"{}".to_vec();
    let mut again = world.open(Settings::default(), disk).unwrap().unwrap();
    assert!(matches!(
        again.drain(&mut world, 8, START, true).unwrap(),
        Err(ShardError::InputChanged { offset: 1 })
    ));
}

#[test]
fn a_log_that_was_decided_otherwise_is_quarantined() {
    let mut world = with_cart();
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
    assert_eq!(world.accepted().1.len(), 1);
    world.events[1].1 =
        String::from_utf8(world.events[1].1.clone()).unwrap().replace("80", "90").into_bytes();
    let mut again = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    let error = again.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap_err();
    assert!(matches!(error, ShardError::ChainDiffers { .. }), "{error}");
}

#[test]
fn a_checkpoint_that_the_log_does_not_confirm_is_refused() {
    let mut world = with_cart();
    let disk = MemoryStore::default();
    let mut owner = world.open(Settings::default(), disk.clone()).unwrap().unwrap();
    owner.drain(&mut world, 8, START, true).unwrap().unwrap();
    owner.checkpoint(&mut world).unwrap().unwrap();
    // The broker lost the checkpoint's turn record and something else stands there.
    let lost = world.sends.len() - 1;
    world.sends[lost] = (Headers { kind: Kind::Leader, leader: -1, seq: 0 }, b"{}".to_vec());
    assert!(matches!(
        world.open(Settings::default(), disk).unwrap(),
        Err(ShardError::CheckpointNotInLog { .. })
    ));
}

#[test]
fn a_changed_configuration_is_a_recorded_turn_and_replays() {
    let mut world = with_cart();
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START, true).unwrap().unwrap();
    let changed =
        plan_of(&CART.replace("holdout: 5%", "holdout: 0%").replace("wait: 23h", "wait: 20h"));
    world.plans.push(changed.clone());
    let mut out = Vec::new();
    assert!(owner.shard.activate(&changed, &mut out).unwrap());
    owner.publish(&mut world, &mut out).unwrap().unwrap();
    owner.drain(&mut world, 8, START + 30 * HOUR, true).unwrap().unwrap();
    let mut again = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    again.drain(&mut world, 8, START + 30 * HOUR, false).unwrap().unwrap();
    assert_eq!(again.shard.explain("ana").unwrap(), owner.shard.explain("ana").unwrap());
    assert_eq!(again.shard.core().plan.hash, changed.hash);
}

/// Whose runs a changed configuration ends is decided in the order of ids: neither the order in which they came nor the disk matters.
#[test]
fn runs_that_a_changed_configuration_ends_replay_with_and_without_a_disk() {
    let mut world = World { plans: vec![plan()], ..World::default() };
    let mut names = ["ana", "ben", "cem", "dua", "eva"];
    names.sort_unstable_by_key(|name| std::cmp::Reverse(CustomerId::of(name)));
    for name in names {
        world.event(
            START,
            &format!(r#"{{"type":"cart_updated","customer":"{name}","time":{START},"cart":{{"id":"k","total":80,"items":[1]}}}}"#),
        );
    }
    let disk = MemoryStore::default();
    let mut owner = world.open(Settings::default(), disk.clone()).unwrap().unwrap();
    owner.drain(&mut world, 8, START, true).unwrap().unwrap();
    owner.checkpoint(&mut world).unwrap().unwrap();
    let changed = plan_of(&CART.replace("journey: cart_abandonment", "journey: carts"));
    world.plans.push(changed.clone());
    let mut out = Vec::new();
    assert!(owner.shard.activate(&changed, &mut out).unwrap());
    owner.publish(&mut world, &mut out).unwrap().unwrap();
    for disk in [disk, MemoryStore::default()] {
        let mut again = world.open(Settings::default(), disk).unwrap().unwrap();
        again.drain(&mut world, 8, START, false).unwrap().unwrap();
        for name in names {
            assert_eq!(again.shard.explain(name).unwrap(), owner.shard.explain(name).unwrap());
        }
    }
}

/// A replay of a long log takes checkpoints on its way, and goes on from them.
#[test]
fn a_long_replay_takes_checkpoints_at_turns_of_the_log() {
    let mut world = with_cart();
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
    for number in 1..4 {
        world.event(START + 2 * HOUR, &CARTS.replace("\"k\"", &format!("\"k{number}\"")));
        owner.drain(&mut world, 8, START + (2 + 2 * number) * HOUR, true).unwrap().unwrap();
    }
    let disk = MemoryStore::default();
    let settings = Settings { max_journal: 1, max_spills: 0, ..Settings::default() };
    let mut again = world.open(settings, disk.clone()).unwrap().unwrap();
    again.drain(&mut world, 8, START, false).unwrap().unwrap();
    assert!(again.shard.counters().checkpoints >= 3, "{}", again.shard.counters().checkpoints);
    let mut third = world.open(Settings::default(), disk).unwrap().unwrap();
    assert!(third.shard.replaying() < world.accepted().0.len() - 2);
    third.drain(&mut world, 8, START, false).unwrap().unwrap();
    assert_eq!(third.shard.explain("ana").unwrap(), owner.shard.explain("ana").unwrap());
}

/// Ana with a cart, then events of this type with these fields; and her reminder, which is due.
fn reminder(events: &[(&str, String)]) -> Outgoing {
    let mut lone = with_cart_alone(Settings::without_clock());
    for (kind, fields) in events {
        event(
            &mut lone,
            &format!(r#"{{"type":"{kind}","customer":"ana","time":{START},{fields}}}"#),
        );
    }
    lone.keep();
    lone.clock(START + 2 * HOUR).unwrap();
    let published = lone.take_published();
    let commands: Vec<&Outgoing> =
        published.iter().filter(|record| record.kind == Kind::Command).collect();
    assert_eq!(commands.len(), 1);
    commands[0].clone()
}

/// What a message may show is what the events said, digit for digit.
#[test]
fn documents_stand_in_a_command_as_the_events_wrote_them() {
    let command = reminder(&[
        ("seen", r#""product":{"price" : 10.00,"b":1e2,"a":"\u00e9"}"#.into()),
        ("seen", r#""profile":{"points":9007199254740993,"email":null}"#.into()),
        ("seen", r#""profile":{"email":"ana@example.test"}"#.into()),
    ]);
    let value = String::from_utf8(command.value).unwrap();
    let data = r#""data":{"profile":{"email":"ana@example.test","points":9007199254740993},"cart":{"id":"k","total":80,"items":[1]},"product":{"price" : 10.00,"b":1e2,"a":"\u00e9"}}"#;
    assert!(value.contains(data), "{value}");
}

/// A command that its documents would make too long for the topic goes out without some of them, and says so.
#[test]
fn a_command_is_never_longer_than_the_topic_takes() {
    let note = |letters| "x".repeat(letters);
    let documents = ["cart", "order", "checkout", "product"].map(|document| {
        ("seen", format!(r#""{document}":{{"id":"k","note":"{}"}}"#, note(120_000)))
    });
    // As much as a profile has room for.
    let profile = (0..64)
        .map(|number| ("seen", format!(r#""profile":{{"note{number}":"{}"}}"#, note(4_000))));
    let value = reminder(&documents.into_iter().chain(profile).collect::<Vec<_>>()).value;
    assert!(value.len() <= MAX_BYTES);
    let command: Command = serde_json::from_slice(&value).unwrap();
    assert_eq!(command.to, "ana@example.test");
    assert_eq!(command.data["left_out"], serde_json::json!(["product", "checkout"]));
    assert!(command.data["profile"]["note63"].is_string() && command.data["order"].is_object());
}

#[test]
fn an_advance_of_the_clock_that_decides_nothing_leaves_no_trace() {
    let mut lone = with_cart_alone(Settings::default());
    lone.keep();
    lone.take_published();
    let now = lone.shard().now();
    let turned = lone.turn(&[], caught_up(START + MINUTE)).unwrap();
    assert!(!turned.recorded && lone.take_published().is_empty());
    assert_eq!(lone.shard().now(), now);
}

/// Behind what is not yet stored, documents take so much memory and no more.
#[test]
fn a_shard_waits_behind_what_takes_long_to_write() {
    let mut lone = with_cart_alone(Settings { max_journal: 1_000, ..Settings::without_clock() });
    let said = |lone: &Lone<MemoryStore>| (lone.shard().wants_spill(), lone.shard().must_wait());
    assert_eq!(said(&lone), (false, false));
    let note = "x".repeat(1_500);
    let seen = format!(
        r#"{{"type":"seen","customer":"ana","time":{START},"product":{{"id":"p","note":"{note}"}}}}"#
    );
    event(&mut lone, &seen);
    assert_eq!(said(&lone), (true, false));
    let commit = lone.begin_checkpoint().unwrap().expect("a checkpoint");
    assert_eq!(said(&lone), (false, false));
    event(&mut lone, &seen);
    assert_eq!(said(&lone), (false, false));
    event(&mut lone, &seen);
    assert_eq!(said(&lone), (false, true));
    assert!(lone.begin_checkpoint().unwrap().is_none(), "one at a time");
    lone.committed(commit.run().unwrap());
    assert_eq!(said(&lone), (true, false));
    assert_eq!(lone.shard().counters().checkpoints, 1);
    // A spill needs no turn record, and is no checkpoint.
    let commit = lone.begin_spill().expect("a spill");
    assert!(lone.begin_spill().is_none() && lone.begin_checkpoint().unwrap().is_none());
    let done = commit.run().unwrap();
    assert!(!done.checkpoint && done.customers == 0 && done.bytes > 3_000);
    lone.committed(done);
    assert_eq!((said(&lone), lone.shard().counters().checkpoints), ((false, false), 1));
}
