//! Reads journey files into a [`Plan`], or says with line, caret and remedy what is wrong.
//!
//! A file passes through `yaml` (text to a tree with places), `read` (tree to [`super::definition::Definition`]) and `compile` (definition
//! to [`super::plan::Journey`]: names, limits, conditions). Each stage collects all its problems and goes on as far as it can.

use super::condition::Slots;
use super::plan::Plan;
use super::problem::bounded;
use super::shown::Subjects;
use crate::customer::ZoneTables;
use crate::policy::Policy;
use std::collections::BTreeSet;
use std::sync::Arc;

mod changes;
mod compile;
mod begins;
mod in_vain;
mod compiler;
mod contradictions;
mod coupons;
mod declared;
mod events;
mod facts;
mod fans_out;
mod fields;
mod foreign;
mod groups;
pub(super) mod hash;
mod keys;
mod known_events;
mod loops;
mod names;
mod own_events;
mod parts;
mod policy;
mod read;
mod repeats;
mod rules;
mod schema;
mod sends;
mod step;
#[cfg(test)]
mod tests;
mod yaml;

pub use super::problem::{Problem, Severity, SourceFile};
pub use known_events::{KnownEvents, Slip};
pub use parts::{Part, What};
pub use schema::{events_schema, facts_schema, journey_schema};
pub use sends::Sent;
pub use yaml::locate;

/// Most journeys under one policy.
const MAX_JOURNEYS: usize = 500;

/// What [`check`] found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plan, if no problem is an error.
    pub plan: Option<Plan>,
    /// Errors and warnings, in order of files and places.
    pub problems: Vec<Problem>,
    /// Every send step of the journeys whose shape is good, by journey.
    pub sends: Vec<Sent>,
    /// What a test should take of each, if there is a plan.
    pub parts: Vec<Part>,
    /// Which events mean something here, as far as the journeys' shapes are good.
    pub known: KnownEvents,
}

/// The files of a configuration, beside its policy.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'s> {
    /// The journeys.
    pub journeys: &'s [SourceFile],
    /// What is remembered of customers, if the shop says so.
    pub facts: Option<&'s SourceFile>,
}

impl<'s, J: AsRef<[SourceFile]> + ?Sized> From<&'s J> for Sources<'s> {
    /// Journeys alone.
    fn from(journeys: &'s J) -> Self {
        Self { journeys: journeys.as_ref(), facts: None }
    }
}

/// Compiles journeys, with facts if there are some, under a policy; all problems of all files at once. Warnings are dropped when it succeeds, and
/// journeys that begin each other for ever are not refused: see [`check`].
pub fn load<'s>(policy: &Policy, sources: impl Into<Sources<'s>>) -> Result<Plan, Vec<Problem>> {
    let checked = check_again(policy, sources);
    checked.plan.ok_or(checked.problems)
}

/// The same, with all that was found: for journeys that were in force, or are a test's.
pub fn check_again<'s>(policy: &Policy, sources: impl Into<Sources<'s>>) -> Checked {
    let tables = ZoneTables::bundled();
    let hash = |texts: Texts<'_>| this_hash(policy, &tables, texts);
    check_with(policy, &tables, sources.into(), Asked::Again, hash)
}

/// Compiles journeys, with facts if there are some, under a policy; says all errors and warnings of all files.
pub fn check<'s>(policy: &Policy, sources: impl Into<Sources<'s>>) -> Checked {
    check_declared(policy, sources, None)
}

/// The same, knowing what the shop says of its events. That finds slips; the plan is the same with it and without.
pub fn check_declared<'s>(
    policy: &Policy,
    sources: impl Into<Sources<'s>>,
    events: Option<&SourceFile>,
) -> Checked {
    let tables = ZoneTables::bundled();
    check_with(policy, &tables, sources.into(), Asked::Anew(events), |texts| {
        this_hash(policy, &tables, texts)
    })
}

fn this_hash(policy: &Policy, tables: &ZoneTables, texts: Texts<'_>) -> u128 {
    // A policy is plain data: writing it to memory cannot fail.
    hash::of_this_build(tables, &serde_json::to_vec(policy).unwrap_or_default(), texts)
}

/// Why journeys are read.
#[derive(Clone, Copy)]
pub(super) enum Asked<'s> {
    /// Somebody wants them to be in force: whatever would go wrong is refused, by what the shop says of its events as well.
    Anew(Option<&'s SourceFile>),
    /// They were in force, or are a test's: what can be run is.
    Again,
}

/// Name and text of every journey, in order of names; then those of the facts.
type Texts<'a> = Vec<(&'a str, &'a str)>;

/// With this the paths of problems of the policy begin.
const POLICY: &str = "policy.";

/// Under which name the facts are hashed: no journey can have it.
const FACTS: &str = "facts.yaml";

