//! A peer as a process: a Java machine that runs one job.

use super::figures::Figures;
use super::messages::Check;
use super::stage::Stage;
use super::system::System;
use super::watch::Watch;
use crate::Error;
use crate::progress::begin;
use crate::run::{ASK, FOR_EVER};
use crate::running::Running;
use crate::sends::each;
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Cleanup, Offsets, TopicSpec};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// Between two questions for the end of the messages.
const QUESTION: Duration = Duration::from_millis(100);
/// A peer that sends nothing for so long stands still. Generous: it includes the start and the warm-up.
const PATIENCE: Duration = Duration::from_secs(180);
/// What Flink reaches into since Java has modules.
const OPENED: [&str; 8] = [
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
];

/// Runs the job on a peer with so much heap, over the events of the stage.
pub(super) fn run(stage: &Stage<'_>, system: System, heap: &str) -> Result<Figures, Error> {
    let (module, main, choice) =
        system.peer().ok_or_else(|| Error::Config(format!("{system} is none of the peers")))?;
    let messages = stage.topic_of(system);
    let warm_messages = format!("{messages}-warm-up");
    let spec = |name: &str, log_append_time| TopicSpec {
        name: name.to_owned(),
        partitions: stage.flags.partitions,
        replication: 1,
        cleanup: Cleanup::Delete(FOR_EVER),
        log_append_time,
    };
    // By the broker's time we know when a message was there.
    stage.admin.ensure(&[spec(&messages, true), spec(&warm_messages, false)], true)?;
    let mut command = java(&stage.jars.join(module), main, heap);
    let dir = stage.work.join(format!("{system}-{}", stage.round));
    let topics = stage.setup.kafka.topics();
    command
        .args(["--bootstrap", &stage.setup.kafka.bootstrap, "--events", &topics.events])
        .args(["--out", &messages, "--partitions", &stage.flags.partitions.to_string()])
        .args(["--version", stage.version()])
        .arg("--dir")
        .arg(&dir)
        .args(choice);
    if let Some(warm) = &stage.warm {
        command.args(["--warm-up", &warm.kafka.topics().events, "--warm-up-out", &warm_messages]);
    }
    let log = stage.work.join(format!("{system}-{}.log", stage.round));
    let figures =
        measure(stage, system, Running::start(command, &format!("{system}"), &log)?, &messages);
    // What a peer keeps in the broker has a name that begins so.
    for topic in stage.admin.names(&messages)? {
        stage.admin.delete(&topic)?;
    }
    if dir.exists() && !stage.flags.keep {
        std::fs::remove_dir_all(&dir).map_err(Error::io(dir.display().to_string()))?;
    }
    figures
}

fn java(module: &Path, main: &str, heap: &str) -> Command {
    let mut command = Command::new("java");
    command
        .args([format!("-Xms{heap}"), format!("-Xmx{heap}")])
        .args(["-XX:+UseParallelGC", "-XX:+ExitOnOutOfMemoryError"]);
    for package in OPENED {
        command.args(["--add-opens".to_owned(), format!("{package}=ALL-UNNAMED")]);
    }
    command.arg("-cp").arg(format!("{0}/*:{0}/lib/*", module.display())).arg(main);
    command
}

/// Watches it from its first event to its last message, stops it, and compares.
fn measure(
    stage: &Stage<'_>,
    system: System,
    mut peer: Running,
    messages: &str,
) -> Result<Figures, Error> {
    let from = began(&mut peer)?;
    peer.process().reset_peak()?;
    let (own, broker) = (Watch::begin(peer.process())?, Watch::begin(stage.broker_process()?)?);
    let stands_still = wait(stage, system, &mut peer, messages)?;
    let peak_rss = peer.process().peak_rss()?;
    let ((own, written), (broker, broker_written)) = (own.end(), broker.end());
    peer.stop()?;
    let mut check = stage.expected.check();
    let (until, differs) = compare(stage, messages, &mut check)?;
    let outcome = match stands_still.or(differs) {
        Some(difference) => Err(difference),
        None => check.finish(),
    };
    Ok(Figures {
        system,
        events: stage.events,
        messages: outcome.as_ref().ok().copied(),
        difference: outcome.err(),
        seconds: (until - from) as f64 / 1_000.0,
        cpu_seconds: own.cpu_between(from, until),
        broker_cpu_seconds: broker.cpu_between(from, until),
        peak_rss,
        written,
        broker_written,
    })
}

/// When its first event came, by its own word; epoch milliseconds.
fn began(peer: &mut Running) -> Result<Millis, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let log = peer.log()?;
        // A line is whole when its end is there.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        if let Some(at) = whole.lines().find_map(|line| line.strip_prefix("began ")) {
            return at
                .parse()
                .map_err(|_| peer.failed(&format!("began at {at}, which is no time")));
        }
        peer.check_alive()?;
        if Instant::now() > deadline {
            return Err(peer.failed("does not begin"));
        }
        std::thread::sleep(LOOK);
    }
}

/// Waits until as many messages are there as are expected. If none comes any more, the answer says so.
fn wait(
    stage: &Stage<'_>,
    system: System,
    peer: &mut Running,
    messages: &str,
) -> Result<Option<String>, Error> {
    let offsets = Offsets::new(&stage.setup.kafka)?;
    let bar = begin(&format!("{system}: messages"), stage.expected.count());
    let (mut there, mut moved) = (0, Instant::now());
    while there < stage.expected.count() {
        peer.check_alive()?;
        let mut now = 0;
        for partition in 0..stage.flags.partitions {
            now += u64::try_from(offsets.end(messages, partition, ASK)?).unwrap_or(0);
        }
        if now > there {
            (there, moved) = (now, Instant::now());
            bar.set_position(there);
        }
        if moved.elapsed() > PATIENCE {
            let all = stage.expected.count();
            return Ok(Some(format!("{system} stands still at {there} of {all} messages")));
        }
        std::thread::sleep(QUESTION);
    }
    bar.finish_and_clear();
    Ok(None)
}

/// When the last message was there, and the first difference.
fn compare(
    stage: &Stage<'_>,
    messages: &str,
    check: &mut Check<'_>,
) -> Result<(Millis, Option<String>), Error> {
    let (mut until, mut difference) = (Millis::MIN, None);
    for partition in 0..stage.flags.partitions {
        each(&stage.setup.kafka, messages, partition, |record| {
            until = until.max(record.timestamp_ms());
            let (partition, offset) = (record.partition(), record.offset());
            let found = check
                .take(record.value().unwrap_or_default())
                .map_err(|why| Error::BadRecord { partition, offset, why })?;
            difference = difference.take().or(found);
            Ok(())
        })?;
    }
    Ok((until, difference))
}
