//! Random histories of one worker in its world: outcomes, crashes, rebalances, zombies and suppressions in any order.

mod world;

use cartwheel_delivery::metrics::Counter;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use world::{LIFE, Op, World};

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..4u8, any::<bool>(), any::<bool>(), prop_oneof![Just(30u16), Just(2_000), Just(20_000)])
            .prop_map(|(customer, sms, transactional, ttl)| Op::Command { customer, sms, transactional, ttl }),
        1 => (0..4u8, any::<bool>()).prop_map(|(customer, active)| Op::Suppress { customer, active }),
        1 => (0..2u8).prop_map(|customer| Op::SuppressElsewhere { customer: customer * 7 }),
        1 => Just(Op::Mark),
        1 => Just(Op::NewLeader),
        1 => (0..4u8).prop_map(|customer| Op::Zombie { customer }),
        4 => (0..40u8).prop_map(Op::Advance),
        1 => any::<bool>().prop_map(Op::Hold),
        8 => (1..8u8).prop_map(Op::Read),
        6 => (1..8u8).prop_map(Op::ReadSuppressions),
        6 => Just(Op::Ask),
        6 => Just(Op::Answer),
        12 => Just(Op::Poll),
        8 => any::<u8>().prop_map(Op::Begin),
        8 => (any::<u8>(), any::<u8>()).prop_map(|(call, how)| Op::Finish { call, how }),
        10 => any::<u8>().prop_map(Op::Acknowledge),
        1 => Just(Op::Rebalance),
        1 => (0..200u8).prop_map(Op::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn no_history_breaks_the_promise(ops in proptest::collection::vec(op(), 1..400)) {
        let mut world = World::new();
        ops.into_iter().for_each(|op| world.step(op));
        world.settle();
    }
}

const ALL: [Op; 5] = [Op::Ask, Op::Read(50), Op::ReadSuppressions(50), Op::Answer, Op::Poll];

fn sms(customer: u8, transactional: bool) -> Op {
    Op::Command { customer, sms: true, transactional, ttl: 20_000 }
}

fn run(ops: &[Op]) -> World {
    let mut world = World::new();
    ops.iter().for_each(|op| world.step(*op));
    world
}

#[test]
fn an_unsubscription_behind_a_command_is_seen_before_its_call() {
    let email = Op::Command { customer: 1, sms: false, transactional: false, ttl: 20_000 };
    let mut world = run(&[email, Op::Suppress { customer: 1, active: true }]);
    ALL.into_iter().for_each(|op| world.step(op));
    assert_eq!(world.counters().total(Counter::Calls, ""), 0);
    assert_eq!(world.counters().total(Counter::Ended, "suppressed"), 1);
    world.settle();
}

#[test]
fn a_view_that_is_not_fresh_calls_nobody() {
    let mut world = run(&[sms(1, true), Op::Ask, Op::Read(9), Op::Poll]);
    assert_eq!(world.counters().total(Counter::Calls, ""), 0, "the answer is not there yet");
    world.step(Op::Advance(LIFE as u8));
    world.step(Op::Answer);
    world.step(Op::Poll);
    assert_eq!(world.counters().total(Counter::Calls, ""), 0, "the answer came too late");
    ALL.into_iter().for_each(|op| world.step(op));
    assert_eq!(world.counters().total(Counter::Calls, ""), 1);
    world.settle();
}

#[test]
fn a_call_cut_off_by_a_crash_is_repeated_only_if_transactional() {
    for (transactional, calls, ended) in [(false, 0, "ambiguous"), (true, 1, "sent")] {
        let mut world = run(&[sms(2, transactional)]);
        ALL.into_iter().for_each(|op| world.step(op));
        world.step(Op::Begin(0));
        world.step(Op::Crash(0));
        world.settle();
        assert_eq!(world.counters().total(Counter::Ambiguous, "crash"), 1);
        assert_eq!(
            (
                world.counters().total(Counter::Calls, ""),
                world.counters().total(Counter::Ended, ended)
            ),
            (calls, 1)
        );
    }
}

#[test]
fn what_the_ledger_knows_as_sent_is_told_again_and_not_called() {
    let mut world = run(&[sms(3, true)]);
    ALL.into_iter().for_each(|op| world.step(op));
    [Op::Begin(0), Op::Finish { call: 0, how: 0 }, Op::Poll, Op::Crash(0)]
        .into_iter()
        .for_each(|op| world.step(op));
    world.settle();
    assert_eq!(
        (
            world.counters().total(Counter::Repeated, "sent"),
            world.counters().total(Counter::Calls, "")
        ),
        (1, 0)
    );
}

#[test]
fn a_backlog_beyond_memory_is_fetched_again_and_all_of_it_is_sent_once() {
    let ops: Vec<Op> = (0..60).map(|index| sms(index, index % 2 == 0)).collect();
    let mut world = run(&ops);
    world.settle();
    assert_eq!(world.counters().total(Counter::Calls, ""), 60);
    assert!(world.counters().total(Counter::Refills, "") > 0);
}

#[test]
fn an_expired_command_is_told_and_not_called() {
    let mut world = run(&[
        Op::Command { customer: 1, sms: true, transactional: false, ttl: 9 },
        Op::Advance(10),
    ]);
    world.settle();
    assert_eq!(
        (
            world.counters().total(Counter::Calls, ""),
            world.counters().total(Counter::Ended, "expired")
        ),
        (0, 1)
    );
}

