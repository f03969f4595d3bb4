//! A journey's plan as a graph for people: what it begins with, steps, what they do, what follows, what ends it.

use super::view::{Begins, Edge, GoalView, JourneyGraph, Leaving, StepView};
use cartwheel_core::journey::condition::Deadline;
use cartwheel_core::journey::op::{Op, Successor};
use cartwheel_core::journey::plan::{By, Exit, Interest, Journey, JourneyInterest, Plan};
use compact_str::CompactString;

/// The graphs of all journeys, in order of their names.
pub fn graphs(plan: &Plan) -> Vec<JourneyGraph> {
    let numbered = (0u16..).zip(&plan.journeys);
    numbered.map(|(number, journey)| graph(plan, number, journey)).collect()
}

/// The graph of the journey that has this number in the plan.
fn graph(plan: &Plan, number: u16, journey: &Journey) -> JourneyGraph {
    let roles = Roles::of(plan, number);
    let steps = (0u16..).zip(&journey.ops).filter_map(|(at, op)| step(journey, at, op)).collect();
    JourneyGraph {
        journey: journey.name.to_string(),
        version: journey.version.to_string(),
        class: journey.class,
        priority: journey.priority,
        tags: journey.tags.iter().map(ToString::to_string).collect(),
        quiet_for: journey.quiet_for.map(|span| span.to_string()),
        at: begins(journey).map(|at| at.text.to_string()),
        begins: beginning(journey, &roles),
        while_: journey.while_.as_ref().map(|condition| condition.text.to_string()),
        exits: exits(journey, &roles),
        goal: goal(journey, &roles),
        first: named(journey, 0),
        steps,
    }
}

/// The event types that mean something to one journey, in order of their names.
struct Roles<'p>(Vec<(&'p str, &'p JourneyInterest)>);

impl<'p> Roles<'p> {
    fn of(plan: &'p Plan, number: u16) -> Self {
        let of_type = |(kind, interest): (&'p CompactString, &'p Interest)| {
            let found = interest.journeys.iter().find(|one| one.journey == number)?;
            Some((kind.as_str(), found))
        };
        let mut roles: Vec<_> = plan.events.iter().filter_map(of_type).collect();
        roles.sort_unstable_by_key(|(kind, _)| *kind);
        Self(roles)
    }

    fn names(&self, has: impl Fn(&JourneyInterest) -> bool) -> Vec<String> {
        let found = self.0.iter().filter(|(_, interest)| has(interest));
        found.map(|(kind, _)| (*kind).to_owned()).collect()
    }
}

/// When its runs begin, where that is computed.
fn begins(journey: &Journey) -> Option<&Deadline> {
    let by_time = journey.by_time.as_deref().map(|by_time| &by_time.at);
    by_time.or(journey.at.as_deref())
}

fn beginning(journey: &Journey, roles: &Roles<'_>) -> Begins {
    let for_many = journey.fan_out.iter().map(|it| match &it.by {
        By::Product(transition) => transition.name().to_owned(),
        By::Broadcast(name) => format!("broadcast {name}"),
    });
    Begins {
        events: roles.names(|interest| interest.trigger).into_iter().chain(for_many).collect(),
        when: journey.begins_if().map(|condition| condition.text.to_string()),
        moved_by: roles.names(|interest| interest.moves),
    }
}

fn exits(journey: &Journey, roles: &Roles<'_>) -> Vec<Leaving> {
    let exit = |(number, exit): (u8, &Exit)| {
        let on = roles.names(|interest| interest.exits.contains(&number));
        let when = exit.condition.as_ref().map(|condition| condition.text.to_string());
        Some(Leaving { on: on.into_iter().next()?, when })
    };
    (0u8..).zip(&journey.exits).filter_map(exit).collect()
}

fn goal(journey: &Journey, roles: &Roles<'_>) -> Option<GoalView> {
    let on = roles.names(|interest| interest.goal).into_iter().next()?;
    Some(GoalView { on, within: journey.goal_within?.to_string() })
}

/// None where nobody wrote a step.
fn step(journey: &Journey, at: u16, op: &Op) -> Option<StepView> {
    let edge = |way: Successor| Edge { to: named(journey, way.to), when: way.when };
    Some(StepView {
        step: op.step()?.to_string(),
        kind: op.kind().to_owned(),
        says: op.words(),
        next: op.successors(at).into_iter().map(edge).collect(),
    })
}

/// The step at `at`, or the one that jumps from there lead to; none at the end. Jumps only go forward, so this ends.
fn named(journey: &Journey, at: u16) -> Option<String> {
    let op = journey.ops.get(usize::from(at))?;
    match op.step() {
        Some(step) => Some(step.to_string()),
        None => named(journey, op.successors(at).first().filter(|way| way.to > at)?.to),
    }
}

#[cfg(test)]
mod tests;
