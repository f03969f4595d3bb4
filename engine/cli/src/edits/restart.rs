//! Settings that a folder has otherwise than what runs was started with: they take effect when it is started again.

use super::Running;
use crate::settings::{Loaded, at_start};
use cartwheel_runtime::admin::view::ConfigurationView;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What something was started with, or would be: its name, and the values by keys.
pub type Started = (String, BTreeMap<String, Value>);

/// A setting that waits for a start.
#[derive(Debug, PartialEq, Serialize)]
pub struct Restart {
    /// Of what: an engine's address, or a folder.
    of: String,
    /// The key, such as `engine.margin`.
    setting: String,
    /// Its value there.
    runs: Value,
    /// Its value in the folder.
    here: Value,
}

/// What an engine says that it was started with; none where it is of a version that does not say it.
pub fn started(address: &str, view: &ConfigurationView) -> Option<Started> {
    let said = &view.started_with;
    (!said.is_empty()).then(|| (format!("the engine at {address}"), said.clone()))
}

impl Running {
    /// The settings of the folder that wait for a start. Secrets are not compared.
    pub fn restarts(&self, loaded: &Loaded) -> Vec<Restart> {
        restarts(self.started(), &at_start::of(loaded))
    }
}

/// The settings that differ from `here`.
pub fn restarts(started: &[Started], here: &BTreeMap<String, Value>) -> Vec<Restart> {
    let of = |(of, runs): &Started| {
        let value = |values: &BTreeMap<String, Value>, key: &str| {
            values.get(key).cloned().unwrap_or_default()
        };
        let restart = |setting: String| Restart {
            of: of.clone(),
            runs: value(runs, &setting),
            here: value(here, &setting),
            setting,
        };
        at_start::differing(runs, here).into_iter().map(restart).collect::<Vec<_>>()
    };
    started.iter().flat_map(of).collect()
}

/// For a person; empty where nothing waits.
pub fn text(restarts: &[Restart]) -> String {
    let mut text = String::new();
    let mut last = None;
    for Restart { of, setting, runs, here } in restarts {
        // Writing into a String cannot fail.
        if last.replace(of) != Some(of) {
            let _ = writeln!(
                text,
                "These settings are others than {of} has; they take effect when it is started again:"
            );
        }
        let _ = writeln!(text, "  {setting}: {runs} there, {here} here");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_waits_for_a_start_is_told_with_both_values() {
        let values = |margin: &str| {
            BTreeMap::from([
                ("engine.margin".to_owned(), json!(margin)),
                ("kafka.bootstrap".to_owned(), json!("a:1")),
            ])
        };
        let started = [("the engine at a".to_owned(), values("500ms")), ("b".into(), values("2s"))];
        let found = restarts(&started, &values("2s"));
        assert_eq!(
            text(&found),
            "These settings are others than the engine at a has; they take effect when it is started again:\n  engine.margin: \"500ms\" there, \"2s\" here\n"
        );
        assert_eq!(restarts(&started[1..], &values("2s")), []);
    }
}
