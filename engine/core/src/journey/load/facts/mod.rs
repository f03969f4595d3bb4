//! `facts.yaml`: read (`read`), compiled to facts with their numbers (`fact`, `ledger`; what they read of events in `paths`; `levels`) and to conditions that are used by
//! their names (`segments`), each behind those that it reads (`named`).

mod checker;
mod fact;
mod ledger;
mod levels;
mod named;
mod paths;
mod read;
mod segments;

use super::{Problem, SourceFile, yaml};
use crate::event::vocabulary::EVENT_TYPES;
use crate::fact::{Definition, Layout, MAX_BYTES, Role};
use crate::journey::at::At;
use crate::journey::condition::{Alone, Names, Slots, change_of};
use crate::journey::facts_file::FactsFile;
use crate::journey::level::Levels;
use crate::policy::Policy;
use compact_str::CompactString;
use std::collections::BTreeSet;

pub(super) use levels::{reading, reading_attribute};

/// What a facts file comes to. Without one it is what every shop has.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub layout: Layout,
    pub segments: Vec<(CompactString, CompactString)>,
    pub levels: Levels,
    /// The sets that are indexed.
    pub indexed: Vec<u16>,
    /// Of each fact that has some.
    conditions: Vec<(u16, Role, Alone)>,
    /// Of each line of a ledger that has one.
    amounts: Vec<(u16, Role, Alone)>,
    /// What is wrong where somebody wants the file to be in force.
    pub in_vain: Vec<Problem>,
}

impl Compiled {
    /// The condition under which a fact's events count in this role.
    pub(super) fn condition(&self, fact: u16, role: Role) -> Option<&Alone> {
        found(&self.conditions, fact, role)
    }

    /// How much the events of a line of a ledger enter.
    pub(super) fn amount(&self, fact: u16, role: Role) -> Option<&Alone> {
        found(&self.amounts, fact, role)
    }
}

fn found(all: &[(u16, Role, Alone)], fact: u16, role: Role) -> Option<&Alone> {
    let found = |(number, of, _): &&(u16, Role, Alone)| (*number, *of) == (fact, role);
    all.iter().find(found).map(|(.., alone)| alone)
}

/// Compiles the file; its names are for the conditions that are compiled behind it. `wanted` are the event types that some journey hears of,
/// `kept` the facts that journeys keep for themselves.
pub(super) fn compile(
    source: Option<&SourceFile>,
    policy: &Policy,
    (wanted, kept): (&BTreeSet<&str>, Vec<Definition>),
    slots: &mut Slots,
    problems: &mut Vec<Problem>,
) -> Compiled {
    let currency = policy.currency.as_deref();
    let built_in = |kept| Compiled { layout: Layout::new(kept, currency), ..Compiled::default() };
    let Some(source) = source else { return built_in(kept) };
    let tree = yaml::read(&source.path, &source.text, problems);
    let Some(file) = tree.and_then(|tree| read::file(source, &tree, problems)) else {
        return built_in(kept);
    };
    let (mut own, mut conditions, mut amounts) = (kept, Vec::new(), Vec::new());
    let mut in_vain = Vec::new();
    for (name, text) in &file.facts {
        if let Some(fact) = fact::compile(source, name, text, &slots.catalogue, problems) {
            let name = |(role, alone)| (fact.definition.name.clone(), role, alone);
            conditions.extend(fact.conditions.into_iter().map(name));
            amounts.extend(fact.amounts.into_iter().map(name));
            in_vain.extend(fact.in_vain);
            own.push(fact.definition);
        }
    }
    let changes: Vec<String> = file.changing().map(change_of).collect();
    let heard = |event: &str| wanted.contains(event) && !EVENT_TYPES.contains(&event);
    let watched = file.segments.iter().filter(|(name, _)| heard(&change_of(name)));
    own.extend(watched.map(|(name, text)| levels::watched(name, text)));
    check_changes(source, &file, &changes, problems);
    let mut layout = Layout::new(own, currency);
    check_memory(source, &file, &layout, problems);
    let number = |name: &str| layout.named(name).map(|(number, _)| number);
    let numbered = |all: Vec<(CompactString, Role, Alone)>| {
        let all = all.into_iter();
        all.filter_map(|(name, role, alone)| Some((number(&name)?, role, alone))).collect()
    };
    let (conditions, amounts) = (numbered(conditions), numbered(amounts));
    let indexed = file.facts.iter().filter(|(_, fact)| fact.indexed.is_some());
    let mut indexed: Vec<u16> = indexed.filter_map(|(name, _)| number(name)).collect();
    indexed.sort_unstable();
    let names = Names { facts: layout.clone(), changes, ..Names::default() };
    slots.names = Names { indexed: indexed.clone(), ..names };
    segments::check_names(source, &file, problems);
    let levels = segments::compile(source, &file, (slots, &mut layout), heard, problems);
    let text =
        |(name, text): &(At<String>, At<String>)| (name.as_str().into(), text.as_str().into());
    let segments = file.segments.iter().map(text).collect();
    Compiled { layout, segments, levels, indexed, conditions, amounts, in_vain }
}

/// What a level says must not depend on its own changes.
fn check_changes(
    source: &SourceFile,
    file: &FactsFile,
    changes: &[String],
    problems: &mut Vec<Problem>,
) {
    let events = file.facts.iter().flat_map(|(_, fact)| fact.events());
    for event in events.filter(|event| changes.contains(&event.value)) {
        let message = format!("`{}` tells of a change of what is made of facts", event.value);
        let problem = Problem::error(&source.path, event.span.clone(), message);
        problems.push(problem.help("count what happens in the shop"));
    }
}

/// What a customer's facts take at most is known here, so that no customer is ever too large.
fn check_memory(
    source: &SourceFile,
    file: &FactsFile,
    layout: &Layout,
    problems: &mut Vec<Problem>,
) {
    let most = layout.most_bytes();
    let largest = layout.iter().map(|(_, fact)| fact).max_by_key(|fact| fact.most_bytes());
    let (true, Some(largest)) = (most > MAX_BYTES, largest) else { return };
    let named = file.facts.iter().find(|(name, _)| name.value == largest.name);
    let at = named.map_or(0..0, |(name, _)| name.span.clone());
    let message = format!(
        "the facts of a customer could take {most} bytes; at most {MAX_BYTES} are allowed, and this one has the largest part, {}",
        largest.most_bytes()
    );
    let help =
        "lower its `up_to` or `keys`, or keep less: without `up_to` 64 contributions stay open";
    problems.push(Problem::error(&source.path, at, message).help(help));
}
