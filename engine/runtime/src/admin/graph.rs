//! A journey's plan as a graph for people: steps, what they do, what follows.

use super::view::{Edge, JourneyGraph, StepView};
use cartwheel_core::journey::condition::Deadline;
use cartwheel_core::journey::op::{Op, Successor};
use cartwheel_core::journey::plan::Journey;

/// The graph of a journey.
pub fn graph(journey: &Journey) -> JourneyGraph {
    let steps = (0u16..).zip(&journey.ops).filter_map(|(at, op)| step(journey, at, op)).collect();
    JourneyGraph {
        journey: journey.name.to_string(),
        version: journey.version.to_string(),
        class: journey.class,
        priority: journey.priority,
        tags: journey.tags.iter().map(ToString::to_string).collect(),
        quiet_for: journey.quiet_for.map(|span| span.to_string()),
        at: begins(journey).map(|at| at.text.to_string()),
        first: named(journey, 0),
        steps,
    }
}

/// When its runs begin, where that is computed.
fn begins(journey: &Journey) -> Option<&Deadline> {
    let by_time = journey.by_time.as_deref().map(|by_time| &by_time.at);
    by_time.or(journey.at.as_deref())
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
