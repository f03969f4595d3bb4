//! The broker, its topics, and the engine that is measured; and another engine that joins it and leaves.

use super::flags::Latency;
use super::load::Load;
use super::messages::{AT_ONCE, BY_TIMER};
use super::schedule::{Gap, Micros, SECOND, Timeline, now};
use crate::engine::{Engine, wall};
use crate::overview::{Overview, Totals, ask};
use crate::pair::{Pair, wait};
use crate::process::Process;
use crate::run::{ASK, ends, timed};
use crate::setup::{Changes, Setup};
use crate::{Error, progress};
use cartwheel_broker::{Broker, Options as BrokerOptions};
use cartwheel_kafka::{Admin, Offsets, TopicSpec};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two looks at a process while there is nothing to do.
const LOOK: Duration = Duration::from_millis(50);
/// Work has been caught up with when what had been written is read within this; engines publish their figures every 300 ms or so.
const CALM: Duration = Duration::from_millis(500);

/// See the module.
pub(super) struct Stage<'a> {
    pub(super) setup: Setup,
    /// Of the engine that joins, if one shall.
    other: Option<Setup>,
    engine: Engine,
    pair: Pair<'a>,
    offsets: Offsets,
    broker: Broker,
}

impl<'a> Stage<'a> {
    /// Starts a broker and an engine, which has every partition when this returns.
    pub(super) fn set(flags: &Latency, binary: &'a Path, work: &'a Path) -> Result<Self, Error> {
        eprintln!("starting a broker");
        let dir = flags.keep.then(|| work.join("broker"));
        let broker = Broker::start(BrokerOptions { dir, ..BrokerOptions::default() })?;
        let changes = Changes {
            bootstrap: broker.bootstrap(),
            namespace: format!("latency-{}", wall()),
            partitions: flags.partitions,
            expected_customers: flags.customers,
        };
        let write = |name| Setup::write(&flags.config_dir, &work.join(name), &changes);
        let setup = write("one")?;
        for journey in [AT_ONCE, BY_TIMER] {
            if setup.plan.number(journey).is_none() {
                return Err(Error::Config(format!(
                    "{} has no journey {journey}, whose messages are measured: see loadtest/latency",
                    flags.config_dir.display()
                )));
            }
        }
        let other = flags.rebalance.then(|| write("other")).transpose()?;
        Admin::new(&setup.kafka, ASK)?.ensure(&topics(&setup, flags.partitions), true)?;
        let pair = Pair { binary, work, partitions: flags.partitions };
        let engine = pair.start(&setup, "one")?;
        pair.until(&[&setup], "the engine has every partition")?;
        let offsets = Offsets::new(&setup.kafka)?;
        Ok(Self { setup, other, engine, pair, offsets, broker })
    }

    /// Writes so many events at once, and waits for the engine. Returns how many a second that were.
    pub(super) fn fill(&mut self, load: &mut Load, events: u64) -> Result<f64, Error> {
        let begun = Instant::now();
        progress::begin("writing as fast as the broker takes it", events).finish_and_clear();
        load.fill(events)?;
        self.catch_up()?;
        Ok(events as f64 / begun.elapsed().as_secs_f64().max(1e-9))
    }

    /// Waits until the engine has read and decided all that is there.
    pub(super) fn catch_up(&mut self) -> Result<(), Error> {
        let ends = self.ends()?;
        self.engine.wait(&self.setup, &ends, &indicatif::ProgressBar::hidden())?;
        Ok(())
    }

    /// Where the engines say how far they are.
    pub(super) fn admins(&self) -> Vec<SocketAddr> {
        [Some(&self.setup), self.other.as_ref()]
            .into_iter()
            .flatten()
            .map(|setup| setup.admin)
            .collect()
    }

    /// Whose processor time is told.
    pub(super) fn processes(&self) -> Vec<(&'static str, Process)> {
        let broker = self.broker.pid().map(|id| ("broker", Process::Id(id)));
        let mut all = vec![("engine", self.engine.process()), ("driver", Process::Own)];
        all.extend(broker);
        all
    }

    /// Waits for the end of what is measured, or until `ended`; an error if the engine ends before. With another engine, it joins and leaves meanwhile.
    pub(super) fn play(
        &mut self,
        timeline: &mut Timeline,
        ended: impl Fn() -> bool,
    ) -> Result<(), Error> {
        if let Some(other) = self.other.clone() {
            let (from, until) = (timeline.measured.start, timeline.measured.end);
            let third = (until - from) / 3;
            self.sleep_until(from + third, &ended)?;
            let (gap, second) = self.joined(&other)?;
            timeline.gaps.push(gap);
            self.sleep_until(until - third, &ended)?;
            timeline.gaps.push(self.left(second)?);
        }
        self.sleep_until(Micros::MAX, &ended)
    }

    fn sleep_until(&mut self, at: Micros, ended: &impl Fn() -> bool) -> Result<(), Error> {
        while now() < at && !ended() {
            self.engine.check_alive()?;
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    fn joined(&self, other: &Setup) -> Result<(Gap, Engine), Error> {
        let from = now();
        let second = self.pair.start(other, "other")?;
        self.pair.until_shared(&self.setup, other)?;
        let led = now();
        self.calm(&[&self.setup, other])?;
        Ok((Gap { what: "a second engine joins", from, led, until: now() }, second))
    }

    fn left(&self, second: Engine) -> Result<Gap, Error> {
        let from = now();
        let stopping = std::thread::spawn(move || second.stop());
        self.pair.until(&[&self.setup], "the first engine has every partition again")?;
        let led = now();
        self.calm(&[&self.setup])?;
        stopping.join().map_err(|_| Error::Config("stopping an engine panicked".into()))??;
        Ok(Gap { what: "the second engine leaves", from, led, until: now() })
    }

    /// Waits until what is written is read soon.
    fn calm(&self, engines: &[&Setup]) -> Result<(), Error> {
        loop {
            let (begun, ends) = (Instant::now(), self.ends()?);
            wait("the engines have caught up", || together(engines).passed(&ends))?;
            if begun.elapsed() < CALM {
                return Ok(());
            }
        }
    }

    fn ends(&self) -> Result<Vec<(i64, i64)>, Error> {
        ends(&self.offsets, &self.setup, self.pair.partitions)
    }

    /// Stops the engine.
    pub(super) fn end(self) -> Result<(), Error> {
        self.engine.stop().map(drop)
    }
}

/// What several engines say of the shards that they run.
fn together(engines: &[&Setup]) -> Overview {
    let shards = engines.iter().filter_map(|setup| ask(setup.admin).ok());
    let running =
        shards.flat_map(|overview| overview.shards).filter(|shard| shard.state == "running");
    Overview { shards: running.collect(), totals: Totals::default() }
}

/// Of events and decisions the broker says when it appended them.
fn topics(setup: &Setup, partitions: i32) -> [TopicSpec; 5] {
    let names = setup.kafka.topics();
    timed(setup, partitions, &[&names.events, &names.sends])
}

/// What is measured if it begins now: a moment later, so that the writer is there in time.
pub(super) fn timeline(flags: &Latency) -> (Micros, Timeline) {
    let start = now() + SECOND / 4;
    let from = start + i64::from(flags.warm_up) * SECOND;
    let measured = from..from + i64::from(flags.seconds) * SECOND;
    (start, Timeline { measured, gaps: Vec::new() })
}
