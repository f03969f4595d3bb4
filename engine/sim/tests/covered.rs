//! The journeys that ship: their traces take every step, branch and rule.

use cartwheel_core::journey::load::{SourceFile, Sources, check};
use cartwheel_core::policy::Policy;
use cartwheel_sim::trace::{CoreEngine, coverage, read, run_all};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Settings {
    policy: Policy,
}

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn source(path: &Path) -> SourceFile {
    let text = fs::read_to_string(path).expect("a file of the configuration");
    SourceFile { path: path.display().to_string(), text }
}

/// The files with this ending beside the journeys, in order of their names.
fn beside(ending: &str) -> Vec<SourceFile> {
    let entries = fs::read_dir(config().join("journeys")).expect("the folder of journeys");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    paths.iter().map(|path| source(path)).collect()
}

#[test]
fn the_shipped_traces_take_every_part_of_the_shipped_journeys() {
    let settings = source(&config().join("cartwheel.yaml")).text;
    let Settings { policy } = serde_saphyr::from_str(&settings).expect("a policy");
    let (journeys, facts) = (beside("yaml"), source(&config().join("facts.yaml")));
    let checked = check(&policy, Sources { journeys: &journeys, facts: Some(&facts) });
    let plan = checked.plan.unwrap_or_else(|| panic!("{:?}", checked.problems));
    let mut decisions = Vec::new();
    for file in beside("trace") {
        let trace = read(&file, &policy).unwrap_or_else(|faults| panic!("{faults:?}"));
        // What messages show is for `cartwheel test`: here are no templates.
        let results = run_all(&trace, &plan, CoreEngine::new).expect("an engine");
        decisions.extend(results.into_iter().flat_map(|result| result.decisions));
    }
    let missing: Vec<String> = coverage(&checked.parts, decisions.iter())
        .iter()
        .flat_map(|of| &of.missing)
        .map(|part| {
            let file = Path::new(&part.path).file_name().unwrap_or_default().to_string_lossy();
            format!("{file}:{}: {}", part.line, part.what)
        })
        .collect();
    assert!(missing.is_empty(), "no trace takes these:\n{}", missing.join("\n"));
}
