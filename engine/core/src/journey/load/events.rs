//! Who wants which event, and which of its fields.

use super::facts::Compiled;
use crate::fact::Role;
use crate::journey::condition::Condition;
use crate::journey::definition::Definition;
use crate::journey::feeding::Feeding;
use crate::journey::plan::{Interests, Journey, JourneyInterest};
use crate::journey::problem::SourceFile;

/// The index over all facts, and all journeys in order of their names.
pub(super) fn interests(
    read: &[(&SourceFile, Definition)],
    journeys: &[Journey],
    facts: &Compiled,
) -> Interests {
    let mut events = Interests::default();
    for (fact, definition) in facts.layout.iter() {
        for role in [Role::Adds, Role::Takes] {
            let when = facts.condition(fact, role);
            for event in definition.feed(role).iter().flat_map(|feed| &feed.on) {
                let feeding = Feeding { fact, role, when: when.cloned() };
                events.entry(event.clone()).or_default().facts.push(feeding);
            }
        }
    }
    for (number, ((_, definition), journey)) in read.iter().zip(journeys).enumerate() {
        let mut index =
            Index { events: &mut events, journey: u16::try_from(number).unwrap_or(u16::MAX) };
        index.add(definition, journey);
    }
    for interest in events.values_mut() {
        interest.fields.sort_unstable();
        interest.fields.dedup();
    }
    events
}

struct Index<'i> {
    events: &'i mut Interests,
    journey: u16,
}

impl Index<'_> {
    fn add(&mut self, definition: &Definition, journey: &Journey) {
        let trigger = &definition.trigger.event;
        for event in trigger.names() {
            let read = journey
                .when
                .iter()
                .flat_map(event_fields)
                .chain(journey.key)
                .chain(journey.captures.iter().copied());
            self.want(event, read, |interest| interest.trigger = true);
        }
        for event in definition.trigger.moved_by.iter().filter(|event| !trigger.contains(event)) {
            self.want(event, journey.key, |interest| interest.moves = true);
        }
        for (number, (rule, exit)) in definition.exit.iter().zip(&journey.exits).enumerate() {
            let read = exit.condition.iter().flat_map(event_fields);
            self.want(&rule.on, read, |interest| {
                interest.exits.push(u8::try_from(number).unwrap_or(u8::MAX))
            });
        }
        for (op, wait) in (0..).zip(&journey.ops).filter_map(|(at, op)| Some((at, op.wait_for()?)))
        {
            for event in &wait.events {
                let read = wait.condition.iter().flat_map(event_fields);
                let read = read.chain(journey.key).chain(journey.waited.iter().copied().flatten());
                self.want(event, read, |interest| interest.waits.push(op));
            }
        }
        if let Some(goal) = &definition.goal {
            self.want(&goal.on, None, |interest| interest.goal = true);
        }
    }

    fn want(
        &mut self,
        event: &str,
        fields: impl IntoIterator<Item = u16>,
        mark: impl FnOnce(&mut JourneyInterest),
    ) {
        let interest = self.events.entry(event.into()).or_default();
        interest.fields.extend(fields);
        if interest.journeys.last().is_none_or(|last| last.journey != self.journey) {
            interest
                .journeys
                .push(JourneyInterest { journey: self.journey, ..JourneyInterest::default() });
        }
        if let Some(last) = interest.journeys.last_mut() {
            mark(last);
        }
    }
}

/// The event fields that a condition reads.
fn event_fields(condition: &Condition) -> impl Iterator<Item = u16> {
    condition.fields.iter().filter_map(|(_, field)| field.event())
}
