//! How a journey begins: an event, the items of one of its lists, an instant that is computed, or by time alone.

use super::compiler::Compiler;
use crate::event::vocabulary::Envelope;
use crate::event::{EventField, Subject};
use crate::fact::{Definition as Fact, Layout, MAX_BYTES, Reading};
use crate::journey::at::At;
use crate::journey::condition::{Deadline, Each, Elements, Field, Scope, type_alone};
use crate::journey::definition::{self, Definition, ReentryWord};
use crate::journey::op::Op;
use crate::journey::plan::{Backlog, ByTime, Journey, Key};
use crate::journey::problem::{Problem, SourceFile};
use std::cmp::Reverse;

/// What the items of a list may not be called: something else is.
const ROOTS: [&str; 8] =
    ["event", "profile", "customer", "local", "now", "waited", "catalogue", "key"];

impl Compiler<'_> {
    /// What may stand together in a trigger.
    pub(super) fn check_trigger(&mut self, definition: &Definition) {
        let trigger = &definition.trigger;
        let by_time = trigger.event.is_none();
        if let (Some(quiet_for), Some(_)) = (&trigger.quiet_for, &trigger.at) {
            let message = "`quiet_for` and `at` both say when a run enters";
            self.error(quiet_for, message, "remove one of them");
        }
        if let (Some(zone), None) = (&trigger.zone, &trigger.at) {
            self.error(zone, "`zone` is the zone of `at`, and there is none", "remove `zone`");
        }
        if let Some(backlog) = &trigger.backlog {
            if !by_time {
                let message = "a backlog is of instants that follow from facts: this journey begins by an event";
                self.error(backlog, message, "remove `backlog`, or `event`");
            }
            self.positive(&backlog.spread);
        }
        if !by_time {
            return;
        }
        if let Some(each) = &trigger.each {
            self.error(
                each,
                "there is no event that could have items",
                "remove `each`, or add `event:`",
            );
        }
        if let Some(key) = &definition.key {
            let message = "a journey that begins by time has no key: what it begins by is its key";
            self.error(key, message, "remove `key`");
        }
        if let Some(reentry) = &definition.reentry
            && reentry.value == definition::Reentry::Word(ReentryWord::Restart)
        {
            let message = "`restart` needs a trigger event";
            let help =
                "remove `reentry`: each newer base begins a run; let an exit end the one before";
            self.error(reentry, message, help);
        }
    }

    /// The trigger's `at`.
    pub(super) fn trigger_at(&mut self, definition: &Definition) -> Option<Deadline> {
        let written = definition.trigger.at.as_ref();
        // With an event, what a run keeps of it says when: then it can be asked again.
        let scope = if definition.trigger.event.is_none() { Scope::While } else { Scope::Step };
        let deadline = self.deadline(written, scope)?;
        if definition.trigger.event.is_none() {
            self.check_timeless(written?, &deadline);
        }
        Some(deadline)
    }

    /// What a journey begins by must not change by time alone: nobody would look.
    fn check_timeless(&mut self, written: &At<String>, deadline: &Deadline) {
        let facts = &self.slots.names.facts;
        let windowed = |fact| facts.get(fact).is_some_and(|fact| fact.bounds.over.is_some());
        let (mut reads, mut moves, mut catalogue) = (false, false, false);
        deadline.each_field(&mut |field| {
            reads = true;
            catalogue |= matches!(field, Field::Product(..));
            moves |= match field {
                Field::Now | Field::Local(_) => true,
                Field::Fact(_, Reading::Age | Reading::DaysSince | Reading::ToNext) => true,
                // All of them, whatever the time.
                Field::Fact(_, Reading::Expiry) => false,
                Field::Fact(fact, _) | Field::FactAt(fact, ..) => windowed(fact),
                Field::Event(_)
                | Field::Capture(_)
                | Field::Waited(_)
                | Field::Attribute(_)
                | Field::Consent(_)
                | Field::Product(..)
                | Field::EventTime
                | Field::List(_)
                | Field::Item(_) => false,
            };
        });
        if catalogue {
            let message = format!(
                "`{}` changes with the catalogue: a record of it is about no customer, and nobody would look whose instant is another",
                written.value
            );
            let help = "read facts and `profile.X`; ask for the catalogue in `when`, which is judged when the run enters, or begin by an event";
            self.error(written, message, help);
        } else if moves {
            let message = format!("`{}` changes as time passes: it says no instant", written.value);
            let help = "read facts without `over` or `for`, and `profile.X`; ask for what changes with time in `when`, which is judged when the run enters";
            self.error(written, message, help);
        } else if !reads {
            let message = format!("`{}` reads nothing of the customer", written.value);
            let help = "begin by a fact or an attribute, such as `last_order.at + 60d` or `next(profile.birthday)`";
            self.error(written, message, help);
        }
    }

    /// The `at` of trigger events; or all of a journey that begins by time.
    pub(super) fn begins(
        &mut self,
        definition: &Definition,
        at: Option<Deadline>,
    ) -> (Option<Box<Deadline>>, Option<Box<ByTime>>) {
        let Some(at) = at else { return (None, None) };
        if !definition.trigger.event.is_none() {
            return (Some(Box::new(at)), None);
        }
        let backlog = definition.trigger.backlog.as_ref();
        let backlog = backlog.map(|it| Backlog { since: it.since.value, spread: it.spread.value });
        (None, Some(Box::new(ByTime { at, backlog, begun: u16::MAX })))
    }

    /// From here on one item of the trigger's list can be read.
    pub(super) fn begin_items(&mut self, definition: &Definition) {
        self.slots.each = None;
        let (Some(text), false) = (&definition.trigger.each, definition.trigger.event.is_none())
        else {
            return;
        };
        let read = text.split_once(" as ").map(|(list, item)| (list.trim(), item.trim()));
        let Some((list, item)) = read.filter(|(_, item)| is_item(item)) else {
            let message = format!("`{}` is not a list with a name for its items", text.value);
            return self.error(text, message, "write it so: `each: event.order.items as item`");
        };
        let (kind, faults) = type_alone(list, None, self.slots);
        let path =
            list.strip_prefix("event.").filter(|_| kind.is_some_and(|kind| kind.may_be_list()));
        faults.into_iter().for_each(|fault| self.fault(text, fault));
        let Some(path) = path else {
            let message = format!("`{list}` is no list of the event");
            return self.error(text, message, "name a list, such as `event.order.items`");
        };
        let list = EventField::new(path.split('.').map(Into::into).collect(), false);
        self.slots.each = Some(Elements::new(item, list));
    }

    /// What was read of the items. What tells them apart is the journey's key.
    pub(super) fn end_items(&mut self, definition: &Definition, key: &Key) -> Option<Each> {
        let each = self.slots.each.take()?;
        let text = definition.trigger.each.as_ref()?;
        let name = each.name.clone();
        let types = definition.trigger.event.names().iter();
        let mut keys: Vec<Option<u16>> = types.map(|kind| key.of(kind)).collect();
        keys.dedup();
        let read = match keys.as_slice() {
            [Some(key)] => each.read(*key),
            _ => None,
        };
        if read.is_none() {
            let help = format!("add `key:`, such as `key: {name}.product`");
            self.error(text, "`each` needs a key of the item: it tells the runs apart", help);
        }
        read
    }
}

