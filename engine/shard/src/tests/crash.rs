//! Stop after every durable step, reopen, and compare.

use super::world::{HOUR, MINUTE, Owner, START, Stopped, World, plan};
use crate::checkpoint::Store;
use crate::checkpoint::memory::MemoryStore;
use crate::shard::Position;
use crate::{Settings, ShardError};
use std::collections::BTreeSet;

pub(super) fn settings() -> Settings {
    Settings { hold_after: i64::MAX, max_timers: 3, max_effects: 6, ..Settings::default() }
}

/// Six customers over two days: windows, fallbacks, purchases, poison, odd fields, unsubscription.
pub(super) fn story() -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    let mut id = 0;
    let mut event = |world: &mut World, at, customer: &str, kind: &str, rest: &str| {
        id += 1;
        world.event(
            at,
            &format!(
                r#"{{"id":"e{id}","type":"{kind}","customer":"{customer}","time":{at}{rest}}}"#
            ),
        );
    };
    for (n, name) in ["ana", "ben", "cho", "dee", "eve", "fay"].into_iter().enumerate() {
        let at = START + n as i64 * MINUTE;
        let consent = if name == "cho" { "false" } else { "true" };
        let profile = format!(
            r#","profile":{{"email":"{name}@example.test","phone":"+1555010{n}","time_zone":"Europe/Berlin","consent":{{"email":{consent},"sms":true}}}}"#
        );
        event(&mut world, at, name, "customer_created", &profile);
        let total = if name == "eve" { 900 } else { 80 };
        let cart = format!(
            r#","cart":{{"id":"k{n}","total":{total},"items":[{{"product":"p1","quantity":1,"price":{total}}}]}}"#
        );
        event(&mut world, at + 1, name, "cart_updated", &cart);
    }
    world.event(START + 30 * MINUTE, "{broken");
    // Two that are odd alike, on both sides of a checkpoint: one is copied.
    event(&mut world, START + 34 * MINUTE, "guest", "page_viewed", r#","cart":5"#);
    event(&mut world, START + 35 * MINUTE, "guest", "page_viewed", r#","cart":6"#);
    event(
        &mut world,
        START + 40 * MINUTE,
        "ben",
        "order_placed",
        r#","order":{"id":"o1","total":80}"#,
    );
    event(&mut world, START + 65 * MINUTE, "guest", "page_viewed", "");
    event(&mut world, START + 3 * HOUR, "fay", "unsubscribed", r#","message":{"channel":"email"}"#);
    for hour in 4..51 {
        event(&mut world, START + hour * HOUR, "guest", "page_viewed", "");
    }
    event(
        &mut world,
        START + 51 * HOUR,
        "ana",
        "order_placed",
        r#","order":{"id":"o2","total":80.5}"#,
    );
    world
}

/// Documents and decisions are written behind every turn, and no checkpoint names them for long.
pub(super) fn spilling() -> Settings {
    Settings { max_journal: 1, ..settings() }
}

/// Plays the story to its end; `checkpoint` at three places. Stops where the world says.
pub(super) fn play<S: Store>(
    world: &mut World,
    disk: &S,
) -> Result<Result<Owner<S>, ShardError>, Stopped> {
    play_with(settings(), world, disk)
}

/// The same under these settings.
pub(super) fn play_with<S: Store>(
    settings: Settings,
    world: &mut World,
    disk: &S,
) -> Result<Result<Owner<S>, ShardError>, Stopped> {
    let mut owner = match world.open(settings, disk.clone())? {
        Ok(owner) => owner,
        Err(error) => return Ok(Err(error)),
    };
    let events = std::mem::take(&mut world.events);
    let done =
        owner.shard.next_offset().max(owner.shard.replay_until().unwrap_or(0)).max(0) as usize;
    let cuts = [7, 14, 30, events.len()];
    for cut in cuts.into_iter().filter(|cut| *cut >= done) {
        world.events = events[..cut].to_vec();
        let result = owner.drain(world, 4, START + 60 * HOUR, false);
        world.events = events.clone();
        if let Err(error) = result? {
            return Ok(Err(error));
        }
        if let Err(error) = owner.checkpoint(world)? {
            return Ok(Err(error));
        }
    }
    if let Err(error) = owner.drain(world, 4, START + 60 * HOUR, true)? {
        return Ok(Err(error));
    }
    Ok(Ok(owner))
}

pub(super) fn ids(world: &World) -> Vec<u128> {
    world.accepted().1.iter().map(|command| command.command_id.0).collect()
}

#[test]
fn uninterrupted_it_sends_what_the_journey_says() {
    let mut world = story();
    let disk = MemoryStore::default();
    let owner = play(&mut world, &disk).expect("not stopped").expect("no error");
    let (turns, commands) = world.accepted();
    let sent: Vec<(String, String, String)> = commands
        .iter()
        .map(|command| {
            (command.customer.clone(), command.step.clone(), command.channel.to_string())
        })
        .collect();
    let of = |name: &str| {
        sent.iter()
            .filter(|(customer, _, _)| customer == name)
            .map(|(_, step, channel)| format!("{step} {channel}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("ana"),
        ["cart_reminder email", "cart_reminder sms", "cart_reviews email", "cart_incentive email"]
    );
    assert!(of("ben").is_empty(), "ben bought inside the window");
    assert!(
        of("cho").is_empty(),
        "cho has no consent for e-mail, and the fallback needs a sent e-mail"
    );
    assert_eq!(of("eve")[2], "cart_concierge email");
    assert_eq!(
        of("fay"),
        ["cart_reminder email", "cart_reminder sms"],
        "fay left e-mail after the reminder"
    );
    assert_eq!(turns.iter().map(|turn| turn.skipped.len()).sum::<usize>(), 1);
    assert_eq!(owner.shard.in_flight(), 0);
    let data = &commands[0].data;
    assert_eq!(data["cart"]["id"], "k0");
    assert!(data["profile"].get("consent").is_none());
}

#[test]
fn stopped_after_every_durable_step_and_reopened_it_decides_the_same() {
    let mut whole = story();
    play(&mut whole, &MemoryStore::default()).expect("not stopped").expect("no error");
    let expected: BTreeSet<u128> = ids(&whole).into_iter().collect();
    let steps = whole.sends.len() as u64 + 4;
    assert!(steps > 30, "the story is long enough: {steps}");
    let with = [(settings(), false), (settings(), true), (spilling(), false)];
    for stop in 0..steps {
        for (settings, lose_disk) in &with {
            let mut world = story();
            let mut disk = MemoryStore::default();
            world.steps_left = Some(stop);
            let stopped = play_with(settings.clone(), &mut world, &disk);
            assert!(stopped.is_err() || stop + 4 >= steps, "stop {stop}");
            world.steps_left = None;
            world.events = story().events;
            if *lose_disk {
                disk = MemoryStore::default();
            }
            let mut owner = play_with(settings.clone(), &mut world, &disk)
                .expect("not stopped")
                .unwrap_or_else(|error| panic!("stop {stop}: {error}"));
            let accepted = ids(&world);
            let once: BTreeSet<u128> = accepted.iter().copied().collect();
            assert_eq!(accepted.len(), once.len(), "stop {stop}: a command is accepted twice");
            assert_eq!(once, expected, "stop {stop}");
            same_as_reexecution(&mut world, &mut owner, stop);
        }
    }
}

/// As [`settings`], but documents never have room: a replay takes a checkpoint at every turn of the log.
pub(super) fn tight() -> Settings {
    Settings { max_journal: 1, max_spills: 0, ..settings() }
}

/// The story as it was played without a stop.
pub(super) fn played() -> World {
    let mut world = story();
    play(&mut world, &MemoryStore::default()).expect("not stopped").expect("no error");
    world
}

#[test]
fn a_checkpoint_of_a_replay_is_opened_again_at_whatever_turn_the_replay_was_cut() {
    let whole = played();
    let (turns, expected) = (whole.accepted().0, ids(&whole));
    let following = turns.iter().filter(|turn| turn.follow > 0).count();
    assert!(following > 5, "turns that have followers: {following}");
    for cut in 0..=turns.len() {
        let (mut world, disk) = (whole.clone(), MemoryStore::default());
        let mut owner = world.open(tight(), disk.clone()).unwrap().unwrap();
        assert_eq!(owner.shard.replaying(), turns.len());
        assert!(owner.replay(&world, cut).unwrap().is_empty(), "nothing is missing in the log");
        let taken = owner.shard.counters().checkpoints as usize;
        assert!(
            taken >= turns[..cut].iter().filter(|turn| turn.fired > 0).count(),
            "{taken} by {cut}"
        );
        let mut again = world
            .open(settings(), disk)
            .unwrap()
            .unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        assert!(again.shard.replaying() <= turns.len() - taken, "it goes on from its disk");
        again.drain(&mut world, 4, START + 60 * HOUR, true).unwrap().unwrap();
        assert_eq!(ids(&world), expected, "cut {cut}");
        same_as_reexecution(&mut world, &mut again, cut as u64);
    }
}

/// The log ends anywhere, also within a turn, and the owner who replays it stops behind the last turn, with and without having completed it.
#[test]
fn a_checkpoint_of_a_replay_never_stands_at_a_turn_that_the_log_does_not_have_as_a_whole() {
    let whole = played();
    let expected: BTreeSet<u128> = ids(&whole).into_iter().collect();
    for end in 1..whole.sends.len() {
        for completes in [false, true] {
            let (mut world, disk) = (whole.clone(), MemoryStore::default());
            world.sends.truncate(end);
            let mut owner = world.open(tight(), disk.clone()).unwrap().unwrap();
            let mut out = owner.replay(&world, usize::MAX).unwrap();
            if completes {
                owner.publish(&mut world, &mut out).unwrap().unwrap();
            }
            let mut again = play(&mut world, &disk)
                .unwrap()
                .unwrap_or_else(|error| panic!("end {end}, {completes}: {error}"));
            let accepted = ids(&world);
            let once: BTreeSet<u128> = accepted.iter().copied().collect();
            assert_eq!((accepted.len(), &once), (expected.len(), &expected), "end {end}");
            same_as_reexecution(&mut world, &mut again, end as u64);
        }
    }
}

/// Somebody with nothing but the logs finds the same chain hashes (or opening fails) and the same customers.
pub(super) fn same_as_reexecution<S: Store>(world: &mut World, owner: &mut Owner<S>, stop: u64) {
    // With one turn of the log in memory, and with all of them.
    world.in_memory = if stop.is_multiple_of(2) { 0 } else { usize::MAX };
    let mut fresh = world
        .open(settings(), MemoryStore::default())
        .expect("not stopped")
        .unwrap_or_else(|error| panic!("stop {stop}: {error}"));
    fresh
        .drain(world, 5, START + 60 * HOUR, false)
        .expect("not stopped")
        .unwrap_or_else(|error| panic!("stop {stop}: {error}"));
    assert_eq!(fresh.shard.replaying(), 0);
    let stands = |position: &Position| {
        (position.next_offset, position.seq, position.chain, position.now, position.mode)
    };
    let (live, again) = (&owner.shard.position, &fresh.shard.position);
    assert_eq!(stands(live), stands(again), "stop {stop}");
    for customer in ["ana", "ben", "cho", "dee", "eve", "fay", "guest"] {
        let (live, again) = (
            owner.shard.explain(customer).expect("read"),
            fresh.shard.explain(customer).expect("read"),
        );
        assert_eq!(live, again, "stop {stop}: {customer}");
    }
}
