//! Definition to journey: names, limits, conditions, exits. Keys are in [`super::keys`], the steps are laid out in [`super::step`].

use super::compiler::Compiler;
use super::names::{self, NameOf};
use super::{Problem, SourceFile};
use super::{keys, step};
use crate::channel::Class;
use crate::customer::{LatestId, Use};
use crate::event::Subject;
use crate::journey::condition::{MAX_SLOTS, Scope, Slots};
use crate::journey::definition::{Definition, EventTypes, ExitRule, OnChange};
use crate::journey::plan::{Exit, Journey};
use crate::journey::shown::Subjects;
use crate::time::{DAY, Millis, Span};
use compact_str::{CompactString, format_compact};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// `max_event_age` where it is not given.
const MAX_EVENT_AGE: Span = Span(DAY);
/// Most fields of its trigger event that a run keeps.
const MAX_CAPTURES: usize = 256;
/// `max_runs` where it is not given.
const MAX_RUNS_OF_JOURNEY: u8 = 8;

/// Compiles one journey. Where a part has an error the journey lacks that part: it is good for finding more problems only.
pub(super) fn journey(
    source: &SourceFile,
    definition: &Definition,
    slots: &mut Slots,
    problems: &mut Vec<Problem>,
) -> Option<Journey> {
    let mut compiler = Compiler { source, slots, captures: Vec::new(), problems };
    (compiler.slots.waits, compiler.slots.waited) = (false, Vec::new());
    compiler.slots.waits_for.clear();
    compiler.slots.types = types(&definition.trigger.event);
    compiler.slots.by_time = definition.trigger.event.is_none();
    compiler.slots.keyed = definition.key.is_some();
    compiler.begin_items(definition);
    compiler.check_names(definition);
    compiler.warn_of_repeats(definition);
    compiler.check_spans(definition);
    compiler.check_trigger(definition);
    let when = compiler.condition(definition.trigger.when.as_ref(), Scope::Event);
    let key = compiler.key(definition);
    let at = compiler.trigger_at(definition);
    let exits = definition
        .exit
        .iter()
        .map(|rule| Exit {
            condition: compiler.condition_on(std::slice::from_ref(&rule.on), rule.when.as_ref()),
            latest: exit_id(definition, rule),
        })
        .collect();
    let while_ = compiler.condition(definition.while_.as_ref(), Scope::While);
    let fan_out = compiler.fan_out(definition);
    let reentry = compiler.reentry(definition);
    let (ops, pools) = step::lay_out(&mut compiler, definition.class, &definition.steps);
    compiler.check_key(definition, &ops);
    compiler.check_renamed(definition, &ops);
    let each = compiler.end_items(definition, &key);
    let (at, by_time) = compiler.begins(definition, at);
    (compiler.slots.by_time, compiler.slots.keyed) = (false, false);
    compiler.check_room(definition);
    Some(Journey {
        name: definition.journey.as_str().into(),
        version: version(&source.text),
        meaning: meaning(definition),
        on_change: definition.on_change,
        renamed: renamed(definition),
        class: definition.class,
        priority: definition.priority.value,
        tags: definition.tags.iter().map(|tag| tag.as_str().into()).collect(),
        when,
        quiet_for: definition.trigger.quiet_for.as_ref().map(|span| span.value),
        at,
        each,
        fan_out,
        by_time,
        key,
        reentry,
        max_runs: definition.max_runs.as_ref().map_or(MAX_RUNS_OF_JOURNEY, |most| most.value),
        exits,
        filtered: LatestId::of(Use::Ends, &[&definition.journey]),
        moved: LatestId::of(Use::Moves, &[&definition.journey]),
        while_,
        // Told when all journeys are there.
        group: None,
        holdout: definition.holdout.0,
        goal_within: definition.goal.as_ref().map(|goal| goal.within.value),
        max_event_age: definition.max_event_age.as_ref().map_or(MAX_EVENT_AGE, |age| age.value),
        active_from: definition.active_from.as_ref().map_or(Millis::MIN, |from| from.value.0),
        captures: compiler.captures,
        waited: std::mem::take(&mut compiler.slots.waited),
        pools,
        openings: Journey::openings(&ops),
        own: own(definition),
        ops,
    })
}