fn is_item(name: &str) -> bool {
    let bytes = name.as_bytes();
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
        && !ROOTS.contains(&name)
        && Subject::parse(bytes).is_none()
        && Envelope::parse(bytes).is_none()
}

/// For each journey that begins by time the fact in which it keeps by what it has begun, to be completed by [`bind`].
pub(super) fn facts(read: &[(&SourceFile, Definition)]) -> Vec<Fact> {
    let by_time = read.iter().filter(|(_, definition)| begins_by_time(definition));
    by_time.map(|(_, definition)| ByTime::begun(&definition.journey)).collect()
}

fn begins_by_time(definition: &Definition) -> bool {
    definition.trigger.event.is_none()
}

/// The journeys know their facts, and these what they are about. Where there is no facts file nobody has looked whether there is room.
pub(super) fn bind(
    layout: &mut Layout,
    read: &[(&SourceFile, Definition)],
    journeys: &mut [Journey],
    problems: &mut Vec<Problem>,
) {
    for journey in journeys {
        if let Some(by_time) = &mut journey.by_time {
            by_time.begun = layout.bind(&ByTime::begun(&journey.name).name, &by_time.at.base_text);
        }
    }
    let most = layout.most_bytes();
    let first = read.iter().find(|(_, definition)| begins_by_time(definition));
    let at = first.and_then(|(source, definition)| Some((source, definition.trigger.at.as_ref()?)));
    if let (true, Some((source, at))) = (most > MAX_BYTES, at) {
        let message = format!(
            "with what the journeys that begin by time keep, the facts of a customer could take {most} bytes; at most {MAX_BYTES} are allowed"
        );
        let problem = Problem::error(&source.path, at.span.clone(), message);
        problems.push(
            problem.help("let fewer journeys begin by time, or lower `up_to` or `keys` of a fact"),
        );
    }
}

/// The journeys that begin by time, by priority and name; all are in order of names.
pub(super) fn by_time(journeys: &[Journey]) -> Vec<u16> {
    let all = (0u16..).zip(journeys).filter(|(_, journey)| journey.by_time.is_some());
    let mut all: Vec<u16> = all.map(|(number, _)| number).collect();
    all.sort_by_key(|number| Reverse(journeys[usize::from(*number)].priority));
    all
}

/// Whether a wait of the journey goes by where the customer's clock stands as it does then.
pub(super) fn follows_zone(journey: &Journey) -> bool {
    let follows = |op: &Op| op.local_deadline().is_some();
    journey.ops.iter().any(follows)
}
