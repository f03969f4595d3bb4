//! `loadtest run`: the broker warmed up, then one topic, three rows, one comparison.

use crate::engine::{CaughtUp, Engine, Samples, binary, wall};
use crate::flags::{Events, Run};
use crate::folder::in_folder;
use crate::progress::begin;
use crate::report::{Report, Row, Verification, thousands};
use crate::sends::{self, Log};
use crate::setup::{Changes, Setup};
use crate::{Error, consume, produce, verify};
use cartwheel_broker::{Broker, Options as BrokerOptions};
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Admin, Offsets, TopicSpec};
use cartwheel_workload::{Options, Profile};
use std::path::Path;
use std::time::Duration;

/// How long the broker may take to answer a question.
pub(crate) const ASK: Duration = Duration::from_secs(30);
/// `retention.ms`: for ever. The events' times are in the past, and must not make the broker delete them.
pub(crate) const FOR_EVER: Option<i64> = Some(-1);

/// The stream of these flags, ending at `now`.
pub fn options(events: &Events, now: Millis) -> Options {
    let span = u64::try_from(events.span.millis()).unwrap_or(0).max(1);
    let (rate, every) = match events.profile.0 {
        Profile::Shop => {
            let rate = (u128::from(events.events) * 1_000).div_ceil(u128::from(span));
            (u64::try_from(rate).unwrap_or(u64::MAX).max(1), 1_000)
        }
        // A small one, too, lasts as long as it should: what its journey waits for must come.
        Profile::Peers => (events.events.max(1), span),
    };
    let lasts = u128::from(events.events) * u128::from(every) / u128::from(rate);
    let start = now.saturating_sub(Millis::try_from(lasts).unwrap_or(Millis::MAX));
    Options {
        seed: events.seed,
        events: events.events,
        customers: events.customers,
        skew: events.skew,
        profile: events.profile.0,
        start,
        rate,
        every,
        sends: events.sends,
    }
}

/// Does it all. [`Error::Differs`] is not returned but stands in the report.
pub fn run(flags: &Run) -> Result<Report, Error> {
    let binary = binary(flags.cartwheel.engine.as_deref())?;
    in_folder("load", flags.keep, |work| run_in(flags, &binary, work))
}

fn run_in(flags: &Run, binary: &Path, work: &Path) -> Result<Report, Error> {
    let (_broker, bootstrap) = match &flags.bootstrap {
        Some(bootstrap) => (None, bootstrap.clone()),
        None => {
            eprintln!("starting a broker");
            let broker = Broker::start(BrokerOptions {
                dir: flags.keep.then(|| work.join("broker")),
                ..BrokerOptions::default()
            })?;
            let bootstrap = broker.bootstrap();
            (Some(broker), bootstrap)
        }
    };
    let namespace = format!("load-{}", wall());
    let changes = Changes {
        bootstrap,
        namespace: format!("{namespace}-warm-up"),
        partitions: flags.partitions,
        expected_customers: flags.expected_customers(),
    };
    warm_up(flags, binary, &work.join("warm-up"), &changes)?;
    let setup = prepare(
        &flags.cartwheel.config.config_dir,
        &flags.events,
        &work.join("config"),
        &Changes { namespace, ..changes },
    )?;

    let mut rows = Vec::new();
    for (what, decode) in [("consume and discard", false), ("consume and decode", true)] {
        begin(what, 0).finish_and_clear();
        rows.push(consume::consume_elsewhere(&setup, decode)?);
    }
    let (row, logs) = full_engine(&setup, binary, work, flags.partitions)?;
    rows.push(row);
    let verification =
        if flags.verify { Some(compare(&setup, &logs, flags.events.events)?) } else { None };
    Ok(Report::new(rows, logs.iter().map(Log::commands).sum(), verification)
        .note(warmed(flags.warm_up()))
        .note(expected(flags.expected_customers())))
}

/// Runs the engine over events of its own topics, in the folder `dir`, and throws away what came of it: by then the broker's Java machine
/// has compiled most of what the measured rows ask of it, and takes less of the processors from them.
fn warm_up(flags: &Run, binary: &Path, dir: &Path, changes: &Changes) -> Result<(), Error> {
    let events = flags.events.shortened(flags.warm_up());
    if events.events == 0 {
        return Ok(());
    }
    eprintln!("warming the broker up");
    let setup = prepare(&flags.cartwheel.config.config_dir, &events, dir, changes)?;
    run_engine(
        "warming up: full engine",
        &setup,
        binary,
        &dir.join("engine.log"),
        changes.partitions,
    )?;
    Ok(())
}

