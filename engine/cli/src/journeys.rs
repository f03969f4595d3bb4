//! The journeys of a configuration, and its facts: their files, and the plan that the core makes of them.

use crate::failure::{Failure, Fault};
use crate::files;
use crate::settings::{Loaded, Settings};
use crate::unrouted;
use cartwheel_core::journey::load::{Problem, Sent, Severity, SourceFile, Sources, check};
use cartwheel_core::journey::plan::Plan;

/// Journeys that can run.
pub struct Compiled {
    /// What decides.
    pub plan: Plan,
    /// The journeys' files.
    pub sources: Vec<SourceFile>,
    /// Their send steps.
    pub sends: Vec<Sent>,
    /// The file of facts, if there is one.
    pub facts: Option<SourceFile>,
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
    let facts = facts(&loaded.settings)?;
    let all = Sources { journeys: &sources, facts: facts.as_ref() };
    let checked = check(&loaded.settings.policy, all);
    let fault = |problem: &Problem| placed(problem, all, loaded);
    let Some(plan) = checked.plan else {
        let errors =
            || checked.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let of_policy = errors().all(|problem| text_of(problem, all).is_none());
        let faults = errors().map(fault).collect();
        return Err(if of_policy { Failure::Config(faults) } else { Failure::Data(faults) });
    };
    let of_journeys = checked.problems.iter().map(fault);
    let warnings =
        misnamed.into_iter().chain(of_journeys).chain(unrouted::warnings(loaded, &plan)).collect();
    Ok(Compiled { plan, warnings, sends: checked.sends, sources, facts })
}

/// The file of facts. Only one that is named must be there.
fn facts(settings: &Settings) -> Result<Option<SourceFile>, Failure> {
    let beside = || settings.journeys_dir.with_file_name("facts.yaml");
    let path = settings.facts_file.clone().unwrap_or_else(beside);
    if settings.facts_file.is_none() && std::fs::symlink_metadata(&path).is_err() {
        return Ok(None);
    }
    files::source(&path).map(Some).map_err(|fault| Failure::Data(vec![fault]))
}

fn text_of<'s>(problem: &Problem, sources: Sources<'s>) -> Option<&'s str> {
    let mut all = sources.journeys.iter().chain(sources.facts);
    all.find(|source| source.path == problem.path).map(|source| source.text.as_str())
}

fn placed(problem: &Problem, sources: Sources<'_>, loaded: &Loaded) -> Fault {
    let (message, help) = (problem.message.clone(), problem.help.clone());
    match text_of(problem, sources) {
        Some(text) => Fault::at(&problem.path, text, problem.span.clone(), message, help),
        None => loaded.fault(&problem.path.split('.').collect::<Vec<_>>(), message, help),
    }
}
