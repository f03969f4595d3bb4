//! `cartwheel test [DIR]`: do the journeys do what their traces say?

use super::origins;
use crate::covered;
use crate::failure::{Failure, Fault, count};
use crate::flags::{Flags, Output, TestFlags};
use crate::journeys;
use crate::preview;
use crate::settings::Loaded;
use crate::templates;
use crate::traces;
use cartwheel_providers::template::Templates;
use cartwheel_sim::trace::{CoreEngine, Coverage, Renderer, ScenarioResult, coverage, run_all};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Arc;

/// Runs every scenario; fails with everything that differs.
pub fn run(flags: &Flags, test: &TestFlags) -> Result<(), Failure> {
    let dir = test.dir.as_ref().unwrap_or(&flags.config_dir);
    let loaded = Loaded::read(&origins(flags, dir))?;
    let compiled = journeys::compile_for_traces(&loaded)?;
    let templates = templates::load(&loaded.settings, &compiled)?;
    let shown = templates.shown();
    let traces = traces::read_all(&loaded.settings, Some(&compiled), Some(&shown))?;
    let plan = compiled.plan.showing(&shown);
    let renderer = renderer(&loaded, templates);
    let engine = |plan| CoreEngine::rendering(plan, Arc::clone(&renderer));
    let mut faults = Vec::new();
    let mut results = Vec::new();
    for trace in traces {
        match run_all(&trace, &plan, engine) {
            Ok(outcomes) => {
                results.extend(outcomes.into_iter().map(|outcome| (trace.path.clone(), outcome)))
            }
            Err(fault) => faults.push(fault.into()),
        }
    }
    if results.is_empty() && faults.is_empty() {
        let message =
            format!("there is no trace (*.trace) in {}", loaded.settings.journeys_dir.display());
        let help = "write one, such as cart_abandonment.trace: `cartwheel test --help` shows how";
        return Err(Failure::Data(vec![Fault::new(message, Some(help.into()))]));
    }
    let failed = results.iter().flat_map(|(_, outcome)| outcome.faults.iter().cloned());
    faults.extend(failed.map(Fault::from));
    let decisions = results.iter().flat_map(|(_, outcome)| &outcome.decisions);
    let taken = test.coverage.map(|_| coverage(&compiled.parts, decisions));
    let least = test.coverage.unwrap_or_default();
    faults.extend(covered::faults(taken.as_deref().unwrap_or_default(), least, &compiled.sources));
    if faults.is_empty() || flags.output == Output::Text {
        std::io::stdout().write_all(told(&results, taken.as_deref(), flags.output).as_bytes())?;
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Data(faults)) }
}

/// What a message shows: its text, and for an e-mail the subject and the HTML as well.
fn renderer(loaded: &Loaded, templates: Templates) -> Renderer {
    let Some(brand) = loaded.settings.brand.clone() else {
        let missing = "the configuration has no brand, and a message says who writes";
        return Arc::new(move |_| Err(missing.to_owned()));
    };
    Arc::new(move |command| {
        let rendered = templates.render(command, &brand, &preview::links(command));
        let parts = preview::parts(rendered.map_err(|error| error.to_string())?);
        Ok(parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n"))
    })
}

fn told(
    results: &[(String, ScenarioResult)],
    taken: Option<&[Coverage]>,
    output: Output,
) -> String {
    if output == Output::Json {
        let passed: Vec<Value> = results
            .iter()
            .map(|(path, outcome)| json!({ "path": path, "scenario": outcome.scenario }))
            .collect();
        let mut all = json!({ "ok": true, "problems": [], "passed": passed });
        if let Some(taken) = taken {
            all["coverage"] = taken.iter().map(covered::json).collect();
        }
        return format!("{all}\n");
    }
    let mut text = String::new();
    for (path, outcome) in results {
        let verdict = if outcome.faults.is_empty() { "ok  " } else { "FAIL" };
        text += &format!("{verdict} {path}: {}\n", outcome.scenario);
        if !outcome.faults.is_empty() {
            text += &outcome.timeline;
        }
    }
    let failed = results.iter().filter(|(_, outcome)| !outcome.faults.is_empty()).count();
    text += &format!("{}, {failed} failed\n", count(results.len(), "scenario"));
    text + &taken.map(covered::text).unwrap_or_default()
}
