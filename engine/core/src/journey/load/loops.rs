//! Journeys that begin each other for ever: what one emits or sets begins the next, and the last of them the first again.
//!
//! Only what somebody writes anew is looked at: a configuration that has been in force is read again as it was.

mod causes;

use super::facts;
use crate::journey::definition::{Arm, Definition, Step, WaitFor};
use crate::journey::plan::{Journey, Reentry};
use crate::journey::problem::{Problem, SourceFile};
use crate::time::{DAY, Millis};
use causes::{Beginning, Begun, Cause};
use compact_str::CompactString;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A round that takes so long is a rhythm, not a loop.
const RHYTHM: Millis = DAY;

/// Says which journeys never come to an end; `read` and `journeys` are the same, in order of names.
pub(super) fn check(
    read: &[(&SourceFile, Definition)],
    journeys: &[Journey],
    (facts, attributes): (&facts::Compiled, &[CompactString]),
    problems: &mut Vec<Problem>,
) {
    if read.len() != journeys.len() {
        return;
    }
    let all = edges(read, journeys, &Begun::new(read, journeys, facts, attributes));
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

/// What a journey does begins another, or itself.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge<'d> {
    from: usize,
    to: usize,
    begins: Beginning<'d>,
    /// The least that passes from the trigger of the one to that of the other.
    takes: Millis,
    /// Something on the way may take time.
    timed: bool,
    /// A condition or an exit may end it.
    guarded: bool,
}

/// What tells the edges between two journeys apart, beside how long they take: of the same only the quickest counts.
type Kind = (usize, usize, bool, bool);

fn edges<'d>(
    read: &'d [(&SourceFile, Definition)],
    journeys: &[Journey],
    begun: &Begun<'d>,
) -> Vec<Edge<'d>> {
    let mut edges: Vec<Edge<'d>> = Vec::new();
    let mut known: BTreeMap<Kind, usize> = BTreeMap::new();
    for (from, ((_, definition), journey)) in read.iter().zip(journeys).enumerate() {
        if !comes_again(journey.reentry) {
            continue;
        }
        for doing in doings(definition, journey) {
            for begins in begun.by(doing.cause) {
                // While the run is still there it is in its own way; not in that of one that begins by time.
                let in_its_way = !doing.last && journey.reentry != Reentry::Restart;
                if begins.to == from && in_its_way && !begins.by_time {
                    continue;
                }
                let edge = doing.edge(from, begins);
                match known.entry((from, edge.to, edge.timed, edge.guarded)) {
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

/// What a journey does that may begin another.
struct Doing<'d> {
    cause: Cause<'d>,
    way: Way,
    /// The run may end at once behind it.
    last: bool,
}

impl<'d> Doing<'d> {
    fn edge(&self, from: usize, begins: Beginning<'d>) -> Edge<'d> {
        Edge {
            from,
            to: begins.to,
            begins,
            takes: self.way.takes.saturating_add(begins.takes),
            timed: self.way.timed || begins.by_time,
            guarded: self.way.guarded || begins.guarded,
        }
    }
}

fn doings<'d>(definition: &'d Definition, journey: &Journey) -> Vec<Doing<'d>> {
    let quiet = journey.quiet_for.map_or(0, |span| span.millis());
    // What a run may leave by while time passes, or may not be entered by.
    let ends = !definition.exit.is_empty() || definition.while_.is_some();
    let timed = quiet > 0 || journey.at.is_some();
    let way = Way { takes: quiet, timed, guarded: ends || definition.trigger.when.is_some() };
    let mut found = Vec::new();
    walk(&definition.steps, way, true, &mut found);
    found
}

/// Notes what the steps do; how a run comes to their end, none where it never does. `last`: the run may end at once behind them.
fn walk<'d>(
    steps: &'d [Step],
    mut way: Way,
    last: bool,
    found: &mut Vec<Doing<'d>>,
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
            Step::Set { set, .. } => found.push(Doing { cause: Cause::Set(set), way, last }),
            Step::Emit { emit, .. } => found.push(Doing { cause: Cause::Emit(emit), way, last }),
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
        let Beginning { does, what, change, .. } = edge.begins;
        let change =
            change.map_or(String::new(), |change| format!(", which may lead to `{change}`"));
        let to = name(edge.to);
        told += &format!("{comma}{which}{does} `{what}`{change}, which begins `{to}`{again}");
    }
    let (path, span) = (&read[cycle[0].from].0.path, cycle[0].begins.span.clone());
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
