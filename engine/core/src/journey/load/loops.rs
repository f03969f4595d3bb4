//! Journeys that begin each other for ever: what one emits begins the next, and the last of them the first again.
//!
//! Only what somebody writes anew is looked at: a configuration that has been in force is read again as it was.

use crate::journey::at::At;
use crate::journey::definition::{Arm, Definition, Emitted, Step, WaitFor};
use crate::journey::plan::{Journey, Reentry};
use crate::journey::problem::{Problem, SourceFile};
use crate::time::{DAY, Millis};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A round that takes so long is a rhythm, not a loop.
const RHYTHM: Millis = DAY;

/// Says which journeys never come to an end; `read` and `journeys` are the same, in order of names.
pub(super) fn check(
    read: &[(&SourceFile, Definition)],
    journeys: &[Journey],
    problems: &mut Vec<Problem>,
) {
    if read.len() != journeys.len() {
        return;
    }
    let all = edges(read, journeys);
    let sure: Vec<Edge<'_>> = all.iter().filter(|edge| !edge.guarded).copied().collect();
    let mut told = Vec::new();
    for (edges, guarded) in [(&sure, false), (&all, true)] {
        for first in 0..read.len() {
            if !told.contains(&first)
                && let Some(found) = cycle(edges, first)
            {
                problems.push(problem(read, &found, guarded));
                told.push(first);
            }
        }
    }
}

/// What a journey emits begins another, or itself.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge<'d> {
    from: usize,
    to: usize,
    event: &'d At<String>,
    /// The least that passes from the trigger of the one to that of the other.
    takes: Millis,
    /// Something on the way may take time.
    timed: bool,
    /// A condition or an exit may end it.
    guarded: bool,
}

/// What tells the edges between two journeys apart, beside how long they take: of the same only the quickest counts.
type Kind = (usize, usize, bool, bool);

fn edges<'d>(read: &'d [(&SourceFile, Definition)], journeys: &[Journey]) -> Vec<Edge<'d>> {
    let mut edges: Vec<Edge<'d>> = Vec::new();
    let mut known: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut begun: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (to, (_, other)) in read.iter().enumerate() {
        for event in other.trigger.event.names() {
            let of_event = begun.entry(event.as_str()).or_default();
            of_event.extend((of_event.last() != Some(&to)).then_some(to));
        }
    }
    for (from, ((_, definition), journey)) in read.iter().zip(journeys).enumerate() {
        if !comes_again(journey.reentry) {
            continue;
        }
        for emission in emissions(definition, journey) {
            for &to in begun.get(emission.event.as_str()).into_iter().flatten() {
                // While the run is still there it is in its own way.
                if to == from && !emission.last && journey.reentry != Reentry::Restart {
                    continue;
                }
                let edge = Edge { from, to, ..emission.edge() };
                match known.entry((from, to, edge.timed, edge.guarded)) {
                    Entry::Occupied(same) => {
                        let same = &mut edges[*same.get()];
                        if edge.takes < same.takes {
                            *same = edge;
                        }
                    }
                    Entry::Vacant(new) => {
                        new.insert(edges.len());
                        edges.push(edge);
                    }
                }
            }
        }
    }
    edges
}

/// Whether a customer may enter again within a round.
fn comes_again(reentry: Reentry) -> bool {
    match reentry {
        Reentry::Always | Reentry::Restart => true,
        Reentry::After(span) | Reentry::AfterPerKey(span) => span.millis() < RHYTHM,
        Reentry::Never | Reentry::OncePerKey | Reentry::OncePerKeyAfter(_) => false,
    }
}

/// How a run comes to a step.
#[derive(Clone, Copy)]
struct Way {
    takes: Millis,
    timed: bool,
    guarded: bool,
}

/// An event that a journey emits.
struct Emission<'d> {
    event: &'d At<String>,
    way: Way,
    /// The run may end at once behind it.
    last: bool,
}

impl<'d> Emission<'d> {
    fn edge(&self) -> Edge<'d> {
        let Way { takes, timed, guarded } = self.way;
        Edge { from: 0, to: 0, event: self.event, takes, timed, guarded }
    }
}

fn emissions<'d>(definition: &'d Definition, journey: &Journey) -> Vec<Emission<'d>> {
    let quiet = journey.quiet_for.map_or(0, |span| span.millis());
    // What a run may leave by while time passes, or may not be entered by.
    let ends = !definition.exit.is_empty() || definition.while_.is_some();
    let timed = quiet > 0 || journey.at.is_some();
    let way = Way { takes: quiet, timed, guarded: ends || definition.trigger.when.is_some() };
    let mut found = Vec::new();
    walk(&definition.steps, way, true, &mut found);
    found
}

