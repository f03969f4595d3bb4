//! `cartwheel man DIR`.

use crate::failure::Failure;
use crate::flags::Flags;
use clap::CommandFactory;
use std::path::Path;

/// Writes one page a command into `dir`.
pub fn run(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)?;
    Ok(clap_mangen::generate_to(Flags::command(), dir)?)
}
