//! `cartwheel man DIR`.

use crate::failure::Failure;
use crate::flags::Flags;
use clap::CommandFactory;
use std::io::Error;
use std::path::Path;

/// Writes one page a command into `dir`.
pub fn run(dir: &Path) -> Result<(), Failure> {
    let named = |error: Error| Error::new(error.kind(), format!("{}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(named)?;
    Ok(clap_mangen::generate_to(Flags::command(), dir).map_err(named)?)
}