fn types(events: &EventTypes) -> Vec<String> {
    events.names().iter().map(|name| name.value.clone()).collect()
}

/// The documents of which the trigger events bring the whole.
fn own(definition: &Definition) -> Subjects {
    let triggers = definition.trigger.event.names();
    let whole = |subject: &Subject| triggers.iter().any(|event| subject.is_whole_in(event));
    Subjects::of(Subject::KEPT.into_iter().filter(whole))
}

/// What an exit rule's time is kept under: the same wherever the same event ends runs under the same condition, found by the same key.
fn exit_id(definition: &Definition, rule: &ExitRule) -> LatestId {
    let when = rule.when.as_ref().map_or("", |when| when.as_str());
    match keys::path_of(definition, &rule.on) {
        Some(path) => LatestId::of(Use::Ends, &[&rule.on, when, path]),
        None => LatestId::of(Use::Ends, &[&rule.on, when]),
    }
}

/// A hash of what is written, not of how; what is said about changes is none.
fn meaning(definition: &Definition) -> u64 {
    let (on_change, renamed) = (OnChange::default(), BTreeMap::new());
    let said = Definition { on_change, renamed, ..definition.clone() };
    // What was read from text can be written as text.
    xxh3_64(&serde_json::to_vec(&said).unwrap_or_default())
}

fn renamed(definition: &Definition) -> Vec<(CompactString, CompactString)> {
    let names = definition.renamed.iter();
    names.map(|(old, new)| (old.as_str().into(), new.as_str().into())).collect()
}

/// The first 8 hex digits of the hash of the file's text.
fn version(text: &str) -> CompactString {
    let mut digits = format_compact!("{:032x}", xxh3_128(text.as_bytes()));
    digits.truncate(8);
    digits
}

impl Compiler<'_> {
    fn check_names(&mut self, definition: &Definition) {
        names::check(self.source, &definition.journey, NameOf::Journey, self.problems);
        for tag in &definition.tags {
            names::check(self.source, tag, NameOf::Tag, self.problems);
        }
        let trigger = &definition.trigger;
        let exits = definition.exit.iter().map(|rule| &rule.on);
        let goal = definition.goal.iter().map(|goal| &goal.on);
        for name in trigger.event.names().iter().chain(&trigger.moved_by).chain(exits).chain(goal) {
            self.check_event(name);
        }
    }

    /// What conditions read has room: of the whole configuration, and in a run.
    fn check_room(&mut self, definition: &Definition) {
        let name = &definition.journey;
        if self.slots.is_full() {
            let message = format!(
                "with this journey conditions read {MAX_SLOTS} fields, attributes or lists and more"
            );
            self.error(name, message, "read fewer");
        }
        let kept = self.captures.len();
        if kept > MAX_CAPTURES {
            let message = format!(
                "the steps read {kept} fields of the trigger event, which every run keeps; at most {MAX_CAPTURES} are allowed"
            );
            self.error(name, message, "read fewer, or split the journey");
        }
    }

    fn check_spans(&mut self, definition: &Definition) {
        let trigger = &definition.trigger;
        let goal = definition.goal.as_ref().map(|goal| &goal.within);
        for span in [trigger.quiet_for.as_ref(), definition.max_event_age.as_ref(), goal]
            .into_iter()
            .flatten()
        {
            self.positive(span);
        }
        if let (None, Some(first)) = (&trigger.quiet_for, trigger.moved_by.first()) {
            self.error(
                first,
                "`moved_by` moves the abandonment window, and there is none",
                "add `quiet_for:`, such as `quiet_for: 1h`",
            );
        }
        if definition.class == Class::Transactional && definition.holdout.0 > 0 {
            let message = "a transactional journey has no holdout: everybody gets its messages";
            self.problems.push(
                Problem::error(&self.source.path, definition.journey.span.clone(), message)
                    .help("remove `holdout:`"),
            );
        }
    }
}