fn warmed(events: u64) -> String {
    match events {
        0 => "the broker was not warmed up".into(),
        _ => format!(
            "before the rows the broker was warmed up: the full engine read {} other events",
            thousands(events)
        ),
    }
}

/// What the engine did about its memory before the row.
pub fn expected(customers: u32) -> String {
    match customers {
        0 => "memory was taken as customers came".into(),
        _ => format!(
            "the memory for {} customers was taken before the first event",
            thousands(customers.into())
        ),
    }
}

/// Writes a configuration into the folder `dir`, makes its topics and fills them with these events.
pub(crate) fn prepare(
    base: &Path,
    events: &Events,
    dir: &Path,
    changes: &Changes,
) -> Result<Setup, Error> {
    let setup = Setup::write(base, dir, changes)?;
    Admin::new(&setup.kafka, ASK)?
        .ensure(&TopicSpec::all(&setup.kafka, changes.partitions, 1, FOR_EVER), true)?;
    write(&setup, &options(events, wall()))?;
    Ok(setup)
}

/// The topics of a setup. Records of those that are named carry the broker's time: it says when the broker has appended them.
pub(crate) fn timed(setup: &Setup, partitions: i32, named: &[&str]) -> [TopicSpec; 5] {
    TopicSpec::all(&setup.kafka, partitions, 1, FOR_EVER).map(|topic| {
        let log_append_time = named.contains(&topic.name.as_str());
        TopicSpec { log_append_time, ..topic }
    })
}

/// Makes the topics of a setup. The broker says when it has appended a record of the sends topic.
pub(crate) fn make_topics(setup: &Setup, partitions: i32) -> Result<(), Error> {
    let topics = timed(setup, partitions, &[&setup.kafka.topics().sends]);
    Admin::new(&setup.kafka, ASK)?.ensure(&topics, true)?;
    Ok(())
}

pub(crate) fn write(setup: &Setup, options: &Options) -> Result<(), Error> {
    let topic = setup.kafka.topics().events;
    let bar = begin("writing events", options.events);
    let written = produce::produce(&setup.kafka.bootstrap, &topic, options, &bar)?;
    let rate = written.events as f64 / written.seconds.max(1e-9);
    eprintln!(
        "wrote {} events of {} bytes on average, {rate:.0} a second",
        written.events,
        written.bytes / written.events.max(1)
    );
    Ok(())
}

/// What was seen of an engine that has applied a whole topic.
pub(crate) struct Ran {
    /// The first and the end offset of each partition.
    pub(crate) ends: Vec<(i64, i64)>,
    pub(crate) events: u64,
    pub(crate) caught_up: CaughtUp,
    pub(crate) samples: Samples,
    pub(crate) written: u64,
}

/// Runs the engine from its start until it has applied the events topic, and stops it.
pub(crate) fn run_engine(
    what: &str,
    setup: &Setup,
    binary: &Path,
    log: &Path,
    partitions: i32,
) -> Result<Ran, Error> {
    let ends = present_ends(setup, partitions)?;
    let events = ends.iter().map(|(begin, end)| u64::try_from(end - begin).unwrap_or(0)).sum();
    let bar = begin(what, events);
    let mut engine = Engine::start(binary, setup, log)?;
    let caught_up = engine.wait(setup, &ends, &bar)?;
    let samples = engine.samples();
    let written = engine.stop()?;
    Ok(Ran { ends, events, caught_up, samples, written })
}

/// The first and the present end offset of each partition of the events.
pub(crate) fn ends(
    offsets: &Offsets,
    setup: &Setup,
    partitions: i32,
) -> Result<Vec<(i64, i64)>, Error> {
    let topic = setup.kafka.topics().events;
    Ok((0..partitions)
        .map(|partition| offsets.range(&topic, partition, ASK))
        .collect::<Result<_, _>>()?)
}

/// The same, asked by a client that is made for it.
pub(crate) fn present_ends(setup: &Setup, partitions: i32) -> Result<Vec<(i64, i64)>, Error> {
    ends(&Offsets::new(&setup.kafka)?, setup, partitions)
}

/// What the engine decided, a log a partition.
pub(crate) fn decided(setup: &Setup, partitions: i32) -> Result<Vec<Log>, Error> {
    let bar = begin("reading the sends topic", partitions.unsigned_abs().into());
    let logs = (0..partitions)
        .map(|partition| sends::read(&setup.kafka, partition))
        .collect::<Result<Vec<_>, _>>()?;
    bar.finish_and_clear();
    Ok(logs)
}

