//! The fast core decides what the naive reference decides, byte for byte, over thousands of random histories.
//!
//! Decisions are compared as JSON lines; commands with their documents; suppressions; dead letters. More histories:
//! `CARTWHEEL_HISTORIES=20000`; a failure names its setup and seed and shows the first difference with what came before it.

mod addressed;
mod bounds;
mod browsed;
mod conditions;
mod course;
mod edited;
mod facts;
mod levels;
mod random_configurations;
mod recovered;
mod segments;
mod small_shard;
mod table;

use cartwheel_core::decision::Verdict;
use cartwheel_core::journey::plan::Plan;
use cartwheel_sim::history::{Setup, Step, generate, setups};
use cartwheel_sim::reference::{Effect, Reference};
use course::{Course, json, reason};
use small_shard::{Stretch, by_core};
use std::collections::BTreeMap;
use std::sync::Arc;

fn by_reference(plan: &Arc<Plan>, steps: &[Step]) -> Course {
    by_reference_through(&[(plan, steps)])
}

/// Everything that the reference makes of a history in which another plan comes into force before each stretch but the first.
fn by_reference_through(stretches: &[Stretch<'_>]) -> Course {
    let first = stretches.first().expect("a stretch").0;
    let mut reference = Reference::new(first.clone());
    let mut out = Vec::new();
    let mut offset = 0;
    for (number, (plan, steps)) in stretches.iter().enumerate() {
        if number > 0 {
            reference.change(plan, &mut out);
        }
        for step in *steps {
            match step {
                Step::Record { time, value } => {
                    reference.record(offset, *time, value, &mut out);
                    offset += 1;
                }
                Step::Clock { now } => drop(reference.clock(*now, None, &mut out)),
                Step::Mode(mode) => reference.mode(*mode),
            }
        }
    }
    let mut course = Course {
        degraded: reference.degraded().clone(),
        duplicates: reference.duplicates(),
        live_runs: reference.live_runs(),
        ..Course::default()
    };
    for outcome in &out {
        match outcome {
            Effect::Decision(decision) => {
                if decision.decision == Verdict::Entered {
                    *course.entered.entry(decision.journey.to_string()).or_default() += 1;
                }
                course.decisions.push(json(decision));
            }
            Effect::Command(command) => {
                course.sides.push(json(&command.side));
                course.commands.push(json(command));
            }
            Effect::HeldOut(told) => course.held_out.push(json(told)),
            Effect::Converted(told) => course.converted.push(json(told)),
            Effect::Suppression(suppression) => course.suppressions.push(json(suppression)),
            Effect::Dead { offset, reason } => {
                course.dead.push(format!("{offset} {}", reason.name()))
            }
        }
    }
    course
}

/// The first difference of two lists, with what came before it.
fn difference(what: &str, core: &[String], reference: &[String]) -> Option<(String, String)> {
    if core == reference {
        return None;
    }
    let place =
        core.iter().zip(reference).take_while(|(core, reference)| core == reference).count();
    let before = core[place.saturating_sub(5)..place].join("\n  ");
    let at = |list: &[String]| list.get(place).cloned().unwrap_or_else(|| "nothing".into());
    let told = format!(
        "{what} {place}, after\n  {before}\ncore:      {}\nreference: {}",
        at(core),
        at(reference)
    );
    Some((format!("{what} {} / {}", reason(&at(core)), reason(&at(reference))), told))
}

fn compare(core: &Course, reference: &Course) -> Option<(String, String)> {
    difference("decision", &core.decisions, &reference.decisions)
        .or_else(|| difference("command", &core.commands, &reference.commands))
        .or_else(|| difference("suppression", &core.suppressions, &reference.suppressions))
        .or_else(|| difference("dead letter", &core.dead, &reference.dead))
        .or_else(|| difference("kept back", &core.held_out, &reference.held_out))
        .or_else(|| difference("goal", &core.converted, &reference.converted))
        .or_else(|| difference("side", &core.sides, &reference.sides))
        .or_else(|| {
            (core.entered != reference.entered).then(|| {
                let entered = [&core.entered, &reference.entered];
                ("entered".into(), format!("entered: {entered:?}"))
            })
        })
        .or_else(|| {
            (core.degraded != reference.degraded).then(|| {
                (
                    "degraded".into(),
                    format!("degraded: {:?}", [&core.degraded, &reference.degraded]),
                )
            })
        })
        .or_else(|| {
            let counts =
                [(core.duplicates, core.live_runs), (reference.duplicates, reference.live_runs)];
            (counts[0] != counts[1])
                .then(|| ("counts".into(), format!("duplicates and live runs: {counts:?}")))
        })
}

/// Whether a wait was over at once: only then a decision says when the event was.
fn heard_before(decision: &str) -> bool {
    decision.contains(r#""decision":"waited""#) && decision.contains(r#"","at":""#)
}

/// How many histories are tried.
fn histories() -> u64 {
    let asked = std::env::var("CARTWHEEL_HISTORIES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// The history of each seed, under one of the setups.
struct Drawn {
    setups: Vec<Setup>,
    plans: Vec<Arc<Plan>>,
}

impl Drawn {
    fn new() -> Self {
        Self::under(|_| true)
    }

    /// Under some of the setups, by their names.
    fn under(which: impl Fn(&str) -> bool) -> Self {
        let setups: Vec<Setup> = setups().into_iter().filter(|setup| which(setup.name)).collect();
        let plans = setups
            .iter()
            .map(|setup| setup.plan().unwrap_or_else(|error| panic!("{error:?}")))
            .collect();
        Self { setups, plans }
    }

    fn plan(&self, seed: u64) -> &Arc<Plan> {
        &self.plans[seed as usize % self.plans.len()]
    }

    fn setup(&self, seed: u64) -> &'static str {
        self.setups[seed as usize % self.setups.len()].name
    }

    fn steps(&self, seed: u64) -> Vec<Step> {
        generate(seed, self.plan(seed), 40 + seed as usize % 200)
    }
}

#[test]
fn the_core_decides_what_the_reference_decides() {
    let (histories, drawn) = (histories(), Drawn::new());
    // Differences by kind (what, and both reasons where they are decisions): how many histories, and the first of them.
    let mut differences: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let (mut decisions, mut heard) = (0, 0);
    for seed in 0..histories {
        let (plan, steps) = (drawn.plan(seed), drawn.steps(seed));
        let budget = if seed % 8 < 4 { 1 } else { u64::MAX };
        let (core, reference) = (by_core(plan, &steps, budget), by_reference(plan, &steps));
        decisions += reference.decisions.len();
        heard += reference.decisions.iter().filter(|decision| heard_before(decision)).count();
        if let Some((kind, difference)) = compare(&core, &reference) {
            let first = format!("setup {}, seed {seed}: {difference}", drawn.setup(seed));
            differences.entry(kind).or_insert((0, first)).0 += 1;
        }
    }
    assert!(decisions > histories as usize, "histories in which nothing is decided show nothing");
    assert!(heard as u64 > histories / 100, "{heard} waits for what had come before");
    let shown: Vec<String> = differences
        .iter()
        .map(|(kind, (count, first))| format!("{count} histories, {kind}:\n{first}"))
        .collect();
    assert!(shown.is_empty(), "of {histories} histories\n{}", shown.join("\n\n"));
}
