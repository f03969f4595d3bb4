//! `loadtest`: see the library.

use cartwheel_loadtest::flags::{Command, Flags, Output};
use cartwheel_loadtest::progress::begin;
use cartwheel_loadtest::report::{Report, Verification};
use cartwheel_loadtest::run::{self, options};
use cartwheel_loadtest::setup::{self, Setup};
use cartwheel_loadtest::{
    Error, alone, consume, engine, hand_over, latency, peers, produce, secure,
};
use clap::Parser;
use std::process::ExitCode;
use std::sync::Arc;

/// The engine's allocator, so that what is measured in this process is what runs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let flags = Flags::parse();
    let outcome = match &flags.command {
        Command::Run(run) => run::run(run).and_then(|report| finish(flags.output, &report)),
        Command::Engine(engine) => alone(engine).and_then(|report| finish(flags.output, &report)),
        Command::HandOver(hand_over) => measure(flags.output, hand_over),
        Command::Latency(latency) => time(flags.output, latency),
        Command::Secure(secure) => protect(flags.output, secure),
        Command::Produce(produce) => write(flags.output, produce),
        Command::Peers(peers) => compare(flags.output, peers),
        Command::SmallestHeap(heap) => peers::smallest_heap(heap).map(|text| println!("{text}")),
        Command::Consume(consume) => read(consume),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loadtest: {error}");
            let wrong = matches!(error, Error::Differs(_) | Error::Void(_));
            ExitCode::from(if wrong { 65 } else { 69 })
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

fn measure(output: Output, flags: &cartwheel_loadtest::flags::HandOver) -> Result<(), Error> {
    let report = hand_over::run(flags)?;
    match output {
        Output::Text => print!("{}", report.text()),
        Output::Json => println!("{}", serde_json::to_string(&report).unwrap_or_default()),
    }
    Ok(())
}

/// Prints the report; messages that did not come, or that differ from the reference, are a failure.
fn time(output: Output, flags: &latency::flags::Latency) -> Result<(), Error> {
    let report = latency::run(flags)?;
    match output {
        Output::Text => print!("{}", report.text()),
        Output::Json => println!("{}", serde_json::to_string(&report).unwrap_or_default()),
    }
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

fn protect(output: Output, flags: &cartwheel_loadtest::flags::Secure) -> Result<(), Error> {
    let report = secure::run(flags)?;
    match output {
        Output::Text => print!("{}", report.text()),
        Output::Json => println!("{}", serde_json::to_string(&report).unwrap_or_default()),
    }
    Ok(())
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
