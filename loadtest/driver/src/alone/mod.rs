//! The engine alone: shards in this process over JSON bytes, without a broker and the threads of its client.
//!
//! Every shard's events are encoded beforehand; then all shards start at once, each on a thread of its own. A shard reads back what it
//! hands out at once. Its checkpoints are the engine's: into RocksDB in the temporary folder, every 10 s or when much has been written since,
//! written beside the shard's thread, one at a time; the shard waits for them where the engine would.
//!
//! A row spans the time from the start until the last event has been applied *and* the last checkpoint that was begun is in the store, so that
//! nobody finishes work after the end. Its processor time, and its bytes written, are those of the whole process over that span: the
//! shards' threads, those that write checkpoints, RocksDB's own. Several shards share them by their events, since RocksDB's threads
//! belong to none. Events/s is thus by the clock, and one shard may have used more than one core for it: what a core
//! does is events per CPU-second, 1,000,000 / (CPU-s per million).
//!
//! What changed after the last checkpoint began is not stored when a row ends, as in `loadtest run`. The notes say how many checkpoints
//! there were and how much they left out: a run without any says nothing about their cost.

mod beside;
mod input;
#[cfg(test)]
mod tests;

pub use beside::Beside;
pub use input::Input;

use crate::Error;
use crate::process::Process;
use crate::report::{Report, Row, thousands};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_shard::checkpoint::rocks::RocksStore;
use cartwheel_shard::{Identity, Lone, Opened, Settings, Shard, ShardError};
use cartwheel_workload::Options;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

/// Between two checkpoints, as in `loadtest run`.
const CHECKPOINT: Duration = Duration::from_secs(10);

/// The clock, and what this process had used by then.
#[derive(Clone, Copy)]
struct Reading {
    at: Instant,
    cpu: f64,
    written: u64,
}

impl Reading {
    fn take() -> Result<Self, Error> {
        Ok(Self {
            at: Instant::now(),
            cpu: Process::Own.cpu_seconds()?,
            written: Process::Own.written()?,
        })
    }
}

/// What one shard did. The shard is kept: to take it down is not part of the span of the others.
struct Done {
    began: Reading,
    /// When its last event had been applied.
    applied: Instant,
    ended: Reading,
    shard: Beside<RocksStore>,
}

