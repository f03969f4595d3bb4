//! Reads journey files into a [`Plan`], or says with line, caret and remedy what is wrong.
//!
//! A file passes through `yaml` (text to a tree with places), `read` (tree to [`super::definition::Definition`]) and `compile` (definition
//! to [`super::plan::Journey`]: names, limits, conditions). Each stage collects all its problems and goes on as far as it can.

use super::condition::Slots;
use super::plan::Plan;
use super::shown::Subjects;
use crate::customer::ZoneTables;
use crate::fact::Layout;
use crate::policy::Policy;
use std::sync::Arc;

mod compile;
mod compiler;
mod events;
mod fields;
pub(super) mod hash;
mod keys;
mod names;
mod policy;
mod read;
mod schema;
mod step;
#[cfg(test)]
mod tests;
mod yaml;

pub use super::problem::{Problem, Severity, SourceFile};
pub use schema::journey_schema;

/// Most journeys under one policy.
const MAX_JOURNEYS: usize = 500;

/// What [`check`] found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plan, if no problem is an error.
    pub plan: Option<Plan>,
    /// Errors and warnings, in order of files and places.
    pub problems: Vec<Problem>,
}

/// Compiles journeys under a policy; all problems of all files at once. Warnings are dropped when it succeeds: see [`check`].
pub fn load(policy: &Policy, journeys: &[SourceFile]) -> Result<Plan, Vec<Problem>> {
    let checked = check(policy, journeys);
    checked.plan.ok_or(checked.problems)
}

/// Compiles journeys under a policy; says all errors and warnings of all files.
pub fn check(policy: &Policy, sources: &[SourceFile]) -> Checked {
    let tables = ZoneTables::bundled();
    check_with(policy, &tables, sources, |journeys| {
        // A policy is plain data: writing it to memory cannot fail.
        hash::of_this_build(&tables, &serde_json::to_vec(policy).unwrap_or_default(), journeys)
    })
}

/// Name and text of every journey, in order of names.
type Texts<'a> = Vec<(&'a str, &'a str)>;

/// The same by other time-zone tables; `hash` says what the whole is called.
pub(super) fn check_with(
    policy: &Policy,
    tables: &Arc<ZoneTables>,
    sources: &[SourceFile],
    hash: impl FnOnce(Texts<'_>) -> u128,
) -> Checked {
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
    let mut compiled: Vec<_> = read
        .iter()
        .filter_map(|(source, definition)| {
            compile::journey(source, definition, &mut slots, &mut problems)
        })
        .collect();
    for journey in &mut compiled {
        let of_all = policy.active_from.map_or(journey.active_from, |from| from.0);
        journey.active_from = journey.active_from.max(of_all);
    }
    policy::check(policy, tables, &read, &mut problems);
    let order = |problem: &Problem| sources.iter().position(|source| source.path == problem.path);
    problems.sort_by_key(|problem| (order(problem), problem.span.start, problem.span.end));
    problems.dedup();
    if problems.iter().any(|problem| problem.severity == Severity::Error)
        || compiled.len() != sources.len()
    {
        return Checked { plan: None, problems };
    }
    let facts = Layout::default();
    let events = events::interests(&read, &compiled, &slots.lists, &facts);
    let texts = read
        .iter()
        .map(|(source, definition)| (definition.journey.value.as_str(), source.text.as_str()));
    let hash = hash(texts.collect());
    let Slots { fields, attributes, lists, .. } = slots;
    let plan = Plan {
        facts,
        kept: Subjects::ALL,
        hash,
        tables: Arc::clone(tables),
        policy: policy.clone(),
        journeys: compiled,
        fields,
        attributes,
        lists,
        events,
    };
    Checked { plan: Some(plan), problems }
}