/// The row of the engine, and what it decided.
pub(crate) fn full_engine(
    setup: &Setup,
    binary: &Path,
    work: &Path,
    partitions: i32,
) -> Result<(Row, Vec<Log>), Error> {
    let ran = run_engine("full engine", setup, binary, &work.join("engine.log"), partitions)?;
    let logs = decided(setup, partitions)?;
    let (from, until) = span_of(&logs, &ran.ends, ran.caught_up)?;
    let row = Row {
        name: "full engine".into(),
        events: ran.events,
        seconds: (until - from) as f64 / 1_000.0,
        cpu_seconds: ran.samples.cpu_between(from, until),
        peak_rss: ran.caught_up.peak_rss,
        written: Some(ran.written),
        lag: ran.caught_up.lag,
    };
    Ok((row, logs))
}

/// From the first owner's first record, which it writes before it reads an event, to the record that says that the last partition has been
/// applied to its end. A partition whose last events decided nothing has no such record in time: then the moment counts at which the
/// engine said so itself.
pub(crate) fn span_of(
    logs: &[Log],
    ends: &[(i64, i64)],
    caught_up: CaughtUp,
) -> Result<(Millis, Millis), Error> {
    let from = logs.iter().filter_map(Log::began).min();
    let reached = logs
        .iter()
        .zip(ends)
        .map(|(log, (_, end))| log.reached(*end).map_or(caught_up.at, |at| at.min(caught_up.at)))
        .max();
    from.zip(reached).ok_or_else(|| Error::Config("the engine has written no turn record".into()))
}

/// Re-executes all partitions, a thread each.
pub(crate) fn compare(setup: &Setup, logs: &[Log], events: u64) -> Result<Verification, Error> {
    let bar = begin("comparing with the reference", events);
    let outcomes: Vec<Result<u64, Error>> = std::thread::scope(|scope| {
        let check = |(partition, log)| {
            let bar = &bar;
            scope.spawn(move || verify::partition(&setup.kafka, &setup.plan, partition, log, bar))
        };
        let threads: Vec<_> = (0i32..).zip(logs).map(check).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    bar.finish_and_clear();
    let mut equal = 0;
    for outcome in outcomes {
        match outcome {
            Ok(commands) => equal += commands,
            Err(Error::Differs(difference)) => {
                return Ok(Verification { equal_commands: None, difference: Some(difference) });
            }
            Err(other) => return Err(other),
        }
    }
    Ok(Verification { equal_commands: Some(equal), difference: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Stream;
    use cartwheel_core::sends::{Mode, Turn};
    use cartwheel_core::time::{DAY, Span};
    use cartwheel_workload::{Skew, Workload};

    #[test]
    fn the_stream_ends_now() {
        let now = 1_772_445_600_000;
        for (events, span) in [(5_000_000, DAY), (1_000, DAY), (3_000, 1_000)] {
            let flags = Events {
                profile: Stream(Profile::Shop),
                events,
                customers: 10,
                skew: Skew::Uniform,
                seed: 1,
                span: Span(span),
                sends: 0.01,
            };
            let options = options(&flags, now);
            assert!(options.start >= now - span - 1_000, "{events} in {span}");
            if events < 10_000 {
                let last = Workload::new(options).unwrap().last().unwrap();
                assert!(
                    (now - 2_000..=now).contains(&last.time),
                    "{events} in {span}: {}",
                    now - last.time
                );
            }
        }
    }

    fn log(turns: &[(i64, Millis)]) -> Log {
        let turn = |next_offset| Turn {
            next_offset,
            now: 0,
            mode: Mode::Live,
            config: String::new(),
            semantics: 1,
            fired: 0,
            walked: 0,
            follow: 0,
            skipped: Vec::new(),
            clamped: Vec::new(),
            partitioner: None,
            measured: cartwheel_core::sends::Measured::default(),
            chain: String::new(),
        };
        let accepted = |(next, at): &(i64, Millis)| sends::AcceptedTurn {
            offset: 0,
            at: *at,
            turn: turn(*next),
            commands: Vec::new(),
            have: 0,
        };
        Log { turns: turns.iter().map(accepted).collect(), rejected: 0 }
    }

    #[test]
    fn the_span_runs_from_the_first_record_to_the_last_partition_done() {
        let seen = CaughtUp { at: 900, peak_rss: 0, lag: 0 };
        let both = [log(&[(0, 100), (7, 300), (10, 400), (10, 950)]), log(&[(0, 120), (20, 500)])];
        assert_eq!(span_of(&both, &[(0, 10), (0, 20)], seen).unwrap(), (100, 500));
        let quiet = [log(&[(0, 100), (7, 300), (10, 2_000)]), log(&[(0, 120), (20, 500)])];
        assert_eq!(span_of(&quiet, &[(0, 10), (0, 20)], seen).unwrap(), (100, 900));
        assert!(span_of(&[log(&[])], &[(0, 0)], seen).is_err());
    }
}
