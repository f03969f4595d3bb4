//! What stands in the boxes of a journey's drawing, a line each.

use crate::admin::view::{Begins, JourneyCounts, JourneyGraph, ReasonCount, StepCounts, StepView};
use cartwheel_core::decision::Verdict;

/// What begins the journey.
pub fn lines_of_beginning(graph: &JourneyGraph) -> Vec<String> {
    let Begins { events, when, moved_by } = &graph.begins;
    let mut lines = vec![graph.journey.clone()];
    if !events.is_empty() {
        lines.push(events.join(" or "));
    }
    lines.extend(when.as_ref().map(|when| format!("if {when}")));
    lines.extend(graph.at.as_ref().map(|at| format!("at {at}")));
    lines.extend(graph.quiet_for.as_ref().map(|quiet| format!("after {quiet} of quiet")));
    if !moved_by.is_empty() {
        lines.push(format!("also without {}", moved_by.join(", ")));
    }
    lines
}

/// What a step is, and does.
pub fn lines_of_step(step: &StepView) -> Vec<String> {
    let kind = step.kind.replace('_', " ");
    match step.kind.as_str() {
        // Named by what they do, unless somebody has named them.
        "wait" | "wait_until" | "wait_for" => vec![format!("{kind} {}", step.says)],
        "send" | "set" | "emit" if !step.says.is_empty() => {
            vec![format!("{kind} {}", step.step), step.says.clone()]
        }
        _ => vec![format!("{kind} {}", step.step)],
    }
}

/// Who came in, and who waits to.
pub(super) fn numbers_of_beginning(counts: &JourneyCounts) -> String {
    let refused = sum(&counts.decisions, Verdict::Refused);
    told([
        (counts.windows, "wait for quiet"),
        (sum(&counts.decisions, Verdict::Entered), "entered"),
        (refused, "refused"),
    ])
}

/// Who is before the step, and what it has decided.
pub(super) fn numbers_of_step(counts: &StepCounts) -> String {
    let of = |verdict| sum(&counts.decisions, verdict);
    told([
        (counts.runs, "here"),
        (of(Verdict::Sent), "sent"),
        (of(Verdict::Deferred), "put off"),
        (of(Verdict::Dropped), "left out"),
        (of(Verdict::HeldOut), "kept back"),
        (of(Verdict::Waited), "went on"),
        (of(Verdict::Branched), "came by"),
        (of(Verdict::Updated) + of(Verdict::Emitted), "done"),
        (of(Verdict::Exited), "left"),
    ])
}

/// Who came through, who left on the way, and what it was good for.
pub(super) fn numbers_of_end(counts: &JourneyCounts) -> String {
    let of = |verdict| sum(&counts.decisions, verdict);
    told([
        (of(Verdict::Finished), "came through"),
        (of(Verdict::Exited), "left early"),
        (of(Verdict::Converted), "reached the goal"),
    ])
}

fn sum(rows: &[ReasonCount], verdict: Verdict) -> u64 {
    rows.iter().filter(|row| row.decision == verdict).map(|row| row.count).sum()
}

/// What there is any of.
fn told<const N: usize>(numbers: [(u64, &str); N]) -> String {
    let known = numbers.into_iter().filter(|(number, _)| *number > 0);
    known
        .map(|(number, what)| format!("{} {what}", grouped(number)))
        .collect::<Vec<_>>()
        .join(" · ")
}

/// `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
