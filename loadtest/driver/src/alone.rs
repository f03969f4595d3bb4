//! The engine alone: shards in this process over JSON bytes, without broker, threads of a client, or disk.
//!
//! Every shard's events are encoded beforehand; then all shards start at once, each on a thread of its own. A shard reads back what
//! it hands out at once, and writes a checkpoint (to memory) every 10 s or when its documents ask for it, as in the engine.

use crate::Error;
use crate::process::Process;
use crate::report::{Report, Row};
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Headers, Kind};
use cartwheel_core::time::Millis;
use cartwheel_kafka::partition_of;
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{AcceptedLog, Clock, Identity, Opened, Outgoing, Settings, Shard, ShardError};
use cartwheel_workload::{Options, Workload};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

/// Between two checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(10);
/// Offset of the leader record.
const EPOCH: i64 = 0;

/// The events of one shard, one behind the other.
#[derive(Default)]
pub struct Input {
    bytes: Vec<u8>,
    /// Where each event ends, and its time.
    events: Vec<(usize, Millis)>,
}

impl Input {
    /// The events of `options` that belong to `shard` of `shards`.
    pub fn make(options: &Options, shard: i32, shards: i32) -> Result<Self, Error> {
        let mut input = Self::default();
        for event in Workload::new(options.clone())?.filter(|event| partition_of(&event.key(), shards) == shard) {
            event.encode(&mut input.bytes);
            input.events.push((input.bytes.len(), event.time));
        }
        Ok(input)
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The record at this place.
    pub fn record(&self, place: usize) -> Record<'_> {
        let begin = place.checked_sub(1).map_or(0, |before| self.events[before].0);
        let (end, time) = self.events[place];
        Record { offset: place as i64, time, key: None, value: &self.bytes[begin..end] }
    }
}

/// A shard without a broker.
pub struct Lone<S> {
    shard: Shard<S>,
    out: Vec<Outgoing>,
    /// The next offset of its sends partition, which nobody keeps.
    next: i64,
}

impl<S: Store> Lone<S> {
    /// A shard without any history, over an empty store.
    pub fn open(plan: &Arc<Plan>, partition: i32, store: S) -> Result<Self, Error> {
        let identity = Identity { events_topic: "load.events.v1".into(), partition, partitions: 1 };
        let settings = Settings { hold_after: Millis::MAX, ..Settings::default() };
        let opened = Opened::open(identity, settings, store)?;
        let mut log = AcceptedLog::new(None);
        log.push(EPOCH, Headers { kind: Kind::Leader, leader: -1, seq: 0 }, b"{}")?;
        let shard = opened.lead(EPOCH, log, 0, plan, &|_| None)?;
        let mut lone = Self { shard, out: Vec::new(), next: EPOCH + 1 };
        lone.shard.begin_history(&mut lone.out)?;
        lone.read_back()?;
        Ok(lone)
    }

    /// Applies the records to the last, in as many turns as the shard wants.
    pub fn apply(&mut self, records: &[Record<'_>]) -> Result<(), Error> {
        let mut at = 0;
        while let Some(last) = records[at..].last() {
            let clock = Clock { wall: last.time, caught_up: None };
            at += self.shard.turn(&records[at..], clock, &mut self.out)?.consumed;
            self.read_back()?;
        }
        Ok(())
    }

    /// Takes a checkpoint: begun, confirmed by its own turn record, committed.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        self.shard.begin_checkpoint(&mut self.out)?;
        self.read_back()
    }

    /// The shard.
    pub fn shard(&self) -> &Shard<S> {
        &self.shard
    }

    fn read_back(&mut self) -> Result<(), Error> {
        for record in self.out.drain(..) {
            self.shard.read_back(self.next, Headers { kind: record.kind, leader: EPOCH, seq: record.seq })?;
            self.shard.commit_here().map_err(ShardError::from)?;
            self.next += 1;
        }
        Ok(())
    }
}

/// What one shard did.
struct Done {
    began: Instant,
    ended: Instant,
    cpu: f64,
    commands: u64,
}