/// Notes what the steps emit; how a run comes to their end, none where it never does. `last`: the run may end at once behind them.
fn walk<'d>(
    steps: &'d [Step],
    mut way: Way,
    last: bool,
    found: &mut Vec<Emission<'d>>,
) -> Option<Way> {
    for (at, step) in steps.iter().enumerate() {
        let last = ends_at_once(&steps[at + 1..], last);
        match step {
            Step::Send { .. } => way.timed = true,
            Step::Wait { wait, .. } => {
                let takes = least(wait);
                way.takes = way.takes.saturating_add(takes.unwrap_or(0));
                way.timed |= takes != Some(0);
            }
            Step::Set { .. } => {}
            Step::Emit { emit, .. } => {
                let (Emitted::Plain(event) | Emitted::With { event, .. }) = &emit.value;
                found.push(Emission { event, way, last });
            }
            Step::Exit { .. } => return None,
            Step::Branch { branch, .. } => {
                let otherwise = branch.iter().any(|arm| matches!(arm.value, Arm::Else { .. }));
                let inside = Way { guarded: true, ..way };
                let mut ends: Vec<_> =
                    step.inner().into_iter().map(|arm| walk(arm, inside, last, found)).collect();
                ends.extend((!otherwise).then_some(Some(way)));
                let all = ends.iter().all(Option::is_some);
                way = Way { guarded: way.guarded || !all, ..joined(ends)? };
            }
            Step::Split { .. } => {
                let arms = step.inner().into_iter();
                // A customer takes the same arm each time.
                way = joined(arms.map(|arm| walk(arm, way, last, found)).collect())?;
            }
        }
    }
    Some(way)
}

/// The quickest of the ways.
fn joined(ends: Vec<Option<Way>>) -> Option<Way> {
    let quicker = |one: Way, other: Way| Way {
        takes: one.takes.min(other.takes),
        timed: one.timed || other.timed,
        guarded: one.guarded && other.guarded,
    };
    ends.into_iter().flatten().reduce(quicker)
}

/// The least that a wait takes; none where that may be nothing.
fn least(wait: &WaitFor) -> Option<Millis> {
    match wait {
        WaitFor::Delay(span) => Some(span.millis()),
        WaitFor::Days(days) => Some(Millis::from(days.days.value) * DAY),
        WaitFor::Until(_) | WaitFor::Event(_) | WaitFor::At(_) => None,
    }
}

/// Whether a run that stands before these steps may end at the same instant.
fn ends_at_once(steps: &[Step], last: bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return last };
    let behind = || ends_at_once(rest, last);
    match step {
        Step::Exit { .. } => true,
        Step::Wait { wait, .. } => least(wait).unwrap_or(0) == 0 && behind(),
        Step::Send { .. } | Step::Set { .. } | Step::Emit { .. } => behind(),
        Step::Branch { .. } | Step::Split { .. } => {
            let behind = behind();
            behind || step.inner().into_iter().any(|arm| ends_at_once(arm, behind))
        }
    }
}

/// The quickest round from this journey through such as come after it, if it is quick enough.
fn cycle<'d>(edges: &[Edge<'d>], first: usize) -> Option<Vec<Edge<'d>>> {
    // The least to each journey, and the edge by which it is reached; rounds are short and few, so every edge is tried until nothing changes.
    let mut reached: BTreeMap<usize, (Millis, Vec<Edge<'d>>)> = [(first, (0, Vec::new()))].into();
    let mut round: Option<(Millis, Vec<Edge<'d>>)> = None;
    let mut news = true;
    while news {
        news = false;
        for edge in edges.iter().filter(|edge| edge.from >= first && edge.to >= first) {
            let Some((before, path)) = reached.get(&edge.from) else { continue };
            let takes = before.saturating_add(edge.takes);
            let known = if edge.to == first { round.as_ref() } else { reached.get(&edge.to) };
            if takes >= RHYTHM || known.is_some_and(|(known, _)| *known <= takes) {
                continue;
            }
            let path = path.iter().copied().chain([*edge]).collect();
            news = true;
            match edge.to == first {
                true => round = Some((takes, path)),
                false => drop(reached.insert(edge.to, (takes, path))),
            }
        }
    }
    round.map(|(_, path)| path)
}

fn problem(read: &[(&SourceFile, Definition)], cycle: &[Edge<'_>], guarded: bool) -> Problem {
    let name = |at: usize| read[at].1.journey.as_str();
    let mut told = format!("`{}`", name(cycle[0].from));
    for (at, edge) in cycle.iter().enumerate() {
        let which = if at == 0 { "" } else { "which " };
        let again = if cycle.len() == 1 { " again" } else { "" };
        let comma = if at == 0 { " " } else { ", " };
        told += &format!(
            "{comma}{which}emits `{}`, which begins `{}`{again}",
            edge.event.value,
            name(edge.to)
        );
    }
    let (path, span) = (&read[cycle[0].from].0.path, cycle[0].event.span.clone());
    let timed = cycle.iter().any(|edge| edge.timed);
    let once = "give one of them a re-entry rule that ends it, such as `reentry: never` or `reentry: { after: 7d }`";
    match (timed, guarded) {
        (true, false) => Problem::error(path, span, format!("{told}: this never ends"))
            .help(format!("{once}, or a wait of a day or more")),
        (true, true) => {
            Problem::warning(path, span, format!("{told}: only a condition or an exit ends this"))
                .help(format!("make sure that it does, or {once}"))
        }
        (false, _) => Problem::warning(
            path,
            span,
            format!("{told}: this is cut off after 16 events, each time anew"),
        )
        .help(once),
    }
}
