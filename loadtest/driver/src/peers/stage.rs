//! What all runs have in common: a broker, one topic of events in it, and what must come of them.

use super::figures::Figures;
use super::flags::Common;
use super::messages::Expected;
use super::system::System;
use super::{build, cartwheel, peer};
use crate::Error;
use crate::engine::{binary, wall};
use crate::process::Process;
use crate::progress::begin;
use crate::run::{ASK, prepare, run_engine};
use crate::setup::{Changes, Setup};
use cartwheel_broker::{Broker, Options as BrokerOptions};
use cartwheel_kafka::Admin;
use std::path::{Path, PathBuf};

/// See the module.
pub(super) struct Stage<'a> {
    pub(super) flags: &'a Common,
    pub(super) work: &'a Path,
    pub(super) binary: PathBuf,
    pub(super) jars: PathBuf,
    broker: Broker,
    pub(super) admin: Admin,
    /// Cartwheel's configuration, with the topics of the measured runs.
    pub(super) setup: Setup,
    /// The same of the warm-up.
    pub(super) warm: Option<Setup>,
    pub(super) events: u64,
    pub(super) expected: Expected,
    /// Counts runs.
    pub(super) round: u32,
}

impl<'a> Stage<'a> {
    /// Builds the peers, starts the broker, writes the events, asks the reference.
    pub(super) fn set(flags: &'a Common, work: &'a Path) -> Result<Self, Error> {
        let binary = binary(flags.engine.as_deref())?;
        let jars = build::build(&flags.peers_dir)?;
        eprintln!("starting a broker");
        let dir = flags.keep.then(|| work.join("broker"));
        let broker = Broker::start(BrokerOptions {
            dir,
            second_compiler: true,
            ..BrokerOptions::default()
        })?;
        let namespace = format!("peers-{}", wall());
        let changes = Changes {
            bootstrap: broker.bootstrap(),
            namespace: format!("{namespace}-warm-up"),
            partitions: flags.partitions,
            expected_customers: flags.customers,
        };
        let warm = warm_up(flags, &binary, work, &changes)?;
        let changes = Changes { namespace, ..changes };
        let setup = prepare(&flags.config_dir, &flags.stream(), &work.join("config"), &changes)?;
        begin("asking the reference model", 0).finish_and_clear();
        let expected = Expected::of(&setup.kafka, &setup.plan, flags.partitions)?;
        let share = expected.count() as f64 * 100.0 / flags.events.max(1) as f64;
        eprintln!("{} messages must be sent, {share:.2} for a hundred events", expected.count());
        let admin = Admin::new(&setup.kafka, ASK)?;
        let events = flags.events;
        Ok(Self {
            flags,
            work,
            binary,
            jars,
            broker,
            admin,
            setup,
            warm,
            events,
            expected,
            round: 0,
        })
    }

    /// Runs a system once; a peer with so much heap.
    pub(super) fn run(&mut self, system: System, heap: &str) -> Result<Figures, Error> {
        self.round += 1;
        let figures = match system {
            System::Cartwheel => cartwheel::run(self),
            System::FlinkHeap | System::FlinkRocksdb | System::KafkaStreams => {
                peer::run(self, system, heap)
            }
        }?;
        match &figures.difference {
            None => eprintln!(
                "{system}: {:.0} events/s, {:.2} CPU-s per million",
                figures.rate(),
                figures.cpu()
            ),
            Some(difference) => eprintln!("{system} DIFFERS: {difference}"),
        }
        Ok(figures)
    }

    /// The topic of a peer's messages in this run.
    pub(super) fn topic_of(&self, system: System) -> String {
        format!("{}.{system}-{}", self.setup.kafka.namespace, self.round)
    }

    /// The version of the journey that is the job: it stands in each message.
    pub(super) fn version(&self) -> &str {
        self.setup.plan.journeys.first().map_or("", |journey| &journey.version)
    }

    /// The broker's process.
    pub(super) fn broker_process(&self) -> Result<Process, Error> {
        let ended = || Error::Config("the broker has ended".into());
        self.broker.pid().map(Process::Id).ok_or_else(ended)
    }
}

/// Fewer events of the same kind, in topics of their own; Cartwheel goes over them once, so that the broker has compiled what it will run.
fn warm_up(
    flags: &Common,
    binary: &Path,
    work: &Path,
    changes: &Changes,
) -> Result<Option<Setup>, Error> {
    let events = flags.warm_up.min(flags.events);
    if events == 0 {
        return Ok(None);
    }
    let events = flags.stream().shortened(events);
    let setup = prepare(&flags.config_dir, &events, &work.join("warm-up"), changes)?;
    let log = work.join("warm-up.log");
    run_engine("warming the broker up", &setup, binary, &log, flags.partitions)?;
    Ok(Some(setup))
}
