//! `loadtest`: see the library.

use cartwheel_loadtest::flags::{Command, Flags, Output};
use cartwheel_loadtest::progress::begin;
use cartwheel_loadtest::report::{Report, Verification};
use cartwheel_loadtest::run::{self, options};
use cartwheel_loadtest::setup::{self, Setup};
use cartwheel_loadtest::{
    Error, alone, consume, engine, flat, hand_over, latency, peers, produce, recovery, secure,
    storm, timers,
};
use clap::Parser;
use serde::Serialize;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;
use std::sync::Arc;

/// The engine's allocator, so that what is measured in this process is what runs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lets mimalloc take huge pages, as the engine does (`cli/src/memory.rs`).
const HUGE_PAGES: &str = "MIMALLOC_ALLOW_LARGE_OS_PAGES";

/// Begins again with memory in huge pages: mimalloc asks before `main`. Whoever has said how it should be is not contradicted.
fn in_huge_pages() {
    let mut words = std::env::args_os();
    if let (None, Some(name), Ok(own)) =
        (std::env::var_os(HUGE_PAGES), words.next(), std::env::current_exe())
    {
        // Comes back only where that is impossible: then figures are of small pages.
        let error =
            std::process::Command::new(own).arg0(name).args(words).env(HUGE_PAGES, "1").exec();
        eprintln!("loadtest: memory in small pages: {error}");
    }
}

fn main() -> ExitCode {
    in_huge_pages();
    let flags = Flags::parse();
    let outcome = match &flags.command {
        Command::Run(run) => run::run(run).and_then(|report| finish(flags.output, &report)),
        Command::Engine(engine) => alone(engine).and_then(|report| finish(flags.output, &report)),
        Command::HandOver(hand_over) => {
            tell(flags.output, hand_over::run(hand_over), hand_over::Report::text)
        }
        Command::Latency(latency) => time(flags.output, latency),
        Command::Secure(secure) => tell(flags.output, secure::run(secure), secure::Report::text),
        Command::Produce(produce) => write(flags.output, produce),
        Command::Peers(peers) => compare(flags.output, peers),
        Command::SmallestHeap(heap) => peers::smallest_heap(heap).map(|text| println!("{text}")),
        Command::Storm(storm) => tell(flags.output, storm::run(storm), storm::Report::text),
        Command::Timers(timers) => tell(flags.output, timers::run(timers), timers::Report::text),
        Command::Recovery(recovery) => {
            tell(flags.output, recovery::run(recovery), recovery::Report::text)
        }
        Command::Flat(flat) => tell(flags.output, flat::run(flat), flat::Report::text),
        Command::FlatStep(step) => flat::step::run(step)
            .map(|measured| println!("{}", serde_json::to_string(&measured).unwrap_or_default())),
        Command::Consume(consume) => read(consume),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loadtest: {error}");
            ExitCode::from(error.status())
        }
    }
}

/// Prints the report; a difference from the reference is a failure.
fn finish(output: Output, report: &Report) -> Result<(), Error> {
    match output {
        Output::Text => print!("{}", report.text()),
        Output::Json => println!("{}", report.json()),
    }
    same(report.verification.as_ref())
}

fn alone(flags: &cartwheel_loadtest::flags::Engine) -> Result<Report, Error> {
    let plan = Arc::new(setup::plan(&flags.config.config_dir)?);
    alone::run(
        &plan,
        &options(&flags.events, engine::wall()),
        flags.shards,
        flags.batch as usize,
        flags.expected_customers(),
    )
}

/// Prints the table; the first difference from the reference is a failure.
fn compare(output: Output, flags: &peers::flags::Peers) -> Result<(), Error> {
    let comparison = peers::run(flags)?;
    match output {
        Output::Text => print!("{}", comparison.text()),
        Output::Json => println!("{}", serde_json::to_string(&comparison).unwrap_or_default()),
    }
    match comparison.difference() {
        Some(difference) => Err(Error::Differs(difference)),
        None => Ok(()),
    }
}

/// Prints what was measured, as `text` or as it is.
fn tell<R: Serialize>(
    output: Output,
    measured: Result<R, Error>,
    text: impl Fn(&R) -> String,
) -> Result<(), Error> {
    let report = measured?;
    match output {
        Output::Text => print!("{}", text(&report)),
        Output::Json => println!("{}", serde_json::to_string(&report).unwrap_or_default()),
    }
    Ok(())
}

/// Prints the report; messages that did not come, or that differ from the reference, are a failure.
fn time(output: Output, flags: &latency::flags::Latency) -> Result<(), Error> {
    let report = latency::run(flags)?;
    tell(output, Ok(&report), |report| report.text())?;
    match report.void.clone() {
        Some(void) => Err(Error::Void(void)),
        None => same(report.verification.as_ref()),
    }
}

/// A difference from the reference is a failure.
fn same(verification: Option<&Verification>) -> Result<(), Error> {
    match verification.and_then(|verification| verification.difference.clone()) {
        Some(difference) => Err(Error::Differs(difference)),
        None => Ok(()),
    }
}

fn write(output: Output, flags: &cartwheel_loadtest::flags::Produce) -> Result<(), Error> {
    let bar = begin("writing events", flags.events.events);
    let written = produce::produce(
        &flags.bootstrap,
        &flags.topic,
        &options(&flags.events, engine::wall()),
        &bar,
    )?;
    match output {
        Output::Text => {
            println!("{} events, {} bytes, {:.1} s", written.events, written.bytes, written.seconds)
        }
        Output::Json => {
            println!(
                "{}",
                serde_json::json!({ "events": written.events, "bytes": written.bytes, "seconds": written.seconds })
            );
        }
    }
    Ok(())
}

fn read(flags: &cartwheel_loadtest::flags::Consume) -> Result<(), Error> {
    let row = consume::consume(&Setup::read(&flags.setup)?, flags.decode)?;
    println!("{}", serde_json::to_string(&row).unwrap_or_default());
    Ok(())
}
