//! The binary `cartwheel`: the only place that wires concrete parts.
//!
//! Read it from here downwards: [`flags`] say what was asked, [`commands`] do it with the [`settings`] of a folder,
//! [`wire`] makes running parts of the settings, [`failure`] turns what went wrong into a report and an exit code.
//! [`mod@reference`] is the manual of the language. [`preview`] is a message for somebody who is made up. [`shop`] makes a
//! folder of what is [`shipped`]. [`streams`] writes what every partition gets, [`past`] what facts have not seen. [`show`] is what people see of a running
//! engine, [`known`] what it goes by; [`traces`] reads the tests that stand beside journeys, [`covered`] says what they leave out; [`demo`] plays a
//! whole shop in one process.

mod answers;
mod commands;
mod coupons;
mod covered;
mod demo;
mod edits;
mod failure;
mod files;
mod flags;
mod journeys;
mod known;
mod letters;
mod memory;
mod messages;
mod partition;
mod past;
mod preview;
mod reference;
mod reported;
mod settings;
mod shipped;
mod shop;
mod show;
mod sms;
mod streams;
mod templates;
mod traces;
mod unrouted;
mod wire;

use clap::Parser;
use failure::{EXIT_USAGE, Failure};
use flags::Flags;
use std::process::ExitCode;

fn main() -> ExitCode {
    let flags = match Flags::try_parse() {
        Ok(flags) => flags,
        Err(told) => return answer_instead(&told),
    };
    match commands::run(&flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure, &flags),
    }
}

/// Help and version are answers; anything else that clap says is a wrong use.
fn answer_instead(told: &clap::Error) -> ExitCode {
    // A closed pipe is the reader's wish.
    let _ = told.print();
    if told.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS }
}

fn report(failure: &Failure, flags: &Flags) -> ExitCode {
    if failure.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    failure.print(flags.output);
    ExitCode::from(failure.code())
}
