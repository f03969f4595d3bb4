//! One file a command. A command is listed in [`Command`] once it does what its help says.

mod check;
mod completions;
mod config;
mod deliver;
mod man;
mod run;
mod test;

use crate::failure::Failure;
use crate::flags::{Command, Flags};
use crate::settings::Origins;
use std::path::Path;

/// Does what was asked.
pub fn run(flags: &Flags) -> Result<(), Failure> {
    match &flags.command {
        Command::Run(run) => run::run(flags, run),
        Command::Deliver => deliver::run(flags),
        Command::Check(check) => check::run(flags, check),
        Command::Test(test) => test::run(flags, test),
        Command::Config(command) => config::run(flags, command),
        Command::Completions { shell } => completions::run(*shell),
        Command::Man { dir } => man::run(dir),
    }
}

/// Where this process takes its configuration from, for the folder `dir`.
fn origins(flags: &Flags, dir: &Path) -> Origins {
    // A name or value that is not Unicode cannot be one of ours.
    let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Origins { dir: dir.to_owned(), env: env.collect(), flags: flags.overrides() }
}
