//! The core in a shard without a broker: what it published is what it made of a history.

use crate::course::{Course, json};
use cartwheel_core::command::Command;
use cartwheel_core::event::{OddField, Record};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Dead, Kind, Suppression, Turn};
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Counters, Lone, Outgoing, Settings};
use cartwheel_sim::history::Step;
use cartwheel_sim::reference::ExpectedCommand;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Records between two checkpoints: what a message shows is then partly in the store, partly in the journal.
const CHECKPOINT_EVERY: i64 = 7;

/// A part of a history, and the plan under which it happens.
pub type Stretch<'s> = (&'s Arc<Plan>, &'s [Step]);

/// Everything that the core makes of a history; at most `budget` timers fire in a turn: it may be cut between any two.
pub fn by_core(plan: &Arc<Plan>, steps: &[Step], budget: u64) -> Course {
    by_core_through(&[(plan, steps)], budget)
}

/// The same of a history in which another plan comes into force before each stretch but the first.
pub fn by_core_through(stretches: &[Stretch<'_>], budget: u64) -> Course {
    let settings = Settings { max_timers: budget, ..Settings::without_clock() };
    let first = stretches.first().expect("a stretch").0;
    let mut lone = Lone::open(first, settings, MemoryStore::default()).expect("a shard");
    lone.keep();
    for (plan, steps) in stretches {
        lone.activate(plan).expect("a turn");
        steps.iter().for_each(|step| drive(&mut lone, step));
    }
    // What was counted since the last turn record stands in the next one.
    lone.checkpoint().expect("a checkpoint");
    let decisions = lone.take_decisions().expect("names");
    let mut course = Course {
        decisions: decisions.iter().map(json).collect(),
        degraded: degraded(lone.shard().counters()),
        duplicates: lone.shard().counters().duplicates,
        live_runs: lone.live_runs(),
        ..Course::default()
    };
    for record in lone.take_published() {
        match record.kind {
            Kind::Command => {
                as_the_library_writes_it(&record.value);
                let command = expected(value(&record));
                course.sides.push(json(&command.side));
                course.commands.push(json(&command));
            }
            Kind::Suppression => course.suppressions.push(json(&value::<Suppression>(&record))),
            Kind::Dead => {
                let dead: Dead = value(&record);
                course.dead.push(format!("{} {}", dead.offset, dead.reason.name()));
            }
            Kind::Turn => {
                let Turn { measured, .. } = value(&record);
                course.held_out.extend(measured.held_out.iter().map(json));
                course.converted.extend(measured.converted.iter().map(json));
                for (journey, count) in measured.entered {
                    *course.entered.entry(journey).or_default() += count;
                }
            }
            Kind::Leader | Kind::Event => {}
        }
    }
    course
}

fn drive(lone: &mut Lone<MemoryStore>, step: &Step) {
    match step {
        Step::Record { time, value } => {
            let offset = lone.shard().next_offset();
            lone.record(&Record { offset, time: *time, key: None, value }).expect("a record");
            if offset % CHECKPOINT_EVERY == 2 {
                lone.checkpoint().expect("a checkpoint");
            }
        }
        Step::Clock { now } => lone.clock(*now).expect("a turn"),
        Step::Mode(mode) => lone.switch(*mode).expect("a turn"),
    }
}

fn degraded(counters: &Counters) -> BTreeMap<String, u64> {
    let counts = OddField::ALL.into_iter().zip(counters.degraded).filter(|(_, count)| *count > 0);
    counts.map(|(field, count)| (field.name().to_owned(), count)).collect()
}

fn value<T: DeserializeOwned>(record: &Outgoing) -> T {
    serde_json::from_slice(&record.value).expect("a published record can be read")
}

/// What does not follow from the journey alone.
fn expected(command: Command) -> ExpectedCommand {
    ExpectedCommand {
        command_id: command.command_id,
        run_id: command.run_id,
        journey: command.journey,
        step: command.step,
        customer: command.customer,
        channel: command.channel,
        template: command.template,
        due_at: command.due_at,
        decided_at: command.decided_at,
        not_after: command.not_after,
        to: command.to,
        data: command.data,
        side: command.side,
    }
}

/// Commands are written by hand, field by field: byte for byte what their declaration says.
fn as_the_library_writes_it(value: &[u8]) {
    let command: Command<Box<RawValue>> = serde_json::from_slice(value).unwrap();
    let again = serde_json::to_string(&command).unwrap();
    assert_eq!(again, String::from_utf8_lossy(value));
}
