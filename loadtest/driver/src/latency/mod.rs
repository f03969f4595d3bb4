//! `loadtest latency`: how long it takes from an event to the message that it causes, at a steady rate, in an open loop.
//!
//! Events of a shop are written to a real broker, each at its time of a fixed schedule ([`schedule`], [`load`]), while one engine, a process of its own,
//! reads them and writes its checkpoints. Under `loadtest/latency` each sign-up with consent asks for a message at once and for one by a timer. Both topics
//! carry the broker's time of append, so that afterwards each message's latency is known from the topics alone ([`messages`], [`tally`]): from when its
//! event was *meant* to be written, so that a writer that is held up hides nothing.
//!
//! Before that, events are written as fast as the broker takes them: then the customers are known, the broker's Java machine has compiled what it runs, and it
//! is known what rate can be kept up with. What is measured besides: how late the driver was, checkpoints and lag as the engine tells them ([`mod@watch`]), and, if asked
//! for, what a second engine costs that joins and leaves ([`stage`]).

pub mod flags;
mod histogram;
mod load;
mod messages;
mod plot;
pub mod report;
mod schedule;
mod stage;
mod tally;
mod watch;

pub use histogram::Row;
pub use tally::Second;
pub use watch::Used;

use crate::Error;
use crate::engine::binary;
use crate::folder::in_folder;
use crate::progress::begin;
use crate::run::{compare, decided};
use flags::Latency;
use load::{Load, Paced};
use messages::{Faults, Message};
use plot::Curve;
use report::{Rebalance, Report};
use schedule::{Gap, Micros, SECOND, Schedule, Timeline};
use stage::Stage;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tally::{Latencies, Tally};
use watch::{Seen, watch};

/// The rest of the messages may take so long, once the engine has read all events, without one more coming.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at the messages.
const LOOK: Duration = Duration::from_secs(2);

/// Measures. [`Error::Void`] is not returned but stands in the report.
pub fn run(flags: &Latency) -> Result<Report, Error> {
    flags.check().map_err(Error::Config)?;
    let binary = binary(flags.engine.as_deref())?;
    let report = in_folder("latency", flags.keep, |work| run_in(flags, &binary, work))?;
    if let Some(dir) = &flags.plots {
        plot::write(dir, &report)?;
    }
    Ok(report)
}

fn run_in(flags: &Latency, binary: &Path, work: &Path) -> Result<Report, Error> {
    let mut stage = Stage::set(flags, binary, work)?;
    let kafka = stage.setup.kafka.clone();
    let mut load = Load::new(flags, &kafka.bootstrap, &kafka.topics().events)?;
    let filled_at = stage.fill(&mut load, flags.fill)?;
    let rate = flags.rate.unwrap_or(half(filled_at));
    flags.check_customers(rate).map_err(Error::Config)?;

    begin(&format!("writing {rate} events a second"), 0).finish_and_clear();
    let Measured { timeline, paced, seen } = measure(flags, &mut stage, &mut load, rate)?;
    stage.catch_up()?;
    begin("reading what came", 0).finish_and_clear();
    let messages = all_messages(flags, &stage, &load)?;
    let setup = stage.setup.clone();
    let faults = Faults::of(&messages, &load.sign_ups);
    let sign_ups = load.sign_ups.count();
    let appended =
        messages::sign_ups_appended(&setup, flags.partitions, load.sign_ups.customers())?;
    let tally = Tally::of(&timeline, &messages, &load.sign_ups, &appended);
    let verification = match flags.verify {
        true => {
            let events = flags.fill + rate * flags.paced_seconds();
            Some(compare(&setup, &decided(&setup, flags.partitions)?, events)?)
        }
        false => None,
    };
    stage.end()?;
    Ok(Report {
        seconds: flags.seconds,
        warm_up: flags.warm_up,
        customers: flags.customers,
        sign_ups,
        void: faults.void(sign_ups),
        rows: tally.usual.rows(),
        rebalance: rebalances(&timeline, &tally.gaps),
        checkpoints: seen.checkpoints.iter().map(|at| timeline.seconds(*at)).collect(),
        most_lag: seen.most_lag(&timeline.measured),
        by_second: tally.seconds,
        processors_used: seen.processors_used(&timeline.measured),
        verification,
        curves: curves(&tally.usual),
        ..Report::begin(rate, filled_at, paced.slip.row("events handed over late by"))
    })
}