/// Runs `shards` shards, which together have memory for `expected` customers, over the events and reports a row for each, and for several a
/// row for all.
pub fn run(
    plan: &Arc<Plan>,
    options: &Options,
    shards: i32,
    batch: usize,
    expected: u32,
) -> Result<Report, Error> {
    let mut inputs = Vec::new();
    let bar = crate::progress::begin("encoding events", shards.unsigned_abs().into());
    for shard in 0..shards {
        inputs.push(Input::make(options, shard, shards)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let dir = tempfile::Builder::new()
        .prefix("cartwheel-load-")
        .tempdir()
        .map_err(Error::io("temporary directory"))?;
    Process::Own.reset_peak()?;
    let customers = expected.div_ceil(shards.unsigned_abs().max(1)) as usize;
    let barrier = Barrier::new(inputs.len());
    let bar = crate::progress::begin("running the shards", options.events);
    let done = std::thread::scope(|scope| {
        let (barrier, dir) = (&barrier, dir.path());
        let drive = |(shard, input)| {
            scope.spawn(move || drive(plan, shard, input, batch, customers, dir, barrier))
        };
        let threads: Vec<_> = (0..shards).zip(&inputs).map(drive).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<_>, _>>()
    })?;
    bar.finish_and_clear();
    let encoded: u64 = inputs.iter().map(Input::memory).sum();
    let report = report(&inputs, &done, Process::Own.peak_rss()?.saturating_sub(encoded))?;
    Ok(report.note(crate::run::expected(expected)))
}

fn drive(
    plan: &Arc<Plan>,
    partition: i32,
    input: &Input,
    batch: usize,
    customers: usize,
    dir: &Path,
    barrier: &Barrier,
) -> Result<Done, Error> {
    let opened = open(plan, partition, customers, dir);
    // Nobody waits for one that failed.
    barrier.wait();
    let mut shard = Beside::new(opened?);
    let began = Reading::take()?;
    let mut records = Vec::with_capacity(batch);
    for from in (0..input.len()).step_by(batch) {
        records.clear();
        records.extend((from..input.len().min(from + batch)).map(|place| input.record(place)));
        shard.apply(&records)?;
        shard.checkpoint(CHECKPOINT)?;
    }
    let applied = Instant::now();
    shard.settle()?;
    Ok(Done { began, applied, ended: Reading::take()?, shard })
}

/// A shard over an empty RocksDB, with memory for so many customers.
pub(crate) fn open(
    plan: &Arc<Plan>,
    partition: i32,
    customers: usize,
    dir: &Path,
) -> Result<Lone<RocksStore>, ShardError> {
    let store = RocksStore::open(&dir.join(format!("shard-{partition}")))?;
    let identity = Identity {
        events_topic: "load.events.v1".into(),
        // The events were divided before: those of its input are all there are.
        partition: 0,
        partitions: 1,
        partitioner: Partitioner::Murmur2,
    };
    let settings = Settings::without_clock();
    // So many must find room.
    let max_customers = settings.max_customers.max(customers);
    let mut opened = Opened::open(identity, Settings { max_customers, ..settings }, store)?;
    opened.make_room(customers);
    Lone::lead(opened, plan)
}

/// The rows, each from its own beginning to its own end, and the notes.
fn report(inputs: &[Input], done: &[Done], peak_rss: u64) -> Result<Report, Error> {
    let first = done.iter().map(|done| done.began).min_by_key(|reading| reading.at);
    let last = done.iter().map(|done| done.ended).max_by_key(|reading| reading.at);
    let (first, last) = first.zip(last).ok_or_else(|| Error::Config("there is no shard".into()))?;
    let events: usize = inputs.iter().map(Input::len).sum();
    let row = |name: String, own: usize, began: Instant, ended: Instant| {
        let share = own as f64 / events.max(1) as f64;
        Row {
            name,
            events: own as u64,
            seconds: (ended - began).as_secs_f64(),
            cpu_seconds: (last.cpu - first.cpu) * share,
            peak_rss,
            written: Some(((last.written - first.written) as f64 * share) as u64),
            lag: 0,
        }
    };
    let each = inputs.iter().zip(done).enumerate();
    let mut rows: Vec<Row> = each
        .map(|(shard, (input, done))| {
            row(format!("shard {shard}"), input.len(), done.began.at, done.ended.at)
        })
        .collect();
    if done.len() > 1 {
        rows.push(row("all shards".into(), events, first.at, last.at));
    }
    let commands = done.iter().map(|done| done.shard.lone().shard().counters().commands).sum();
    let rate = events as f64 / (last.cpu - first.cpu).max(1e-9);
    let rate = format!(
        "events a CPU-second, all threads of the process counted: {}",
        thousands(rate as u64)
    );
    let [checkpoints, left] = checkpoints(done, first.at);
    Ok(Report::new(rows, commands, None).note(rate).note(checkpoints).note(left))
}

/// What was stored and when, and what was not.
fn checkpoints(done: &[Done], began: Instant) -> [String; 2] {
    let sum = |of: fn(&Shard<RocksStore>) -> u64| {
        done.iter().map(|done| of(done.shard.lone().shard())).sum::<u64>()
    };
    let after = |of: fn(&Done) -> Instant| {
        done.iter().map(|done| (of(done) - began).as_secs_f64()).fold(0.0, f64::max)
    };
    let (count, bytes) =
        (sum(|shard| shard.counters().checkpoints), sum(|shard| shard.counters().checkpoint_bytes));
    let (applied, stored) = (after(|done| done.applied), after(|done| done.ended.at));
    let (dirty, customers) =
        (sum(|shard| shard.dirty() as u64), sum(|shard| shard.customers() as u64));
    [
        format!(
            "checkpoints: {count}, {} MiB; all events applied after {applied:.2} s, all checkpoints stored after {stored:.2} s",
            bytes >> 20
        ),
        format!(
            "changed since the last checkpoint, so not stored: {} of {} customers",
            thousands(dirty),
            thousands(customers)
        ),
    ]
}
