//! Runs the independent reader of the sends topic (`reader/SendsReader.java`).

use crate::{Error, fetch};
use std::process::Command;

const SOURCE: &str = include_str!("../reader/SendsReader.java");

/// What the reader prints for `topic`: one JSON line `{partition, offset, kind, seq, key, value}` for each record that it accepts, then
/// one line with counts `{partitions, records, leaders, accepted, rejected, foreign}`.
pub fn read_sends(bootstrap: &str, topic: &str) -> Result<Vec<String>, Error> {
    let lib = fetch()?;
    let dir = tempfile::tempdir().map_err(Error::io("temporary directory"))?;
    let source = dir.path().join("SendsReader.java");
    std::fs::write(&source, SOURCE).map_err(Error::io("SendsReader.java"))?;
    let output = Command::new("java")
        .args(["-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp"])
        .arg(lib.join("*"))
        .arg(&source)
        .args([bootstrap, topic])
        .output()
        .map_err(Error::io("java"))?;
    if !output.status.success() {
        return Err(Error::Reader(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}