/// Half of it, in round figures where it is large.
fn half(rate: f64) -> u64 {
    let half = (rate / 2.0) as u64;
    (half - half % if half >= 10_000 { 1_000 } else { 1 }).max(1)
}

struct Measured {
    timeline: Timeline,
    paced: Paced,
    seen: Seen,
}

/// Writes at the rate, looks on, and lets another engine come and go if one shall.
fn measure(
    flags: &Latency,
    stage: &mut Stage<'_>,
    load: &mut Load,
    rate: u64,
) -> Result<Measured, Error> {
    let (start, mut timeline) = stage::timeline(flags);
    let schedule = Schedule { start, rate };
    let events = rate * flags.paced_seconds();
    let (admins, processes) = (stage.admins(), stage.processes());
    let (abandon, over) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| load.pace(schedule, events, &abandon));
        let watcher = scope.spawn(|| watch(&admins, &processes, &over));
        let played = stage.play(&mut timeline, || writer.is_finished());
        abandon.store(played.is_err(), Ordering::Relaxed);
        let paced = writer.join();
        over.store(true, Ordering::Relaxed);
        let seen = watcher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let paced = paced.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        played?;
        Ok(Measured { timeline, paced: paced?, seen })
    })
}

/// The messages, when all have come, or when no more do.
fn all_messages(flags: &Latency, stage: &Stage<'_>, load: &Load) -> Result<Vec<Message>, Error> {
    let expected = 2 * load.sign_ups.count();
    let (mut most, mut since) = (0, Instant::now());
    loop {
        let messages = messages::read(&stage.setup, flags.partitions)?;
        if messages.len() > most {
            (most, since) = (messages.len(), Instant::now());
        }
        if most as u64 >= expected || since.elapsed() > PATIENCE {
            return Ok(messages);
        }
        std::thread::sleep(LOOK);
    }
}

fn rebalances(timeline: &Timeline, latencies: &[Latencies]) -> Vec<Rebalance> {
    let millis = |from: Micros, until: Micros| (until - from) as f64 * 1_000.0 / SECOND as f64;
    let told = |(gap, latencies): (&Gap, &Latencies)| Rebalance {
        what: gap.what.to_owned(),
        from_seconds: timeline.seconds(gap.from),
        until_seconds: timeline.seconds(gap.until),
        led_ms: millis(gap.from, gap.led),
        rows: latencies.rows(),
    };
    timeline.gaps.iter().zip(latencies).map(told).collect()
}

fn curves(latencies: &Latencies) -> Vec<Curve> {
    let curve = |(name, all): (&str, &histogram::Distribution)| Curve {
        name: name.trim().to_owned(),
        points: all.curve(),
    };
    latencies.named().map(curve).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_has_what_is_measured_and_holds_nobody_out() {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../latency");
        let plan = crate::setup::plan(&base).unwrap();
        for name in [messages::AT_ONCE, messages::BY_TIMER] {
            assert!(plan.number(name).is_some(), "{name}");
        }
        assert!(plan.journeys.iter().all(|journey| journey.holdout == 0));
    }

    #[test]
    fn half_of_a_rate_is_a_round_figure() {
        assert_eq!([0.0, 1_001.0, 555_555.5].map(half), [1, 500, 277_000]);
    }

    #[test]
    fn a_rebalance_is_told_in_the_time_of_the_run() {
        let gap = Gap {
            what: "a second engine joins",
            from: 3 * SECOND,
            led: 7 * SECOND / 2,
            until: 4 * SECOND,
        };
        let timeline = Timeline { measured: SECOND..9 * SECOND, gaps: vec![gap] };
        let told = rebalances(&timeline, &[Latencies::default()]);
        assert_eq!(
            (told[0].from_seconds, told[0].until_seconds, told[0].led_ms),
            (2.0, 3.0, 500.0)
        );
    }
}
