//! What a history leads to, as text.

use serde_json::Value;
use std::collections::BTreeMap;

/// What both programs are compared by: one list for each kind, each in the order in which it was decided.
#[derive(Default)]
pub struct Course {
    pub decisions: Vec<String>,
    pub commands: Vec<String>,
    pub suppressions: Vec<String>,
    pub dead: Vec<String>,
    /// What was kept back.
    pub held_out: Vec<String>,
    /// Which runs reached their goal.
    pub converted: Vec<String>,
    /// Of each command the side that it states.
    pub sides: Vec<String>,
    /// Runs that entered, by journey.
    pub entered: BTreeMap<String, u64>,
    /// Odd fields by their names.
    pub degraded: BTreeMap<String, u64>,
    pub duplicates: u64,
    pub live_runs: usize,
}

/// As one line of JSON.
pub fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// The reason in a line of JSON, or the line.
pub fn reason(line: &str) -> String {
    let value: Option<Value> = serde_json::from_str(line).ok();
    value
        .and_then(|value| value.get("reason")?.as_str().map(str::to_owned))
        .unwrap_or_else(|| line.chars().take(40).collect())
}
