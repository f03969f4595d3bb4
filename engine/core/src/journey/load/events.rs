//! Who wants which event, and which of its fields.

use super::facts::Compiled;
use super::facts::reading;
use crate::journey::condition::{Capture, Condition, Field, List};
use crate::journey::definition::{Definition, Step, WaitFor};
use crate::journey::feeding::Feeding;
use crate::journey::plan::{Interests, Journey, JourneyInterest};
use crate::journey::problem::SourceFile;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The event types that some journey hears of.
pub(super) fn wanted<'d>(read: &'d [(&SourceFile, Definition)]) -> BTreeSet<&'d str> {
    let mut all = BTreeSet::new();
    for (_, Definition { trigger, exit, goal, steps, .. }) in read {
        let exits = exit.iter().map(|rule| &rule.on);
        let goal = goal.iter().map(|goal| &goal.on);
        let names = trigger.event.names().iter().chain(&trigger.moved_by).chain(exits).chain(goal);
        all.extend(names.map(|name| name.as_str()));
        add_waited_for(steps, &mut all);
    }
    all
}

fn add_waited_for<'d>(steps: &'d [Step], all: &mut BTreeSet<&'d str>) {
    for step in steps {
        if let Step::Wait { wait, .. } = step
            && let WaitFor::Event(event) = &wait.value
        {
            all.extend(event.for_.names().iter().map(|name| name.as_str()));
        }
        step.inner().into_iter().for_each(|steps| add_waited_for(steps, all));
    }
}

/// The index over all facts, and all journeys in order of their names.
pub(super) fn interests(
    read: &[(&SourceFile, Definition)],
    journeys: &[Journey],
    lists: &[List],
    facts: &Compiled,
) -> Interests {
    let mut events = Interests::default();
    for (fact, definition) in facts.layout.iter() {
        for role in definition.roles() {
            let (when, amount) = (facts.condition(fact, role), facts.amount(fact, role));
            for event in definition.feed(role).iter().flat_map(|feed| &feed.on) {
                let amount = amount.cloned().map(Box::new);
                let feeding = Feeding { fact, role, when: when.cloned(), amount };
                let interest = events.entry(event.clone()).or_default();
                interest.facts.push(feeding);
                interest.indexed |= facts.indexed.contains(&fact);
                interest.levels |= reading(&facts.levels, &facts.layout, fact);
            }
        }
    }
    for level in facts.levels.all.iter().filter(|level| level.heard) {
        events.entry(level.event.clone()).or_default().derived = true;
    }
    for (number, ((_, definition), journey)) in read.iter().zip(journeys).enumerate() {
        let journey_number = u16::try_from(number).unwrap_or(u16::MAX);
        let mut index = Index { events: &mut events, lists, journey: journey_number };
        index.add(definition, journey);
    }
    let by_time: Vec<_> = journeys.iter().filter_map(|it| it.by_time.as_deref()).collect();
    for interest in events.values_mut() {
        let says_when = |fact| by_time.iter().any(|by_time| by_time.reads(fact));
        interest.arms = interest.facts.iter().any(|feeding| says_when(feeding.fact));
        interest.fields.sort_unstable();
        interest.fields.dedup();
        let priority = |of: &JourneyInterest| journeys[usize::from(of.journey)].priority;
        // Stable: those of one priority stay in the order of their names.
        interest.journeys.sort_by_key(|of| Reverse(priority(of)));
    }
    events
}

struct Index<'i> {
    events: &'i mut Interests,
    lists: &'i [List],
    journey: u16,
}

impl Index<'_> {
    fn add(&mut self, definition: &Definition, journey: &Journey) {
        let (trigger, lists) = (&definition.trigger.event, self.lists);
        // What happens to a product is nobody's event: the shard looks for whom the journey begins.
        let own = trigger.names().iter().filter(|_| journey.fan_out.is_none());
        for event in own {
            let when = journey.when.iter().flat_map(|when| event_fields(when, lists));
            let captures = journey.captures.iter().flat_map(|capture| captured(*capture, lists));
            self.want(event, journey, when.chain(captures), |interest| interest.trigger = true);
        }
        for event in definition.trigger.moved_by.iter().filter(|event| !trigger.contains(event)) {
            self.want(event, journey, None, |interest| interest.moves = true);
        }
        for (number, (rule, exit)) in definition.exit.iter().zip(&journey.exits).enumerate() {
            let read = exit.condition.iter().flat_map(|when| event_fields(when, lists));
            self.want(&rule.on, journey, read, |interest| {
                interest.exits.push(u8::try_from(number).unwrap_or(u8::MAX))
            });
        }
        for (op, wait) in (0..).zip(&journey.ops).filter_map(|(at, op)| Some((at, op.wait_for()?)))
        {
            for event in &wait.events {
                let read = wait.condition.iter().flat_map(|when| event_fields(when, lists));
                let read = read.chain(journey.waited.iter().copied().flatten());
                self.want(event, journey, read, |interest| interest.waits.push(op));
            }
        }
        if let Some(goal) = &definition.goal {
            self.want(&goal.on, journey, None, |interest| interest.goal = true);
        }
    }

    fn want(
        &mut self,
        event: &str,
        journey: &Journey,
        fields: impl IntoIterator<Item = u16>,
        mark: impl FnOnce(&mut JourneyInterest),
    ) {
        let interest = self.events.entry(event.into()).or_default();
        interest.fields.extend(fields);
        if interest.journeys.last().is_none_or(|last| last.journey != self.journey) {
            let key = journey.key.of(event);
            let new = JourneyInterest { journey: self.journey, key, ..JourneyInterest::default() };
            interest.journeys.push(new);
        }
        if let Some(last) = interest.journeys.last_mut() {
            mark(last);
        }
    }
}

/// The event fields that a condition reads, and those that its lists read.
fn event_fields<'l>(condition: &'l Condition, lists: &'l [List]) -> impl Iterator<Item = u16> {
    let captures = condition.fields.iter().filter_map(|(_, field)| match field {
        Field::List(number) => Some(Capture::List(*number)),
        other => other.event().map(Capture::Field),
    });
    captures.flat_map(|capture| captured(capture, lists))
}

/// The event fields that are read for it.
fn captured(capture: Capture, lists: &[List]) -> Vec<u16> {
    match capture {
        Capture::Field(number) => vec![number],
        Capture::List(number) => {
            lists.get(usize::from(number)).map_or_else(Vec::new, |list| list.reads.clone())
        }
    }
}
