//! Kafka's jars: fetched once with Maven, then shared by every process.

use crate::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version of Apache Kafka that is started.
pub const VERSION: &str = "4.1.1";

const POM: &str = include_str!("../pom.xml");

/// The directory with the jars; fetches them if it is not there yet. It appears in one step (rename), so that processes
/// that fetch at the same time neither see half of it nor disturb each other.
pub fn fetch() -> Result<PathBuf, Error> {
    let home = cache()?.join(format!("kafka-{VERSION}"));
    let lib = home.join("lib");
    if lib.is_dir() {
        return Ok(lib);
    }
    std::fs::create_dir_all(&home).map_err(Error::io(home.display().to_string()))?;
    let fresh = tempfile::Builder::new()
        .prefix("fetch-")
        .tempdir_in(&home)
        .map_err(Error::io(home.display().to_string()))?;
    copy_dependencies(fresh.path())?;
    match std::fs::rename(fresh.path().join("lib"), &lib) {
        Ok(()) => Ok(lib),
        // Another process was faster.
        Err(_) if lib.is_dir() => Ok(lib),
        Err(error) => Err(Error::Io(lib.display().to_string(), error)),
    }
}

/// The folder for what is fetched and built once: `$CARTWHEEL_CACHE`, or `~/.cache/cartwheel`.
pub fn cache() -> Result<PathBuf, Error> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CARTWHEEL_CACHE")
        .or_else(|| Some(set("HOME")?.join(".cache/cartwheel")))
        .ok_or(Error::NoCache)
}

fn copy_dependencies(dir: &Path) -> Result<(), Error> {
    let pom = dir.join("pom.xml");
    std::fs::write(&pom, POM).map_err(Error::io(pom.display().to_string()))?;
    let output = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(&pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", dir.join("lib").display()))
        .output()
        .map_err(|error| Error::Maven(error.to_string()))?;
    if !output.status.success() {
        return Err(Error::Maven(String::from_utf8_lossy(&output.stdout).trim().to_owned()));
    }
    Ok(())
}
