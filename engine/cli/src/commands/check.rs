//! `cartwheel check [DIR]`: is everything in the configuration folder right?

use super::origins;
use crate::edits::restart::{self, Restart};
use crate::edits::{Preview, Running};
use crate::failure::{Failure, Fault, count, warn};
use crate::flags::{CheckFlags, Flags, Output};
use crate::journeys::Compiled;
use crate::preview;
use crate::settings::Loaded;
use crate::{journeys, messages, sms, templates, traces};
use cartwheel_core::customer::{Customer, Run};
use cartwheel_core::journey::plan::{Journey, Plan};
use cartwheel_providers::template::Templates;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Reads everything; prints a summary, or fails with all problems of the first stage that has any.
pub fn run(flags: &Flags, check: &CheckFlags) -> Result<(), Failure> {
    let dir = check.dir.as_ref().unwrap_or(&flags.config_dir);
    let Checked { loaded, compiled, scenarios, .. } = checked(flags, dir)?;
    let against = against(flags, check, &loaded, &compiled.plan)?;
    let text = match flags.output {
        Output::Json => format!("{}\n", as_json(&compiled, scenarios, against.as_ref())),
        Output::Text => {
            warn(&compiled.warnings);
            let memory = if check.memory { memory(&compiled.plan) } else { String::new() };
            let against =
                against.map(|(preview, restarts)| preview.to_string() + &restart::text(&restarts));
            memory + &against.unwrap_or_default() + &as_text(&compiled.plan, scenarios)
        }
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// A configuration folder in which everything is right.
pub(super) struct Checked {
    pub loaded: Loaded,
    /// With all warnings.
    pub compiled: Compiled,
    pub templates: Templates,
    /// In the traces, which can be read; whether they hold is another question.
    pub scenarios: usize,
}

/// Reads everything in the folder; fails with all problems of the first stage that has any.
pub(super) fn checked(flags: &Flags, dir: &Path) -> Result<Checked, Failure> {
    let loaded = Loaded::read(&origins(flags, dir))?;
    let compiled = journeys::compile(&loaded);
    let traces = traces::read_all(&loaded.settings, compiled.as_ref().ok(), None);
    let (mut compiled, traces) = both(compiled, traces)?;
    let templates = templates::load(&loaded.settings, &compiled)?;
    templates::try_out(&templates)?;
    let of_messages = messages::warnings(&templates, &loaded.settings, &compiled);
    compiled.warnings.extend(of_messages);
    // A customer's file that cannot be read is `render`'s to tell: nothing that runs reads it.
    if let Ok(customer) = preview::Customer::find(None, dir) {
        let long = sms::warnings(&templates, &loaded.settings, &compiled, &customer);
        compiled.warnings.extend(long);
    }
    let scenarios = traces.iter().map(|trace| trace.scenarios.len()).sum();
    Ok(Checked { loaded, compiled, templates, scenarios })
}

/// What becomes of windows and runs, and which settings wait for a start, if that is asked.
fn against(
    flags: &Flags,
    check: &CheckFlags,
    loaded: &Loaded,
    new: &Plan,
) -> Result<Option<(Preview, Vec<Restart>)>, Failure> {
    if check.against.is_empty() {
        return Ok(None);
    }
    let running = Running::named(check, |folder| Loaded::read(&origins(flags, folder)))?;
    let preview = Preview::of(&running, &Arc::new(new.clone()));
    Ok(Some((preview, running.restarts(loaded))))
}

/// Both results, or the problems of both.
fn both<A, B>(left: Result<A, Failure>, right: Result<B, Failure>) -> Result<(A, B), Failure> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(Failure::Data(mut faults)), Err(Failure::Data(more))) => {
            faults.extend(more);
            Err(Failure::Data(faults))
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

fn as_json(
    compiled: &Compiled,
    scenarios: usize,
    against: Option<&(Preview, Vec<Restart>)>,
) -> Value {
    let plan = &compiled.plan;
    let warnings: Vec<Value> = compiled.warnings.iter().map(Fault::json).collect();
    let journeys: Vec<Value> = plan.journeys.iter().map(journey_as_json).collect();
    let mut said = json!({ "ok": true, "problems": [], "warnings": warnings, "configuration": format!("{:032x}", plan.hash), "journeys": journeys, "scenarios": scenarios,
        "memory": { "facts": { "one_event": plan.facts.few_bytes(), "most": plan.facts.most_bytes() } } });
    if let Some((preview, restarts)) = against {
        said["against"] = json!(preview);
        said["restart"] = json!(restarts);
    }
    said
}

fn journey_as_json(journey: &Journey) -> Value {
    json!({
        "journey": journey.name.as_str(),
        "version": journey.version.as_str(),
        "class": journey.class,
        "priority": journey.priority,
        "steps": steps(journey),
        "sends": sends(journey),
    })
}

fn as_text(plan: &Plan, scenarios: usize) -> String {
    let width = plan.journeys.iter().map(|journey| journey.name.len()).max().unwrap_or_default();
    let line = |journey: &Journey| {
        let class = format!("{:?}", journey.class).to_lowercase();
        let (steps, sends) = (count(steps(journey), "step"), count(sends(journey), "send"));
        format!(
            "{:width$}  {class}, priority {}, {steps}, {sends}, version {}\n",
            journey.name, journey.priority, journey.version
        )
    };
    let journeys: String = plan.journeys.iter().map(line).collect();
    let tested = count(scenarios, "scenario");
    format!(
        "{journeys}{} and {tested} are right; configuration {:08x}\n",
        count(plan.journeys.len(), "journey"),
        plan.hash >> 96
    )
}

/// What each fact takes of one customer, in bytes.
fn memory(plan: &Plan) -> String {
    let facts = || plan.facts.iter().map(|(_, fact)| fact);
    let width = facts().map(|fact| fact.name.len()).max().unwrap_or_default();
    let line = |name: &str, few: usize, most: usize| {
        format!("{name:width$}  {few:>5} bytes after one event, at most {most:>5}\n")
    };
    let lines: String =
        facts().map(|fact| line(&fact.name, fact.few_bytes(), fact.most_bytes())).collect();
    let all = line("all facts", plan.facts.few_bytes(), plan.facts.most_bytes());
    let (customer, run) = (size_of::<Customer>(), size_of::<Run>());
    format!(
        "{lines}{all}A customer takes {customer} bytes beside these, and each run {run} bytes and what it has captured.\n\n"
    )
}

fn steps(journey: &Journey) -> usize {
    journey.ops.iter().filter(|op| op.step().is_some()).count()
}

fn sends(journey: &Journey) -> usize {
    journey.sends().count()
}
