//! Random histories under random configurations, stopped behind every turn and taken up again from the checkpoint there: the rest of the log is decided as
//! it was, turn by turn (each record has the hash of all decisions so far, which a replay compares), and every customer ends up the same.

use crate::edited::edited;
use crate::small_shard::Stretch;
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Headers, Kind};
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{AcceptedLog, Clock, Identity, Lone, Opened, Outgoing, Settings, Shard};
use cartwheel_sim::grammar::Case;
use cartwheel_sim::history::Step;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many histories are stopped. More of them: `CARTWHEEL_RECOVERIES=5000`.
fn histories() -> u64 {
    let asked = std::env::var("CARTWHEEL_RECOVERIES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(400)
}

/// A turn for every timer.
fn settings() -> Settings {
    Settings { max_timers: 1, ..Settings::without_clock() }
}

/// The shard behind all of it, and its log.
fn driven(stretches: &[Stretch<'_>]) -> (Lone<MemoryStore>, Vec<Outgoing>) {
    let mut shard =
        Lone::open(stretches[0].0, settings(), MemoryStore::default()).expect("a shard");
    shard.keep();
    for (plan, steps) in stretches {
        shard.activate(plan).expect("a turn");
        steps.iter().for_each(|step| match step {
            Step::Record { time, value } => {
                let offset = shard.shard().next_offset();
                let record = Record { offset, time: *time, key: None, value };
                shard.record(&record).expect("a record");
            }
            Step::Clock { now } => shard.clock(*now).expect("a turn"),
            Step::Mode(mode) => shard.switch(*mode).expect("a turn"),
        });
    }
    // What decided nothing stands in the log with the next turn.
    shard.clock(i64::MIN).expect("a turn");
    let log = shard.take_published();
    (shard, log)
}

/// A new owner over this disk, before the replay of what its checkpoint lacks.
fn opened(plans: [&Arc<Plan>; 2], disk: MemoryStore, log: &[Outgoing]) -> Shard<MemoryStore> {
    let identity = Identity {
        events_topic: "events".into(),
        partition: 0,
        partitions: 1,
        partitioner: Partitioner::Murmur2,
    };
    // Whatever there is to write is written at once, by a checkpoint or, every other time, by a spill.
    let settings = Settings { max_journal: 1, max_spills: 1, ..settings() };
    let opened = Opened::open(identity, settings, disk).expect("a checkpoint");
    let leader = Headers { kind: Kind::Leader, leader: -1, seq: 0 };
    let mut accepted = AcceptedLog::new(opened.checkpoint().cloned());
    let begin = accepted.begin().unwrap_or(0);
    if begin == 0 {
        accepted.push(0, leader, b"{}").expect("the first leader");
    }
    for (offset, record) in (1..).zip(log).filter(|(offset, _)| *offset >= begin) {
        let headers = Headers { kind: record.kind, leader: 0, seq: record.seq };
        accepted.push(offset, headers, &record.value).expect("the log");
    }
    let epoch = log.len() as i64 + 1;
    accepted.push(epoch, leader, b"{}").expect("our own leader record");
    let named = |hash| plans.into_iter().find(|plan| plan.hash == hash).cloned();
    opened.lead(epoch, accepted, 0, plans[0], &named).expect("a shard")
}

/// Replays one turn. One that decides something else than the log says is an error.
fn replay_one(shard: &mut Shard<MemoryStore>, records: &[Record<'_>]) {
    let from = usize::try_from(shard.wanted_offset()).unwrap_or(0);
    let (clock, mut out) = (Clock { wall: 0, caught_up: None, level: None }, Vec::new());
    shard.turn(&records[from..], clock, &mut out).expect("the same decisions");
    assert!(out.is_empty(), "nothing is missing in the log");
}

fn customers(records: &[Record<'_>]) -> BTreeSet<String> {
    let event = |record: &Record<'_>| serde_json::from_slice(record.value).ok();
    let events = records.iter().filter_map(event);
    events
        .filter_map(|event: serde_json::Value| Some(event["customer"].as_str()?.to_owned()))
        .collect()
}

#[test]
fn stopped_behind_every_turn_and_taken_up_again_it_decides_the_same() {
    let (mut stops, mut checkpoints) = (0, 0);
    for seed in 0..histories() {
        let (case, plan) = Case::draw(seed).unwrap_or_else(|told| panic!("seed {seed}\n{told}"));
        // In every other history another configuration comes into force.
        let edited =
            (seed % 2 == 1).then(|| edited(&case.config, seed).expect("a change that loads").1);
        let other = edited.as_ref().unwrap_or(&plan);
        let (before, behind) = case.steps.split_at(case.steps.len() / 2);
        let (uninterrupted, log) = driven(&[(&plan, before), (other, behind)]);
        let plans = [&plan, other];
        let written = case.steps.iter().filter_map(|step| match step {
            Step::Record { time, value } => Some((*time, value)),
            Step::Clock { .. } | Step::Mode(_) => None,
        });
        let records: Vec<Record<'_>> = (0..)
            .zip(written)
            .map(|(offset, (time, value))| Record { offset, time, key: None, value })
            .collect();
        let customers = customers(&records);
        let disk = MemoryStore::default();
        let mut stopped = opened(plans, disk.clone(), &log);
        while stopped.replaying() > 0 {
            replay_one(&mut stopped, &records);
            stops += 1;
            let mut again = opened(plans, disk.copy(), &log);
            while again.replaying() > 0 {
                replay_one(&mut again, &records);
            }
            let (known, told) = (uninterrupted.shard(), &again);
            assert_eq!(told.streams(), known.streams(), "seed {seed}\n{}", case.written());
            assert_eq!(told.products().len(), known.products().len(), "seed {seed}");
            for product in ["p0", "p1", "p2", "k", "l", "2", "true"] {
                let (known, told) =
                    (known.products().shown(product), told.products().shown(product));
                assert_eq!(told, known, "seed {seed}: {product}\n{}", case.written());
            }
            for customer in &customers {
                let known = uninterrupted.shard().explain(customer).expect("what is known");
                let told = again.explain(customer).expect("what is known");
                assert_eq!(told, known, "seed {seed}: {customer}\n{}", case.written());
            }
        }
        checkpoints += stopped.counters().checkpoints;
    }
    assert!(stops > histories() * 15 && checkpoints > histories() * 4, "{stops} {checkpoints}");
}
