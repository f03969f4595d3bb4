//! The journeys of a configuration, its facts and what it says of its events: their files, and the plan that the core makes of them.

use crate::failure::{Failure, Fault};
use crate::files;
use crate::settings::{Loaded, Settings};
use crate::unrouted;
use cartwheel_core::journey::load::{
    Checked, KnownEvents, Part, Problem, Sent, Severity, SourceFile, Sources, check_declared,
};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use std::path::PathBuf;

/// Journeys that can run.
pub struct Compiled {
    /// What decides.
    pub plan: Plan,
    /// The journeys' files.
    pub sources: Vec<SourceFile>,
    /// Their send steps.
    pub sends: Vec<Sent>,
    /// What a test should take of each.
    pub parts: Vec<Part>,
    /// The file of facts, if there is one.
    pub facts: Option<SourceFile>,
    /// Which events mean something in this shop.
    pub known: KnownEvents,
    /// What a person should look at.
    pub warnings: Vec<Fault>,
}

/// Compiles the journeys under the policy; all problems of all files at once: [`Failure::Config`] if the policy is at fault, else [`Failure::Data`].
pub fn compile(loaded: &Loaded) -> Result<Compiled, Failure> {
    let dir = &loaded.settings.journeys_dir;
    let sources = files::with_ending(dir, "yaml")?;
    let misnamed = files::misnamed(dir)?;
    if sources.is_empty() {
        let message = format!("there is no journey (*.yaml) in {}", dir.display());
        let none = Fault::new(message, Some("set journeys_dir, or write one".into()));
        return Err(Failure::Data([vec![none], misnamed].concat()));
    }
    let facts = beside(&loaded.settings, "facts.yaml", loaded.settings.facts_file.as_ref())?;
    let events = beside(&loaded.settings, "events.yaml", loaded.settings.events_file.as_ref())?;
    let all = Sources { journeys: &sources, facts: facts.as_ref() };
    let checked = check_declared(&loaded.settings.policy, all, events.as_ref());
    let text_of = |problem: &Problem| {
        let mut files = all.journeys.iter().chain(all.facts).chain(&events);
        files.find(|source| source.path == problem.path).map(|source| source.text.as_str())
    };
    let fault = |problem: &Problem| placed(problem, text_of(problem), loaded);
    let Some(plan) = checked.plan else {
        let errors =
            || checked.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let of_policy = errors().all(|problem| text_of(problem).is_none());
        let faults = errors().map(fault).collect();
        return Err(if of_policy { Failure::Config(faults) } else { Failure::Data(faults) });
    };
    let of_journeys = checked.problems.iter().map(fault);
    let warnings =
        misnamed.into_iter().chain(of_journeys).chain(unrouted::warnings(loaded, &plan)).collect();
    let (sends, parts, known) = (checked.sends, checked.parts, checked.known);
    Ok(Compiled { plan, warnings, sends, parts, sources, facts, known })
}

/// The same for traces, which may have their journeys in them: without a journey beside them nothing is compiled, and the policy says nothing of any.
pub fn compile_for_traces(loaded: &Loaded) -> Result<Compiled, Failure> {
    let dir = &loaded.settings.journeys_dir;
    let alone = files::with_ending(dir, "yaml")?.is_empty();
    if !alone || files::with_ending(dir, "trace")?.is_empty() {
        return compile(loaded);
    }
    let events = beside(&loaded.settings, "events.yaml", loaded.settings.events_file.as_ref())?;
    let none = Sources { journeys: &[], facts: None };
    let checked = check_declared(&Policy::default(), none, events.as_ref());
    let text = events.as_ref().map(|source| source.text.as_str());
    let fault = |problem: &Problem| placed(problem, text, loaded);
    let Checked { plan: Some(plan), known, .. } = checked else {
        return Err(Failure::Data(checked.problems.iter().map(fault).collect()));
    };
    let warnings = files::misnamed(dir)?;
    let (sources, sends, parts) = (Vec::new(), Vec::new(), Vec::new());
    Ok(Compiled { plan, warnings, sends, parts, sources, facts: None, known })
}

/// A file beside the folder with journeys. Only one that is named must be there.
fn beside(
    settings: &Settings,
    name: &str,
    given: Option<&PathBuf>,
) -> Result<Option<SourceFile>, Failure> {
    let usual = settings.journeys_dir.with_file_name(name);
    let path = given.unwrap_or(&usual);
    if given.is_none() && std::fs::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    files::source(path).map(Some).map_err(|fault| Failure::Data(vec![fault]))
}

fn placed(problem: &Problem, text: Option<&str>, loaded: &Loaded) -> Fault {
    let (message, help) = (problem.message.clone(), problem.help.clone());
    match text {
        Some(text) => Fault::at(&problem.path, text, problem.span.clone(), message, help),
        None => {
            let path: Vec<&str> = problem.path.split('.').collect();
            loaded.fault_inside(&path, problem.span.clone(), message, help)
        }
    }
}