/// The same by other time-zone tables; `hash` says what the whole is called.
pub(super) fn check_with(
    policy: &Policy,
    tables: &Arc<ZoneTables>,
    sources: Sources<'_>,
    asked: Asked<'_>,
    hash: impl FnOnce(Texts<'_>) -> u128,
) -> Checked {
    let Sources { journeys: sources, facts: facts_file } = sources;
    let mut problems = Vec::new();
    if sources.len() > MAX_JOURNEYS {
        let message =
            format!("there are {} journeys; at most {MAX_JOURNEYS} are allowed", sources.len());
        let problems = vec![Problem::error("policy", 0..0, message)];
        let (sends, parts, known) = (Vec::new(), Vec::new(), KnownEvents::default());
        return Checked { plan: None, problems, sends, parts, known };
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
    let events_file = match asked {
        Asked::Anew(events) => events,
        Asked::Again => None,
    };
    let catalogue = declared::catalogue(events_file, &read, &mut problems);
    let mut slots = Slots { catalogue: Arc::new(catalogue), ..Slots::default() };
    let wanted = events::wanted(&read);
    let own_events = own_events::fact(&read, &wanted);
    let kept = begins::facts(&read).into_iter().chain(own_events).collect();
    let mut facts = facts::compile(facts_file, policy, (&wanted, kept), &mut slots, &mut problems);
    declared::add_changes(&mut slots);
    declared::add_transitions(&mut slots);
    declared::add_broadcasts(&mut slots);
    let mut compiled = Vec::new();
    for (source, definition) in &read {
        // One that has no room has said so.
        if !slots.is_full() {
            compiled.extend(compile::journey(source, definition, &mut slots, &mut problems));
        }
    }
    for journey in &mut compiled {
        let of_all = policy.active_from.map_or(journey.active_from, |from| from.0);
        journey.active_from = journey.active_from.max(of_all);
    }
    // What holds for all is about no event.
    slots.types.clear();
    let rules = rules::compile_all(policy, &mut slots, &mut problems);
    groups::bind(policy, &mut compiled, &mut slots, &mut problems);
    begins::bind(&mut facts.layout, &read, &mut compiled, &mut problems);
    policy::check(policy, tables, &read, &mut problems);
    fans_out::bind(&mut compiled, &slots);
    contradictions::check(policy, &rules, &read, asked, &mut problems);
    if let Asked::Anew(_) = asked {
        loops::check(&read, &compiled, (&facts, &slots.attributes), &mut problems);
        in_vain::check(policy, (&read, &compiled), &mut problems);
        problems.append(&mut facts.in_vain);
    }
    let order = |problem: &Problem| sources.iter().position(|source| source.path == problem.path);
    let of_policy =
        |problem: &Problem| order(problem).is_none() && problem.path.starts_with(POLICY);
    problems.sort_by_key(|problem| match of_policy(problem) {
        // In the order in which they were found: their places are in values.
        true => (None, 0, 0),
        false => (order(problem), problem.span.start, problem.span.end),
    });
    problems.dedup();
    bounded(&mut problems);
    let sends = sends::all(&read);
    if problems.iter().any(|problem| problem.severity == Severity::Error)
        || compiled.len() != sources.len()
    {
        let (parts, known) = (Vec::new(), KnownEvents::new(&slots.catalogue, BTreeSet::new()));
        return Checked { plan: None, problems, sends, parts, known };
    }
    let parts = parts::all(&read, &compiled);
    let events = events::interests(&read, &compiled, &slots.lists, &facts);
    let heard = events.keys().map(ToString::to_string).collect();
    let known = KnownEvents::new(&slots.catalogue, heard);
    let texts = read
        .iter()
        .map(|(source, definition)| (definition.journey.value.as_str(), source.text.as_str()));
    let of_facts = facts_file.map(|source| (FACTS, source.text.as_str()));
    let hash = hash(texts.chain(of_facts).collect());
    let Slots { fields, attributes, lists, products, .. } = slots;
    let own_events = own_events::number(&facts.layout);
    let plan = Plan {
        own_events,
        facts: facts.layout,
        segments: facts.segments,
        levels: facts.levels,
        kept: Subjects::ALL,
        hash,
        tables: Arc::clone(tables),
        policy: policy.clone(),
        rules,
        fields,
        attributes,
        lists,
        products,
        events,
        by_time: begins::by_time(&compiled),
        fans_out: fans_out::fans_out(&compiled),
        broadcasts: fans_out::broadcasts(&compiled),
        indexed: facts.indexed,
        follows_zone: compiled.iter().any(begins::follows_zone),
        journeys: compiled,
    };
    Checked { plan: Some(plan), problems, sends, parts, known }
}