/// Runs `shards` shards over the events and reports a row for each, and for several a row for all.
pub fn run(plan: &Arc<Plan>, options: &Options, shards: i32, batch: usize) -> Result<Report, Error> {
    let mut inputs = Vec::new();
    let bar = crate::progress::begin("encoding events", shards.unsigned_abs().into());
    for shard in 0..shards {
        inputs.push(Input::make(options, shard, shards)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Process::Own.reset_peak()?;
    let before = Process::Own.rss()?;
    let barrier = Barrier::new(inputs.len());
    let bar = crate::progress::begin("running the shards", options.events);
    let done = std::thread::scope(|scope| {
        let barrier = &barrier;
        let drive = |(shard, input)| scope.spawn(move || drive(plan, shard, input, batch, barrier));
        let threads: Vec<_> = (0..shards).zip(&inputs).map(drive).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<_>, _>>()
    })?;
    bar.finish_and_clear();
    let added = Process::Own.peak_rss()?.saturating_sub(before);
    let row = |name: String, events: usize, seconds: Duration, cpu_seconds: f64| Row {
        name,
        events: events as u64,
        seconds: seconds.as_secs_f64(),
        cpu_seconds,
        peak_rss: added,
        written: None,
        lag: 0,
    };
    let each = inputs.iter().zip(&done).enumerate();
    let mut rows: Vec<Row> =
        each.map(|(shard, (input, done))| row(format!("shard {shard} alone"), input.len(), done.ended - done.began, done.cpu)).collect();
    if let Some(began) = done.iter().map(|done| done.began).min()
        && let Some(ended) = done.iter().map(|done| done.ended).max()
        && shards > 1
    {
        let (events, cpu) = (inputs.iter().map(Input::len).sum(), done.iter().map(|done| done.cpu).sum());
        rows.push(row("all shards".into(), events, ended - began, cpu));
    }
    Ok(Report::new(rows, done.iter().map(|done| done.commands).sum(), None))
}

fn drive(plan: &Arc<Plan>, partition: i32, input: &Input, batch: usize, barrier: &Barrier) -> Result<Done, Error> {
    let lone = Lone::open(plan, partition, MemoryStore::default());
    // Nobody waits for one that failed.
    barrier.wait();
    let mut lone = lone?;
    let (began, cpu) = (Instant::now(), Process::Thread.cpu_seconds()?);
    let mut records = Vec::with_capacity(batch);
    let mut saved = began;
    for from in (0..input.len()).step_by(batch) {
        records.clear();
        records.extend((from..input.len().min(from + batch)).map(|place| input.record(place)));
        lone.apply(&records)?;
        if lone.shard.wants_checkpoint() || saved.elapsed() >= CHECKPOINT {
            lone.checkpoint()?;
            saved = Instant::now();
        }
    }
    let ended = Instant::now();
    let cpu = Process::Thread.cpu_seconds()? - cpu;
    Ok(Done { began, ended, cpu, commands: lone.shard.counters().commands })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sends::{AcceptedTurn, Fact};
    use crate::verify::Check;
    use cartwheel_core::command::Command;
    use cartwheel_core::time::{DAY, HOUR};
    use std::path::Path;

    fn plan() -> Arc<Plan> {
        Arc::new(crate::setup::plan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")).unwrap())
    }

    fn options() -> Options {
        Options { events: 20_000, customers: 3_000, rate: 1, ..Options::default() }
    }

    #[test]
    fn shards_divide_the_events_and_decide_the_same() {
        let plan = plan();
        let one = run(&plan, &options(), 1, 1_000).unwrap();
        let two = run(&plan, &options(), 2, 1_000).unwrap();
        assert_eq!((one.rows.len(), two.rows.len()), (1, 3));
        assert_eq!(one.rows[0].events, 20_000);
        assert_eq!(two.rows[0].events + two.rows[1].events, 20_000);
        assert!(one.commands > 150, "{}", one.commands);
        // Timers fire when their own shard sees a later time: towards the end a few more or fewer have.
        assert!(two.commands.abs_diff(one.commands) < 10, "{} and {}", one.commands, two.commands);
    }

    /// What a lone shard hands out, as a log of turns.
    fn turns(plan: &Arc<Plan>, input: &Input) -> Vec<AcceptedTurn> {
        let mut lone = Lone::open(plan, 0, MemoryStore::default()).unwrap();
        let mut turns = Vec::new();
        let mut begin = 0;
        let mut record = |outgoing: Outgoing| match outgoing.kind {
            Kind::Turn => {
                let turn = serde_json::from_slice(&outgoing.value).unwrap();
                turns.push(AcceptedTurn { offset: 0, at: 0, turn, commands: Vec::new(), have: 0 });
            }
            kind => {
                let last: &mut AcceptedTurn = turns.last_mut().unwrap();
                last.have += 1;
                if kind == Kind::Command {
                    last.commands.push(Fact::from(serde_json::from_slice::<Command>(&outgoing.value).unwrap()));
                }
            }
        };
        // Small turns, some cut by the clock of a shard that has caught up.
        while begin < input.len() {
            let end = input.len().min(begin + 700);
            let records: Vec<_> = (begin..end).map(|place| input.record(place)).collect();
            let wall = records.last().unwrap().time;
            let caught_up = (begin % 3 == 0).then_some(wall);
            let turned = lone.shard.turn(&records, Clock { wall, caught_up }, &mut lone.out).unwrap();
            begin += turned.consumed;
            lone.out.drain(..).for_each(&mut record);
        }
        lone.shard.turn(&[], Clock { wall: i64::MAX, caught_up: Some(input.events[input.len() - 1].1 + 3 * DAY) }, &mut lone.out).unwrap();
        lone.out.drain(..).for_each(&mut record);
        turns
    }

    fn check(plan: &Arc<Plan>, input: &Input, turns: &[AcceptedTurn]) -> Result<u64, Error> {
        let mut check = Check::new(plan, turns);
        for place in 0..input.len() {
            let record = input.record(place);
            check.record(record.offset, record.time, record.value)?;
        }
        check.finish(input.len() as i64)
    }

    #[test]
    fn the_reference_follows_the_turn_records_and_finds_every_difference() {
        let plan = plan();
        let input = Input::make(&Options { events: 30_000, ..options() }, 0, 1).unwrap();
        let turns = turns(&plan, &input);
        let commands: u64 = turns.iter().map(|turn| turn.commands.len() as u64).sum();
        assert!(commands > 300, "{commands}");
        assert_eq!(check(&plan, &input, &turns).unwrap(), commands);

        let place = turns.iter().rposition(|turn| !turn.commands.is_empty()).unwrap();
        let differs = |change: &dyn Fn(&mut AcceptedTurn)| {
            let mut turns = turns.clone();
            change(&mut turns[place]);
            check(&plan, &input, &turns).unwrap_err().to_string()
        };
        assert!(differs(&|turn| turn.commands[0].decided_at += 1).contains("reference:"));
        assert!(differs(&|turn| drop(turn.commands.pop())).contains("engine:    nothing"));
        assert!(differs(&|turn| turn.commands.push(turn.commands[0].clone())).contains("reference: nothing"));
        assert!(differs(&|turn| turn.turn.now += HOUR).contains("reference:"));
        assert!(differs(&|turn| turn.have += 1).contains("follow"));
        assert!(differs(&|turn| turn.turn.config = String::new()).contains("configuration"));
    }
}
