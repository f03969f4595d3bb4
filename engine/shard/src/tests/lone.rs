//! What a lone shard does with each step, and that what it hands out is a log which an owner replays.

use super::world::{HOUR, MINUTE, START, lone, plan};
use crate::checkpoint::memory::MemoryStore;
use crate::{AcceptedLog, Clock, Identity, Lone, Opened, Outgoing, Settings, Shard};
use cartwheel_core::event::Record;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Headers, Kind, Mode};
use cartwheel_core::time::Millis;

/// A step of a history; times after [`START`].
#[derive(Clone, Copy)]
enum Step {
    /// A record: its time, its type, whose it is, and more.
    Record(Millis, &'static str, &'static str, &'static str),
    /// The timers before the next record, in turns of their own.
    Before,
    Clock(Millis),
    Advance(Millis),
    Switch(Mode),
    Checkpoint,
}

use Mode::{Behind, Live};
use Step::{Advance, Checkpoint, Switch};

const PROFILE: &str = r#","profile":{"email":"ana@example.test","consent":{"email":true}}"#;
const FULL: &str = r#","cart":{"id":"k","total":80,"items":[1]}"#;
/// Ana leaves a cart: that opens a window of an hour. The journey waits 23 hours behind its first message.
const CART: [Step; 2] = [
    Step::Record(0, "customer_created", "ana", PROFILE),
    Step::Record(0, "cart_updated", "ana", FULL),
];

/// Somebody else passes by.
fn guest(at: Millis) -> Step {
    Step::Record(at, "page_viewed", "guest", "")
}

/// The records of a history, by offset.
fn values(history: &[Step]) -> Vec<(Millis, String)> {
    let mut values = Vec::new();
    for step in history {
        if let Step::Record(after, kind, customer, rest) = step {
            let at = START + after;
            let value = format!(r#"{{"type":"{kind}","customer":"{customer}","time":{at}{rest}}}"#);
            values.push((at, value));
        }
    }
    values
}

fn records(values: &[(Millis, String)]) -> impl Iterator<Item = Record<'_>> + Clone {
    let numbered = (0..).zip(values);
    numbered.map(|(offset, (time, value))| Record {
        offset,
        time: *time,
        key: None,
        value: value.as_bytes(),
    })
}

/// Drives a shard through the history.
fn drive(settings: Settings, history: &[Step]) -> Lone<MemoryStore> {
    let mut lone = lone(settings);
    lone.keep();
    let values = values(history);
    let mut records = records(&values);
    for step in history {
        match step {
            Step::Before => lone.fire_before(&records.clone().next().unwrap()).unwrap(),
            Step::Record(..) => lone.record(&records.next().unwrap()).unwrap(),
            Step::Clock(after) => lone.clock(START + after).unwrap(),
            Advance(after) => lone.advance(START + after).unwrap(),
            Switch(mode) => lone.switch(*mode).unwrap(),
            Checkpoint => lone.checkpoint().unwrap(),
        }
    }
    lone
}

fn settings(max_timers: u64) -> Settings {
    Settings { max_timers, ..Settings::without_clock() }
}

/// What was decided: minutes after [`START`], verdict and reason.
fn decided(lone: &mut Lone<MemoryStore>) -> String {
    let decisions = lone.take_decisions().unwrap().into_iter();
    let told = decisions.map(|decision| {
        let at = (decision.at - START) / MINUTE;
        format!("{at} {:?} {:?}", decision.decision, decision.reason)
    });
    told.collect::<Vec<_>>().join(", ")
}

#[test]
fn each_step_is_the_part_of_a_turn_that_it_names() {
    let order = Step::Record(HOUR, "order_placed", "ana", "");
    let late = Step::Record(0, "cart_updated", "ben", FULL);
    let table: &[(&str, &[Step], &str)] = &[
        ("not due", &[Step::Clock(HOUR - 1)], ""),
        (
            "a clock fires what is due by it and is seen",
            &[Step::Clock(2 * HOUR)],
            "120 Entered Window, 120 Sent GatePassed",
        ),
        (
            "an advance fires each timer at its own deadline",
            &[Advance(6 * HOUR)],
            "60 Entered Window, 60 Sent GatePassed, 300 Dropped NoConsent, 300 Waiting Step",
        ),
        (
            "a record fires what is due by its time and is seen",
            &[guest(HOUR - 1), guest(3 * HOUR)],
            "180 Entered Window, 180 Sent GatePassed",
        ),
        (
            "its timers may fire in a turn of their own",
            &[Step::Before, guest(3 * HOUR), Step::Before, guest(MINUTE)],
            "180 Entered Window, 180 Sent GatePassed",
        ),
        ("a record of an earlier time fires nothing", &[guest(HOUR - 1), guest(MINUTE)], ""),
        (
            "what a late event makes due waits for the next step",
            &[Step::Clock(3 * HOUR), late, Step::Clock(0)],
            "180 Entered Window, 180 Sent GatePassed, 0 Waiting Window, 180 Entered Window, 180 Dropped NoConsent, 180 Waiting Step",
        ),
        (
            "behind, a send is held",
            &[Switch(Behind), Step::Clock(2 * HOUR), Step::Clock(3 * HOUR)],
            "120 Entered Window, 120 Deferred CaughtUp",
        ),
        (
            "live again, it does not yet fire",
            &[Switch(Behind), Step::Clock(2 * HOUR), Switch(Live)],
            "120 Entered Window, 120 Deferred CaughtUp",
        ),
        (
            "it fires with the next clock",
            &[Switch(Behind), Step::Clock(2 * HOUR), Switch(Live), Step::Clock(0)],
            "120 Entered Window, 120 Deferred CaughtUp, 120 Sent GatePassed",
        ),
        (
            "a checkpoint changes nothing",
            &[Step::Clock(HOUR), Checkpoint, order],
            "60 Entered Window, 60 Sent GatePassed, 60 Converted Goal, 60 Exited ExitEvent",
        ),
    ];
    for (rule, steps, expected) in table {
        for max_timers in [1, u64::MAX] {
            let decided = decided(&mut drive(settings(max_timers), &[&CART, *steps].concat()));
            let followed = decided.strip_prefix("0 Waiting Window").expect("the cart's window");
            assert_eq!(followed.trim_start_matches(", "), *expected, "{rule}");
        }
    }
}

/// Everything at once.
fn story() -> Vec<Step> {
    let broken = Step::Record(50 * MINUTE, "seen", "", "");
    let steps = [
        guest(MINUTE),
        broken,
        Step::Clock(30 * MINUTE),
        Step::Record(2 * MINUTE, "cart_updated", "ben", FULL),
        Switch(Behind),
        Step::Before,
        guest(2 * HOUR),
        Step::Record(HOUR, "cart_updated", "cho", FULL),
        Step::Clock(3 * HOUR),
        Switch(Live),
        Checkpoint,
        guest(3 * HOUR),
        Advance(30 * HOUR),
        Step::Record(30 * HOUR, "unsubscribed", "ana", r#","message":{"channel":"email"}"#),
        guest(60 * HOUR),
        Step::Record(60 * HOUR, "cart_updated", "dee", FULL),
        Step::Clock(60 * HOUR + MINUTE),
    ];
    [&CART[..], &steps].concat()
}

/// A new owner of the log, over an empty disk, behind its replay.
fn replay(published: &[Outgoing], history: &[Step]) -> Shard<MemoryStore> {
    let identity = Identity {
        events_topic: "events".into(),
        partition: 0,
        partitions: 1,
        partitioner: Partitioner::Murmur2,
    };
    let opened = Opened::open(identity, Settings::without_clock(), MemoryStore::default()).unwrap();
    let leader = Headers { kind: Kind::Leader, leader: -1, seq: 0 };
    let mut log = AcceptedLog::new(None);
    log.push(0, leader, b"{}").unwrap();
    for (offset, record) in (1..).zip(published) {
        let headers = Headers { kind: record.kind, leader: 0, seq: record.seq };
        log.push(offset, headers, &record.value).unwrap();
    }
    let epoch = published.len() as i64 + 1;
    log.push(epoch, leader, b"{}").unwrap();
    let mut shard = opened.lead(epoch, log, 0, &plan(), &|_| Some(plan())).unwrap();
    let values = values(history);
    let records: Vec<Record<'_>> = records(&values).collect();
    let (mut at, mut out) = (0, Vec::new());
    while shard.replaying() > 0 {
        let clock = Clock { wall: 0, caught_up: None, level: None };
        let turned = shard.turn(&records[at..], clock, &mut out).unwrap();
        assert!(turned.more || turned.consumed > 0, "the replay needs more than there is");
        at += turned.consumed;
    }
    assert!(out.is_empty(), "nothing is missing in the log");
    shard
}

#[test]
fn what_it_hands_out_is_a_log_that_an_owner_replays() {
    let mut courses = Vec::new();
    for max_timers in [1, u64::MAX] {
        let mut lone = drive(settings(max_timers), &story());
        let published = lone.take_published();
        let again = replay(&published, &story());
        for customer in ["ana", "ben", "cho", "dee", "guest"] {
            let known = lone.shard().explain(customer).unwrap();
            assert_eq!(again.explain(customer).unwrap(), known, "{customer}");
            assert!(known.is_some(), "{customer}");
        }
        let followers = published.iter().filter(|record| record.kind != Kind::Turn);
        let followers: Vec<_> =
            followers.map(|r| (r.kind, r.key.clone(), r.value.clone())).collect();
        assert!(followers.iter().any(|(kind, ..)| *kind == Kind::Dead));
        courses.push((followers, decided(&mut lone), lone.live_runs()));
    }
    assert_eq!(courses[0], courses[1], "where turns are cut does not matter");
    assert_eq!(courses[0].2, 1, "the window of dee");
}
