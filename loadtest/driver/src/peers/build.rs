//! The peers' jars: built by Maven into the cache, never into the checkout.

use crate::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds what has changed in `sources`, and returns the folder that has a folder for each module, with its jar and, in `lib`, what it runs on.
pub(super) fn build(sources: &Path) -> Result<PathBuf, Error> {
    let built = cartwheel_broker::cache()?.join("peers");
    std::fs::create_dir_all(&built).map_err(Error::io(built.display().to_string()))?;
    eprintln!("building the peers");
    let output = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(sources.join("pom.xml"))
        .arg("package")
        .arg(format!("-Dcartwheel.build={}", built.display()))
        .output()
        .map_err(|error| Error::Maven(error.to_string()))?;
    if !output.status.success() {
        return Err(Error::Maven(String::from_utf8_lossy(&output.stdout).trim().to_owned()));
    }
    Ok(built)
}
