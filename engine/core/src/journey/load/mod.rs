//! Reads journey files into a [`Plan`], or says with line, caret and remedy what is wrong.
//!
//! A file passes through `yaml` (text to a tree with places), `read` (tree to [`super::definition::Definition`]) and `compile` (definition
//! to [`super::plan::Journey`]: names, limits, conditions). Each stage collects all its problems and goes on as far as it can.

use super::condition::Slots;
use super::plan::Plan;
use crate::policy::Policy;
use std::ops::Range;

mod compile;
mod events;
mod fields;
mod hash;
mod names;
mod policy;
mod read;
mod schema;
mod step;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod yaml;

pub use schema::journey_schema;

/// Most journeys under one policy.
const MAX_JOURNEYS: usize = 500;

/// A file as given to the loader.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path, for messages only.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The plan is usable; a person should look.
    Warning,
    /// There is no plan.
    Error,
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// The file; `policy` for the policy, which has no text here.
    pub path: String,
    /// Byte range in the file's text, on character borders; empty where the problem has no place.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    fn error(path: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: path.into(),
            span,
            message: message.into(),
            help: None,
        }
    }

    fn warning(path: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, span, message) }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column (in characters) of its start, both from 1, given the file's text.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }
}

/// Line and column of a byte, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (1 + before.matches('\n').count(), 1 + before[line..].chars().count())
}

/// What [`check`] found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plan, if no problem is an error.
    pub plan: Option<Plan>,
    /// Errors and warnings, in order of files and places.
    pub problems: Vec<Problem>,
}

/// Compiles journeys under a policy; all problems of all files at once. Warnings are dropped when it succeeds: see [`check`].
pub fn load(policy: &Policy, journeys: &[Source]) -> Result<Plan, Vec<Problem>> {
    let checked = check(policy, journeys);
    checked.plan.ok_or(checked.problems)
}

/// Compiles journeys under a policy; says all errors and warnings of all files.
pub fn check(policy: &Policy, sources: &[Source]) -> Checked {
    let mut problems = Vec::new();
    if sources.len() > MAX_JOURNEYS {
        let message =
            format!("there are {} journeys; at most {MAX_JOURNEYS} are allowed", sources.len());
        return Checked { plan: None, problems: vec![Problem::error("policy", 0..0, message)] };
    }
    let mut read = Vec::new();
    for source in sources {
        let tree = yaml::read(&source.path, &source.text, &mut problems);
        if let Some(definition) =
            tree.and_then(|tree| read::definition(source, &tree, &mut problems))
        {
            read.push((source, definition));
        }
    }
    // The order of names is the order of decisions.
    read.sort_by(|(_, left), (_, right)| left.journey.value.cmp(&right.journey.value));
    names::unique(&read, &mut problems);
    let mut slots = Slots::default();
    let compiled: Vec<_> = read
        .iter()
        .filter_map(|(source, definition)| {
            compile::journey(source, definition, &mut slots, &mut problems)
        })
        .collect();
    policy::check(policy, &read, &mut problems);
    let order = |problem: &Problem| sources.iter().position(|source| source.path == problem.path);
    problems.sort_by_key(|problem| (order(problem), problem.span.start, problem.span.end));
    problems.dedup();
    if problems.iter().any(|problem| problem.severity == Severity::Error)
        || compiled.len() != sources.len()
    {
        return Checked { plan: None, problems };
    }
    let events = events::interests(&read, &compiled);
    let hash = hash::of(policy, &read);
    let Slots { fields, attributes } = slots;
    let plan =
        Plan { hash, policy: policy.clone(), journeys: compiled, fields, attributes, events };
    Checked { plan: Some(plan), problems }
}
