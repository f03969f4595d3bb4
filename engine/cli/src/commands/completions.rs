//! `cartwheel completions SHELL`.

use crate::failure::Failure;
use crate::flags::Flags;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// Prints the completion script.
pub fn run(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Flags::command(), "cartwheel", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}
