//! Single rules of the shard protocol.

use super::world::{CART, HOUR, MINUTE, Owner, START, World, plan, plan_of};
use crate::checkpoint::memory::MemoryStore;
use crate::{Clock, Settings, ShardError};
use cartwheel_core::command::MAX_BYTES;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::event::Record;
use cartwheel_core::id::CustomerId;
use cartwheel_core::sends::{Headers, Kind, Mode};

/// Ana's cart is updated.
const CARTS: &str =
    r#"{"type":"cart_updated","customer":"ana","cart":{"id":"k","total":80,"items":[1]}}"#;

fn with_cart() -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    world.event(
        START,
        &format!(
            r#"{{"id":"1","type":"customer_created","customer":"ana","time":{START},"profile":{{"email":"ana@example.test","consent":{{"email":true}}}}}}"#
        ),
    );
    world.event(
        START,
        &format!(r#"{{"id":"2","type":"cart_updated","customer":"ana","time":{START},"cart":{{"id":"k","total":80,"items":[1]}}}}"#),
    );
    world
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
fn a_record_from_the_future_stops_intake_and_is_not_applied() {
    let mut world = with_cart();
    world.event(START + 100 * HOUR, r#"{"type":"page_viewed","customer":"ana"}"#);
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    let error = owner.drain(&mut world, 8, START + MINUTE, true).unwrap().unwrap_err();
    assert!(matches!(error, ShardError::ClockAhead { offset: 2, .. }), "{error}");
    assert_eq!(owner.shard.next_offset(), 2);
}

#[test]
fn another_record_at_the_checkpoint_is_refused() {
    let mut world = with_cart();
    let disk = MemoryStore::default();
    let mut owner = world.open(Settings::default(), disk.clone()).unwrap().unwrap();
    owner.drain(&mut world, 8, START, true).unwrap().unwrap();
    owner.checkpoint(&mut world).unwrap();
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
    owner.checkpoint(&mut world).unwrap();
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
    owner.checkpoint(&mut world).unwrap();
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
    let settings = Settings { max_journal: 1, ..Settings::default() };
    let mut again = world.open(settings, disk.clone()).unwrap().unwrap();
    again.drain(&mut world, 8, START, false).unwrap().unwrap();
    assert!(again.shard.counters().checkpoints >= 3, "{}", again.shard.counters().checkpoints);
    let mut third = world.open(Settings::default(), disk).unwrap().unwrap();
    assert!(third.shard.replaying() < world.accepted().0.len() - 2);
    third.drain(&mut world, 8, START, false).unwrap().unwrap();
    assert_eq!(third.shard.explain("ana").unwrap(), owner.shard.explain("ana").unwrap());
}

/// What a message may show is what the events said, digit for digit.
#[test]
fn documents_stand_in_a_command_as_the_events_wrote_them() {
    let mut world = with_cart();
    world.event(START, &format!(r#"{{"type":"seen","customer":"ana","time":{START},"product":{{"price" : 10.00,"b":1e2,"a":"\u00e9"}}}}"#));
    world.event(
        START,
        &format!(r#"{{"type":"seen","customer":"ana","time":{START},"profile":{{"points":9007199254740993,"email":null}}}}"#),
    );
    world.event(START, &format!(r#"{{"type":"seen","customer":"ana","time":{START},"profile":{{"email":"ana@example.test"}}}}"#));
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
    let command = world
        .sends
        .iter()
        .map(|(_, value)| String::from_utf8_lossy(value))
        .find(|value| value.contains("command_id"))
        .unwrap();
    let data = r#""data":{"profile":{"email":"ana@example.test","points":9007199254740993},"cart":{"id":"k","total":80,"items":[1]},"product":{"price" : 10.00,"b":1e2,"a":"\u00e9"}}"#;
    assert!(command.contains(data), "{command}");
}

/// A command that its documents would make too long for the topic goes out without some of them, and says so.
#[test]
fn a_command_is_never_longer_than_the_topic_takes() {
    let mut world = with_cart();
    for kind in ["order", "checkout", "product"] {
        let note = "x".repeat(120_000);
        world.event(START, &format!(r#"{{"type":"seen","customer":"ana","time":{START},"{kind}":{{"id":"o","note":"{note}"}}}}"#));
    }
    for number in 0..9 {
        let note = "x".repeat(100_000);
        world.event(START, &format!(r#"{{"type":"seen","customer":"ana","time":{START},"profile":{{"note{number}":"{note}"}}}}"#));
    }
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
    let commands = world.accepted().1;
    assert_eq!((commands.len(), commands[0].to.as_str()), (1, "ana@example.test"));
    assert!(serde_json::to_vec(&commands[0]).unwrap().len() <= MAX_BYTES);
    assert_eq!(
        commands[0].data["left_out"],
        serde_json::json!(["product", "checkout", "order", "cart", "profile"])
    );
}

#[test]
fn an_advance_of_the_clock_that_decides_nothing_leaves_no_trace() {
    let mut world = with_cart();
    let mut owner = world.open(Settings::default(), MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START, true).unwrap().unwrap();
    let (now, records) = (owner.shard.now(), world.sends.len());
    let mut out = Vec::new();
    let clock = Clock { wall: START + MINUTE, caught_up: Some(START + MINUTE) };
    let turned = owner.shard.turn(&[] as &[Record<'_>], clock, &mut out).unwrap();
    assert!(!turned.recorded && out.is_empty());
    assert_eq!((owner.shard.now(), world.sends.len()), (now, records));
}

/// Behind a checkpoint that is not yet stored, documents take so much memory and no more.
#[test]
fn a_shard_waits_behind_a_checkpoint_that_takes_long() {
    let mut world = with_cart();
    let settings = Settings { max_journal: 1_000, ..Settings::default() };
    let mut owner = world.open(settings, MemoryStore::default()).unwrap().unwrap();
    owner.drain(&mut world, 8, START, true).unwrap().unwrap();
    assert!(!owner.shard.wants_checkpoint() && !owner.shard.must_wait());
    let note = "x".repeat(1_500);
    let seen = |n: i64| {
        format!(
            r#"{{"type":"seen","customer":"ana","time":{START},"product":{{"id":"p{n}","note":"{note}"}}}}"#
        )
    };
    let first = world.events.len() as i64;
    let apply = |owner: &mut Owner, n: i64| {
        let value = seen(n);
        let record = Record { offset: first + n, time: START, key: None, value: value.as_bytes() };
        owner
            .shard
            .turn(&[record], Clock { wall: START, caught_up: None }, &mut Vec::new())
            .unwrap();
    };
    apply(&mut owner, 0);
    assert!(owner.shard.wants_checkpoint() && !owner.shard.must_wait());
    let mut out = Vec::new();
    owner.shard.begin_checkpoint(&mut out).unwrap();
    assert!(!owner.shard.wants_checkpoint() && !owner.shard.must_wait());
    apply(&mut owner, 1);
    assert!(!owner.shard.must_wait());
    apply(&mut owner, 2);
    assert!(owner.shard.must_wait());
    owner.publish(&mut world, &mut out).unwrap().unwrap();
    assert!(
        !owner.shard.must_wait()
            && owner.shard.wants_checkpoint()
            && owner.shard.counters().checkpoints == 1
    );
}
