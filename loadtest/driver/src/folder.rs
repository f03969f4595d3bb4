//! The temporary folder in which a command works.

use crate::Error;
use std::path::Path;
use tempfile::TempDir;

/// Works in a temporary folder that has the command's name in its own. It goes behind that, unless it is to be kept: then where it is is told.
pub(crate) fn in_folder<T>(
    command: &str,
    keep: bool,
    work: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<T, Error> {
    let folder = tempfile::Builder::new()
        .prefix(&format!("cartwheel-{command}-"))
        .tempdir()
        .map_err(Error::io("temporary directory"))?;
    let outcome = work(folder.path());
    if keep {
        eprintln!("kept: {}", TempDir::keep(folder).display());
    }
    outcome
}
