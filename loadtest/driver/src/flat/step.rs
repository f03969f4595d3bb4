//! One step: a shard with so many customers, and what its turns cost.

use crate::Error;
use crate::alone::{Beside, Input, open};
use crate::engine::wall;
use crate::process::Process;
use crate::progress::begin;
use crate::report::thousands;
use crate::{fill, setup};
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::{Journey, Plan};
use cartwheel_shard::checkpoint::Store;
use cartwheel_workload::{Workload, bystanders};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Between two checkpoints while the shard is filled, as in the engine that is measured elsewhere.
const CHECKPOINT: Duration = Duration::from_secs(10);

/// `loadtest flat-step`.
#[derive(Clone, Debug, Args)]
pub struct Step {
    /// How many customers.
    #[arg(long)]
    pub customers: u32,
    /// Journeys that want none of the events.
    #[arg(long)]
    pub journeys: u16,
    /// Events that are measured.
    #[arg(long)]
    pub events: u64,
    /// Events a customer before them.
    #[arg(long)]
    pub events_each: u32,
    /// Records in a turn.
    #[arg(long)]
    pub batch: u32,
    /// The folder with cartwheel.yaml and journeys.
    #[arg(long)]
    pub config_dir: PathBuf,
}

impl Step {
    /// As a phrase for people.
    pub fn says(&self) -> String {
        let customers = thousands(self.customers.into());
        match self.journeys {
            0 => format!("{customers} customers"),
            others => format!("{customers} customers, {others} other journeys"),
        }
    }

    /// The words with which another process is told to take it.
    pub fn words(&self) -> Vec<String> {
        let numbers = [
            ("--customers", u64::from(self.customers)),
            ("--journeys", self.journeys.into()),
            ("--events", self.events),
            ("--events-each", self.events_each.into()),
            ("--batch", self.batch.into()),
        ];
        let mut words = vec!["flat-step".to_owned()];
        for (name, number) in numbers {
            words.extend([name.to_owned(), number.to_string()]);
        }
        words.extend(["--config-dir".to_owned(), self.config_dir.display().to_string()]);
        words
    }
}

/// What a step measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Customers known.
    pub customers: u32,
    /// Journeys that want none of the events.
    pub journeys: u16,
    /// Events measured.
    pub events: u64,
    /// Processor seconds of the shard's thread for them.
    pub cpu_seconds: f64,
    /// The same, nanoseconds an event.
    pub ns: f64,
    /// Commands that they led to.
    pub commands: u64,
    /// Resident memory of the whole process behind the last checkpoint before them, bytes.
    pub rss: u64,
    /// The greatest until then, bytes.
    pub peak_rss: u64,
    /// Runs in their window or at a step then.
    pub live_runs: u64,
}

impl Measured {
    /// Bytes of resident memory a customer.
    pub fn rss_each(&self) -> f64 {
        self.rss as f64 / f64::from(self.customers.max(1))
    }

    /// The same of the greatest.
    pub fn peak_rss_each(&self) -> f64 {
        self.peak_rss as f64 / f64::from(self.customers.max(1))
    }

    /// Live runs a customer.
    pub fn live_share(&self) -> f64 {
        self.live_runs as f64 / f64::from(self.customers.max(1))
    }
}

/// Fills the shard and measures.
pub fn run(step: &Step) -> Result<Measured, Error> {
    // Everybody must have signed up before, which takes the first half of all events, and the journeys of the last of them be through.
    let most = fill::events(step.customers, step.events_each) * 4 / 10;
    if step.events > most {
        return Err(Error::Config(format!(
            "--events {} is more than {most}, four tenths of the events with which {} customers come: let it be less, or --events-each more",
            step.events, step.customers
        )));
    }
    let plan = plan(step)?;
    let dir = tempfile::Builder::new()
        .prefix("cartwheel-flat-")
        .tempdir()
        .map_err(Error::io("temporary directory"))?;
    let mut shard = Beside::new(open(&plan, 0, step.customers as usize, dir.path())?);
    let mut stream =
        Workload::new(fill::options(step.customers, step.events_each, step.events, wall()))?;
    fill_with(&mut shard, &mut stream, step)?;
    let known = shard.lone().shard().customers();
    if known != step.customers as usize {
        return Err(Error::Void(format!("{known} of {} customers are known", step.customers)));
    }
    let (rss, peak_rss) = (Process::Own.rss()?, Process::Own.peak_rss()?);
    let live_runs = shard.lone().live_runs() as u64;
    let before = shard.lone().shard().counters().commands;
    let input = Input::of(stream, step.events as usize);
    let cpu_seconds = turns(&mut shard, &input, step.batch as usize)?;
    Ok(Measured {
        customers: step.customers,
        journeys: step.journeys,
        events: step.events,
        cpu_seconds,
        ns: cpu_seconds * 1e9 / step.events as f64,
        commands: shard.lone().shard().counters().commands - before,
        rss,
        peak_rss,
        live_runs,
    })
}

