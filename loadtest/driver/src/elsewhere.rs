//! This binary once more, in a process of its own: its figures are not mixed with those of the driver.

use crate::Error;
use crate::error::VOID;
use serde::de::DeserializeOwned;
use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// Runs `loadtest` with these words and reads its answer, one JSON value; `what` it is stands in errors. What it says beside that goes to standard error.
pub fn answer<T: DeserializeOwned>(what: &str, words: &[impl AsRef<OsStr>]) -> Result<T, Error> {
    let own = std::env::current_exe().map_err(Error::io("this binary"))?;
    let output = Command::new(own)
        .args(words)
        .stderr(Stdio::inherit())
        .output()
        .map_err(Error::io(format!("starting {what}")))?;
    if output.status.code() == Some(VOID.into()) {
        return Err(Error::Void(format!("that of {what} is")));
    }
    if !output.status.success() {
        return Err(Error::Config(format!("{what} ended with {}", output.status)));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::Config(format!("the answer of {what}: {error}")))
}