#[test]
fn while_the_clock_is_held_nothing_expires_and_no_call_begins() {
    let short = Op::Command { customer: 1, sms: true, transactional: false, ttl: 9 };
    let mut world = run(&[Op::Hold(true), short, sms(2, true)]);
    ALL.into_iter().for_each(|op| world.step(op));
    world.step(Op::Advance(20));
    ALL.into_iter().for_each(|op| world.step(op));
    let done = |world: &World| {
        let counters = world.counters();
        (counters.total(Counter::Calls, ""), counters.total(Counter::Ended, "expired"))
    };
    assert_eq!(done(&world), (0, 0));
    world.settle();
    assert_eq!(done(&world), (1, 1));
}

#[test]
fn an_ambiguous_call_is_repeated_under_its_key_but_not_after_the_keys_life() {
    for (wait, calls, ended) in [(100, 2, "sent"), (130, 1, "ambiguous")] {
        let mut world =
            run(&[Op::Command { customer: 1, sms: false, transactional: false, ttl: 20_000 }]);
        ALL.into_iter().for_each(|op| world.step(op));
        [Op::Begin(0), Op::Finish { call: 0, how: 6 }, Op::Advance(wait)]
            .into_iter()
            .for_each(|op| world.step(op));
        world.settle();
        assert_eq!(
            (
                world.counters().total(Counter::Calls, ""),
                world.counters().total(Counter::Ended, ended)
            ),
            (calls, 1)
        );
    }
}

#[test]
fn a_wrong_key_of_the_account_loses_nothing() {
    let mut world = run(&[sms(1, false), sms(2, false), sms(3, true)]);
    let refused = [Op::Begin(0), Op::Finish { call: 0, how: 8 }];
    for _ in 0..20 {
        ALL.into_iter()
            .chain(refused)
            .chain(refused)
            .chain(refused)
            .chain([Op::Advance(200)])
            .for_each(|op| world.step(op));
    }
    assert!(
        world.counters().total(Counter::Retries, "unauthorized") > 12,
        "more often than a call may fail"
    );
    assert_eq!(world.counters().total(Counter::Ended, ""), 0);
    world.settle();
    assert_eq!(world.counters().total(Counter::Ended, "sent"), 3);
}

#[test]
fn a_mark_at_the_end_of_the_suppressions_stops_nothing() {
    let mut world = run(&[sms(1, false), Op::Mark]);
    ALL.into_iter().for_each(|op| world.step(op));
    assert_eq!(world.counters().total(Counter::Calls, ""), 1);
    world.settle();
}

#[test]
fn a_key_that_the_provider_knows_means_sent_after_an_unknown_outcome_only() {
    let mail = Op::Command { customer: 1, sms: false, transactional: false, ttl: 20_000 };
    let finish = |how| [Op::Begin(0), Op::Finish { call: 0, how }];
    // The first call was taken, and nobody heard of it: in this process, or before a crash (the world takes a call that a crash cuts off where the id is even).
    for crash in [false, true] {
        let mut world = run(&[Op::Suppress { customer: 5, active: true }, mail]);
        ALL.into_iter().for_each(|op| world.step(op));
        match crash {
            false => finish(6).into_iter().for_each(|op| world.step(op)),
            true => [Op::Begin(0), Op::Crash(255)].into_iter().for_each(|op| world.step(op)),
        }
        ALL.into_iter().for_each(|op| world.step(op));
        world.step(Op::Advance(40));
        ALL.into_iter().for_each(|op| world.step(op));
        finish(10).into_iter().for_each(|op| world.step(op));
        assert_eq!(world.counters().total(Counter::Ended, "already_sent"), 1, "crash {crash}");
        world.settle();
    }
}

/// The first suppression has room, the second has not: nobody is called, and a worker with more room goes on before it.
#[test]
fn a_full_view_calls_nobody_and_commits_nothing_that_it_could_not_take() {
    for (room, calls, paused) in [(1, 0, true), (2, 1, false)] {
        let mut world = World::limited(|config| config.max_suppressions = room);
        for customer in [1, 2] {
            world.step(Op::Suppress { customer, active: true });
        }
        world.step(sms(3, true));
        for op in ALL.into_iter().chain([Op::Acknowledge(0), Op::Acknowledge(0), Op::Poll]) {
            world.step(op);
        }
        assert_eq!(world.counters().total(Counter::Calls, ""), calls, "room {room}");
        assert_eq!(world.counters().total(Counter::NoRoom, ""), u64::from(paused));
        assert_eq!((world.is_paused(), world.committed()), (paused, if paused { 2 } else { 3 }));
    }
}

#[test]
fn a_command_that_the_ledger_has_no_room_for_waits_until_it_is_worthless() {
    let mut world = World::limited(|config| config.max_remembered = 1);
    world.step(sms(1, true));
    world.step(Op::Command { customer: 2, sms: true, transactional: true, ttl: 100 });
    for _ in 0..2 {
        ALL.into_iter().for_each(|op| world.step(op));
        [Op::Begin(0), Op::Finish { call: 0, how: 0 }].into_iter().for_each(|op| world.step(op));
    }
    assert_eq!(world.counters().total(Counter::Calls, ""), 1);
    assert!(world.counters().total(Counter::LedgerFull, "") > 0);
    world.step(Op::Advance(110));
    world.settle();
    let ended = |how| world.counters().total(Counter::Ended, how);
    assert_eq!((ended("sent"), ended("expired")), (1, 1));
}
