//! `loadtest recovery`: an engine with many customers is killed with -9 and started again on the same data directory; how long it is until it decides rightly
//! again, and until nothing waits.
//!
//! It has a checkpoint of all customers, and has applied some events behind it that it must replay. More events come while it is dead ([`probes`]), the first
//! and the last of each partition such as lead to a message at once. Both figures run from the moment before the new process is executed:
//!
//! - **first correct output**: until the broker has appended the first message, of any partition, that the events behind the kill lead to, and it is the one that
//!   the reference model has;
//! - **caught up**: until it has appended, in every partition, the message that the partition's last event leads to. The engine sends it when it knows that it
//!   stands at the end of the partition.
//!
//! Both are the broker's own times of the records. Beside them stands when the engine itself says, by its admin listener, that nothing waits.

pub mod flags;
mod probes;

use crate::engine::{CaughtUp, Engine, binary, wall};
use crate::folder::in_folder;
use crate::overview::{ask, get};
use crate::progress::begin;
use crate::report::{head, thousands};
use crate::run::{present_ends, write};
use crate::setup::Setup;
use crate::{Error, fill, produce};
use cartwheel_core::time::Millis;
use cartwheel_workload::{Options, Profile, Shopped, Workload};
use flags::Recovery;
use probes::{Answered, Probes, read};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The engine's interval of checkpoints in a round: longer than it needs until the kill, so that what is to be replayed is.
const CHECKPOINT: &str = "10m";
/// Counts checkpoints, by shard.
const CHECKPOINTS: &str = "cartwheel_checkpoints_total{";

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The command, as it was given.
    pub command: String,
    /// Customers known when the engine was killed.
    pub customers: u64,
    /// Events that were replayed in each round, and that came while it was dead.
    pub replayed: u64,
    /// The latter.
    pub backlog: u64,
    /// Each kill.
    pub rounds: Vec<Round>,
}

/// One kill. Times run from the moment before the new process is executed.
#[derive(Debug, Serialize)]
pub struct Round {
    /// Until the first correct message was appended, ms.
    pub first_ms: Millis,
    /// Until each partition had one, ms.
    pub first_of_all_ms: Millis,
    /// Until the message of the last event was appended in every partition, ms.
    pub caught_up_ms: Millis,
    /// Until the engine said that nothing waits, ms; at most 300 ms late.
    pub said_ms: Millis,
    /// Its greatest resident memory until then, bytes.
    pub peak_rss: u64,
}

impl Report {
    /// As lines for people.
    pub fn text(&self) -> String {
        let mut out = head(&self.command);
        out += &format!(
            "{} customers; {} events to replay, {} came meanwhile; every message as the reference model has it, all ids different\n",
            thousands(self.customers),
            thousands(self.replayed),
            thousands(self.backlog)
        );
        let line = |what: &str, figure: &dyn Fn(&Round) -> String| {
            let figures: Vec<String> = self.rounds.iter().map(figure).collect();
            format!("{what}: {}\n", figures.join(" / "))
        };
        let ms = |ms: Millis| format!("{ms} ms");
        out += &line("first correct output", &|round| ms(round.first_ms));
        out += &line("  the same of every partition", &|round| ms(round.first_of_all_ms));
        out += &line("caught up", &|round| ms(round.caught_up_ms));
        out += &line("  by the engine's own word", &|round| ms(round.said_ms));
        out += &line("peak RSS until then", &|round| {
            format!("{:.0} MiB", round.peak_rss as f64 / f64::from(1 << 20))
        });
        out + "the bar, with 10,000,000 customers: first correct output <= 3 s, caught up <= 10 s\n"
    }
}

/// Measures. Void is a run in which a message is missing, came twice or differs, in which customers are lost, or a checkpoint came before the kill.
pub fn run(flags: &Recovery) -> Result<Report, Error> {
    in_folder("recovery", flags.job.keep, |work| run_in(flags, work))
}

fn run_in(flags: &Recovery, work: &Path) -> Result<Report, Error> {
    let binary = binary(flags.job.engine.as_deref())?;
    let (_broker, setup) = flags.job.stage("recovery", flags.customers, work)?;
    let probes = Probes::choose(flags.customers, flags.job.partitions, flags.rounds);
    let stage = Stage { flags, setup, binary, log: work.join("engine.log"), signed_up: wall() };
    stage.fill(&probes)?;
    stage.setup.checkpoint_every(CHECKPOINT)?;
    let (mut kills, mut customers) = (Vec::new(), 0);
    for (round, probes) in (1..).zip(&probes) {
        eprintln!("round {round} of {}", flags.rounds);
        let kill = stage.kill(round, probes)?;
        customers = kill.customers;
        kills.push(kill);
    }
    stage.report(&probes, kills, customers)
}

/// What all rounds have in common.
struct Stage<'a> {
    flags: &'a Recovery,
    setup: Setup,
    binary: PathBuf,
    log: PathBuf,
    /// When the probes have signed up.
    signed_up: Millis,
}

/// What was seen of one kill.
struct Kill {
    customers: u64,
    /// When the carts of the probes were written, when the new process was executed, and what it said.
    written: Millis,
    executed: Millis,
    caught_up: CaughtUp,
}

