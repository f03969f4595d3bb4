//! Cartwheel beside its peers: on the same topic of events, with new topics for what it writes.

use super::figures::Figures;
use super::stage::Stage;
use super::system::System;
use super::watch::Watch;
use crate::Error;
use crate::run::{FOR_EVER, run_engine, span_of};
use crate::sends::read_commands;
use cartwheel_kafka::TopicSpec;

/// Runs the job, over the events of the stage.
pub(super) fn run(stage: &Stage<'_>) -> Result<Figures, Error> {
    forget(stage)?;
    let (setup, partitions) = (&stage.setup, stage.flags.partitions);
    let broker = Watch::begin(stage.broker_process()?)?;
    let log = stage.work.join(format!("cartwheel-{}.log", stage.round));
    let ran = run_engine("cartwheel: events", setup, &stage.binary, &log, partitions)?;
    let (broker, broker_written) = broker.end();
    let (mut check, mut differs, mut logs) = (stage.expected.check(), None, Vec::new());
    for partition in 0..partitions {
        logs.push(read_commands(&setup.kafka, partition, |_, _, value| {
            let found = check.take(value)?;
            differs = differs.take().or(found);
            Ok(())
        })?);
    }
    let (from, until) = span_of(&logs, &ran.ends, ran.caught_up)?;
    let outcome = differs.map_or_else(|| check.finish(), Err);
    Ok(Figures {
        system: System::Cartwheel,
        events: ran.events,
        messages: outcome.as_ref().ok().copied(),
        difference: outcome.err(),
        seconds: (until - from) as f64 / 1_000.0,
        cpu_seconds: ran.samples.cpu_between(from, until),
        broker_cpu_seconds: broker.cpu_between(from, until),
        peak_rss: ran.caught_up.peak_rss,
        written: ran.written,
        broker_written,
    })
}

/// What a run before has decided and stored is gone; the events stay.
fn forget(stage: &Stage<'_>) -> Result<(), Error> {
    let setup = &stage.setup;
    let [_events, own @ ..] = TopicSpec::all(&setup.kafka, stage.flags.partitions, 1, FOR_EVER);
    for topic in &own {
        stage.admin.delete(&topic.name)?;
    }
    stage.admin.ensure(&own, true)?;
    let data = setup.dir.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data).map_err(Error::io(data.display().to_string()))?;
    }
    Ok(())
}