/// The configuration's journeys, and beside them those that want none of the events, with a template that it has.
fn plan(step: &Step) -> Result<Arc<Plan>, Error> {
    let own = setup::plan(&step.config_dir)?;
    let template = own.journeys.iter().flat_map(Journey::sends).next();
    let template = template.map_or("none", |send| send.template.as_str());
    let others = bystanders::journeys(step.journeys.into(), template);
    Ok(Arc::new(setup::crowded_plan(&step.config_dir, others)?))
}

/// Applies the events that come before those that are measured, made as they are needed, with checkpoints; the last one has all.
fn fill_with<S: Store>(
    shard: &mut Beside<S>,
    stream: &mut Workload,
    step: &Step,
) -> Result<(), Error> {
    let all = fill::events(step.customers, step.events_each);
    let batch = step.batch as usize;
    let bar = begin(&format!("filling with {}", step.says()), all);
    let mut input = Input::of(std::iter::empty(), batch);
    let mut done = 0;
    while input.refill(stream.by_ref().take(batch.min((all - done) as usize))) {
        shard.apply(&records(&input, 0, input.len(), done as i64))?;
        shard.checkpoint(CHECKPOINT)?;
        done += input.len() as u64;
        bar.set_position(done);
    }
    shard.settle()?;
    shard.checkpoint(Duration::ZERO)?;
    shard.settle()?;
    bar.finish_and_clear();
    Ok(())
}

/// Processor seconds of this thread for turns over the whole input. No checkpoint is taken: none is begun before, and what changes stays in memory.
fn turns<S: Store>(shard: &mut Beside<S>, input: &Input, batch: usize) -> Result<f64, Error> {
    let base = shard.lone().shard().next_offset();
    let before = Process::Thread.cpu_seconds()?;
    for from in (0..input.len()).step_by(batch) {
        shard.apply(&records(input, from, input.len().min(from + batch), base))?;
    }
    Ok(Process::Thread.cpu_seconds()? - before)
}

/// Records from one place to another; the first of the input has the offset `base`.
fn records(input: &Input, from: usize, to: usize, base: i64) -> Vec<Record<'_>> {
    let record = |place: usize| {
        let record = input.record(place);
        Record { offset: base + record.offset, ..record }
    };
    (from..to).map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn step(journeys: u16) -> Step {
        Step {
            customers: 2_000,
            journeys,
            events: 3_000,
            events_each: 4,
            batch: 500,
            config_dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers"),
        }
    }

    #[test]
    fn one_customer_in_ten_has_a_live_run_and_others_journeys_change_nothing() {
        let (alone, crowded) = (run(&step(0)).unwrap(), run(&step(20)).unwrap());
        assert!((0.07..0.14).contains(&alone.live_share()), "{}", alone.live_share());
        assert!(alone.commands > 100, "{}", alone.commands);
        assert_eq!((alone.commands, alone.live_runs), (crowded.commands, crowded.live_runs));
        assert!(alone.rss > 0 && alone.peak_rss >= alone.rss / 2);
    }

    #[test]
    fn a_step_is_told_in_words_that_read_back() {
        use crate::flags::{Command, Flags};
        use clap::Parser;
        let words = [vec!["loadtest".to_owned()], step(7).words()].concat();
        match Flags::try_parse_from(words).map(|flags| flags.command) {
            Ok(Command::FlatStep(read)) => {
                assert_eq!((read.customers, read.journeys, read.events), (2_000, 7, 3_000));
                assert_eq!((read.events_each, read.batch), (4, 500));
            }
            other => panic!("{other:?}"),
        }
    }
}
