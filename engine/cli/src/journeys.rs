//! The journeys of a configuration, and its facts: their files, and the plan that the core makes of them.

use crate::failure::{Failure, Fault};
use crate::settings::{Loaded, Settings};
use crate::unrouted;
use cartwheel_core::journey::load::{Problem, Severity, SourceFile, Sources, check};
use cartwheel_core::journey::plan::Plan;
use std::path::Path;

/// Journeys that can run.
pub struct Compiled {
    /// What decides.
    pub plan: Plan,
    /// The journeys' files.
    pub sources: Vec<SourceFile>,
    /// The file of facts, if there is one.
    pub facts: Option<SourceFile>,
    /// What a person should look at.
    pub warnings: Vec<Fault>,
}

/// Compiles the journeys under the policy; all problems of all files at once: [`Failure::Config`] if the policy is at fault, else [`Failure::Data`].
pub fn compile(loaded: &Loaded) -> Result<Compiled, Failure> {
    let dir = &loaded.settings.journeys_dir;
    let sources = files(dir, "yaml")?;
    if sources.is_empty() {
        let message = format!("there is no journey (*.yaml) in {}", dir.display());
        return Err(Failure::Data(vec![Fault::new(
            message,
            Some("set journeys_dir, or write one".into()),
        )]));
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
    let warnings =
        checked.problems.iter().map(fault).chain(unrouted::warnings(loaded, &plan)).collect();
    Ok(Compiled { plan, warnings, sources, facts })
}

/// The file of facts. Only one that is named must be there.
fn facts(settings: &Settings) -> Result<Option<SourceFile>, Failure> {
    let beside = || settings.journeys_dir.with_file_name("facts.yaml");
    let path = settings.facts_file.clone().unwrap_or_else(beside);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(SourceFile { path: path.display().to_string(), text })),
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound && settings.facts_file.is_none() =>
        {
            Ok(None)
        }
        Err(error) => Err(unreadable(&path, &error)),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Data(vec![Fault::new(format!("{} cannot be read: {error}", path.display()), None)])
}

/// The files of a folder with this ending, in order of their names.
pub fn files(dir: &Path, ending: &str) -> Result<Vec<SourceFile>, Failure> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|error| unreadable(dir, &error))? {
        let path = entry.map_err(|error| unreadable(dir, &error))?.path();
        if path.extension().is_some_and(|extension| extension == ending) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| match std::fs::read_to_string(path) {
        Ok(text) => Ok(SourceFile { path: path.display().to_string(), text }),
        Err(error) => Err(unreadable(path, &error)),
    };
    paths.iter().map(read).collect()
}

fn text_of<'s>(problem: &Problem, sources: Sources<'s>) -> Option<&'s str> {
    let mut all = sources.journeys.iter().chain(sources.facts);
    all.find(|source| source.path == problem.path).map(|source| source.text.as_str())
}

fn placed(problem: &Problem, sources: Sources<'_>, loaded: &Loaded) -> Fault {
    let (message, help) = (problem.message.clone(), problem.help.clone());
    match text_of(problem, sources) {
        Some(text) => Fault::at(&problem.path, text, problem.span.clone(), message, help),
        None => loaded.fault(&["policy"], message, help),
    }
}