impl Stage<'_> {
    /// Writes the customers, and lets an engine take all of them into a checkpoint.
    fn fill(&self, probes: &[Probes]) -> Result<(), Error> {
        write(
            &self.setup,
            &fill::options(self.flags.customers, self.flags.events_each, 0, wall()),
        )?;
        self.produce(probes.iter().flat_map(|probes| probes.sign_ups(self.signed_up)))?;
        let mut engine = self.start()?;
        self.wait("taking all in", &mut engine)?;
        eprintln!("stopping the engine, with a checkpoint");
        engine.stop()?;
        Ok(())
    }

    /// Starts, lets some events behind the checkpoint be applied, kills, and starts again.
    fn kill(&self, round: u32, probes: &Probes) -> Result<Kill, Error> {
        let mut engine = self.start()?;
        self.wait("starting", &mut engine)?;
        self.produce(self.others(2 * round, self.flags.replayed)?)?;
        self.wait("applying what is to be replayed", &mut engine)?;
        let customers = self.customers()?;
        let checkpoints = self.checkpoints()?;
        drop(engine);
        if checkpoints > 0 {
            return Err(Error::Void(format!(
                "{checkpoints} checkpoints were taken before the kill: let --replayed be less"
            )));
        }
        let written = wall();
        self.produce(probes.around(written, self.others(2 * round + 1, self.flags.backlog)?))?;
        let executed = wall();
        let mut engine = self.start()?;
        let caught_up = self.wait("recovering", &mut engine)?;
        let recovered = self.customers()?;
        engine.stop()?;
        if recovered < customers {
            return Err(Error::Void(format!(
                "of {customers} customers {recovered} are known behind the kill"
            )));
        }
        Ok(Kill { customers, written, executed, caught_up })
    }

    /// Holds what was sent against what had to be.
    fn report(&self, probes: &[Probes], kills: Vec<Kill>, customers: u64) -> Result<Report, Error> {
        begin("reading the sends topic", 0).finish_and_clear();
        let of = |(probes, kill): (&Probes, &Kill)| {
            probes.scripts(self.signed_up, kill.written).collect::<Vec<_>>()
        };
        let scripts = probes.iter().zip(&kills).flat_map(of).collect();
        let sent = read(&self.setup, self.flags.job.partitions, &scripts)?;
        let rounds = probes
            .iter()
            .zip(&kills)
            .map(|(probes, kill)| Ok(round(&probes.answered(&sent)?, kill)))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Report {
            command: crate::report::command(),
            customers,
            replayed: self.flags.replayed,
            backlog: self.flags.backlog,
            rounds,
        })
    }

    fn start(&self) -> Result<Engine, Error> {
        Engine::start(&self.binary, &self.setup, &self.log)
    }

    /// Until everything that there is now has been applied.
    fn wait(&self, what: &str, engine: &mut Engine) -> Result<CaughtUp, Error> {
        let ends = present_ends(&self.setup, self.flags.job.partitions)?;
        let all = ends.iter().map(|(begin, end)| u64::try_from(end - begin).unwrap_or(0)).sum();
        engine.wait(&self.setup, &ends, &begin(what, all))
    }

    fn produce(&self, events: impl Iterator<Item = Shopped>) -> Result<(), Error> {
        let topic = self.setup.kafka.topics().events;
        let bar = indicatif::ProgressBar::hidden();
        produce::produce_all(&self.setup.kafka.bootstrap, &topic, events, &bar)?;
        Ok(())
    }

    /// So many events of the same customers, now.
    fn others(&self, seed: u32, events: u64) -> Result<Workload, Error> {
        Ok(Workload::new(Options {
            seed: u64::from(seed),
            events,
            customers: self.flags.customers,
            profile: Profile::Shop,
            start: wall(),
            // All of them at once: time must not run ahead of the clock.
            rate: events.max(1),
            every: 1,
            sends: 0.0,
            ..Options::default()
        })?)
    }

    fn customers(&self) -> Result<u64, Error> {
        Ok(ask(self.setup.admin).map_err(Error::io("asking the engine"))?.totals.customers)
    }

    /// How many checkpoints the engine has taken since it began.
    fn checkpoints(&self) -> Result<u64, Error> {
        let text = get(self.setup.admin, "/metrics")
            .map_err(Error::io("asking the engine for /metrics"))?;
        Ok(count(&text, CHECKPOINTS))
    }
}

/// The sum of a counter over its labels.
fn count(text: &str, name: &str) -> u64 {
    let of = |line: &str| line.strip_prefix(name)?.split_once("} ")?.1.trim().parse::<u64>().ok();
    text.lines().filter_map(of).sum()
}

/// The figures of a kill.
fn round(answered: &Answered, kill: &Kill) -> Round {
    let since = |at: Option<&Millis>| at.map_or(0, |at| at - kill.executed);
    Round {
        first_ms: since(answered.first.iter().min()),
        first_of_all_ms: since(answered.first.iter().max()),
        caught_up_ms: since(answered.last.iter().max()),
        said_ms: kill.caught_up.at - kill.executed,
        peak_rss: kill.caught_up.peak_rss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_run_from_the_new_process() {
        let caught_up = CaughtUp { at: 5_300, peak_rss: 1 << 20, lag: 0 };
        let kill = Kill { customers: 7, written: 0, executed: 1_000, caught_up };
        let answered = Answered { first: vec![1_900, 1_700], last: vec![4_000, 5_000] };
        let round = round(&answered, &kill);
        assert_eq!(
            (round.first_ms, round.first_of_all_ms, round.caught_up_ms, round.said_ms),
            (700, 900, 4_000, 4_300)
        );
        let report = Report {
            command: "loadtest recovery".into(),
            customers: 7,
            replayed: 1,
            backlog: 2,
            rounds: vec![round],
        };
        assert!(report.text().contains("caught up: 4000 ms"), "{}", report.text());
    }

    #[test]
    fn a_counter_is_summed_over_its_shards() {
        let text = "# TYPE cartwheel_checkpoints_total counter\ncartwheel_checkpoints_total{shard=\"0\"} 2\n\
                    cartwheel_checkpoints_total{shard=\"1\"} 1\ncartwheel_checkpoint_bytes_total{shard=\"1\"} 9\n";
        assert_eq!(count(text, CHECKPOINTS), 3);
    }
}
