//! `loadtest hand-over`: two engines share the partitions of a topic; how long none of them decides for a partition when one is killed and started
//! again, and when one is stopped for good.

use crate::engine::{binary, wall};
use crate::flags::{Events, HandOver};
use crate::pair::Pair;
use crate::run::prepare;
use crate::setup::{Changes, Setup};
use crate::{Error, produce};
use cartwheel_broker::{Broker, Options as BrokerOptions};
use std::time::Instant;

/// What was measured; times are those between the signal and the last partition that is led and replayed again, for each round.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// `kill -9` and at once a start on the same data directory.
    pub killed_ms: Vec<u128>,
    /// SIGTERM, beside another engine.
    pub stopped_ms: Vec<u128>,
}

impl Report {
    /// As lines for people.
    pub fn text(&self) -> String {
        let row = |what: &str, times: &[u128]| {
            let times: Vec<_> = times.iter().map(u128::to_string).collect();
            format!("{what}: {} ms\n", times.join(", "))
        };
        row("kill -9 and start again", &self.killed_ms)
            + &row("SIGTERM beside another engine", &self.stopped_ms)
    }
}

/// Measures.
pub fn run(flags: &HandOver) -> Result<Report, Error> {
    let binary = binary(flags.cartwheel.engine.as_deref())?;
    let work = tempfile::Builder::new()
        .prefix("cartwheel-hand-over-")
        .tempdir()
        .map_err(Error::io("temporary directory"))?;
    eprintln!("starting a broker");
    let broker = Broker::start(BrokerOptions::default())?;
    let changes = Changes {
        bootstrap: broker.bootstrap(),
        namespace: format!("hand-over-{}", wall()),
        partitions: flags.partitions,
        expected_customers: 0,
    };
    let events: &Events = &flags.events;
    let one =
        prepare(&flags.cartwheel.config.config_dir, events, &work.path().join("one"), &changes)?;
    let other =
        Setup::write(&flags.cartwheel.config.config_dir, &work.path().join("other"), &changes)?;

    let pair = Pair { binary: &binary, work: work.path(), partitions: flags.partitions };
    let mut first = pair.start(&one, "one")?;
    pair.until(&[&one], "the first engine has every partition")?;
    let mut second = pair.start(&other, "other")?;
    pair.until_shared(&one, &other)?;
    let mut report = Report { killed_ms: Vec::new(), stopped_ms: Vec::new() };
    for _ in 0..flags.rounds {
        // So that something has to be replayed.
        produce::produce(
            &changes.bootstrap,
            &one.kafka.topics().events,
            &crate::run::options(events, wall()),
            &indicatif::ProgressBar::hidden(),
        )?;
        let begun = Instant::now();
        drop(second);
        second = pair.start(&other, "other")?;
        pair.until(&[&one, &other], "the killed engine has its partitions again")?;
        report.killed_ms.push(begun.elapsed().as_millis());

        let begun = Instant::now();
        let stopping = std::thread::spawn(move || first.stop());
        pair.until(&[&other], "the other engine has every partition")?;
        report.stopped_ms.push(begun.elapsed().as_millis());
        stopping.join().map_err(|_| Error::Config("stopping an engine panicked".into()))??;
        first = pair.start(&one, "one")?;
        pair.until_shared(&one, &other)?;
    }
    Ok(report)
}
