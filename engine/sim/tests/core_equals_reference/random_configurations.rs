//! Core and reference decide the same under random configurations, too. More of them: `CARTWHEEL_CONFIGURATIONS=200000`. A failure is made as small as
//! it goes and printed as a trace.

use crate::course::reason;
use crate::{by_core, by_reference, compare, heard_before};
use cartwheel_sim::grammar::Case;
use std::collections::BTreeMap;

/// How many cases are tried.
fn cases() -> u64 {
    asked("CARTWHEEL_CONFIGURATIONS").unwrap_or(6_000)
}

/// The first of them, so that a long run can be cut into several.
fn first() -> u64 {
    asked("CARTWHEEL_FIRST_CONFIGURATION").unwrap_or(0)
}

fn asked(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// In turns of how many timers the core fires.
pub fn budget(seed: u64) -> u64 {
    if seed.is_multiple_of(4) { 1 } else { u64::MAX }
}

/// The kind of the first difference, and the difference.
fn difference(case: &Case, budget: u64) -> Option<(String, String)> {
    let plan = case.config.plan().ok()?;
    compare(&by_core(&plan, &case.steps, budget), &by_reference(&plan, &case.steps))
}

/// The smallest case with a difference of the same kind, as a trace.
fn shrunk(case: Case, kind: &str, budget: u64) -> String {
    let fails = |case: &Case| difference(case, budget).is_some_and(|(other, _)| other == kind);
    let small = case.shrink(fails);
    let told = difference(&small, budget).map_or(String::new(), |(_, told)| told);
    format!("{}\n{told}", small.written())
}

#[test]
fn the_core_decides_what_the_reference_decides_under_random_configurations() {
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    let mut heard = 0;
    for seed in first()..first() + cases() {
        if seed.is_multiple_of(1_000) {
            eprintln!("configuration {seed}");
        }
        let (case, plan) = Case::draw(seed).unwrap_or_else(|told| panic!("seed {seed}\n{told}"));
        let budget = budget(seed);
        let (core, reference) =
            (by_core(&plan, &case.steps, budget), by_reference(&plan, &case.steps));
        if let Some((kind, _)) = compare(&core, &reference) {
            panic!("seed {seed}, {kind}\n{}", shrunk(case, &kind, budget));
        }
        for decision in &reference.decisions {
            *met.entry(reason(decision)).or_default() += 1;
            heard += u64::from(heard_before(decision));
        }
    }
    assert!(heard > cases() / 500, "{heard} waits for what had come before");
    // What the grammar is for comes about.
    let seldom: Vec<&str> = REASONS
        .into_iter()
        .filter(|reason| met.get(*reason).is_none_or(|count| *count < cases() / 500))
        .collect();
    assert!(seldom.is_empty(), "seldom or never: {seldom:?} of {met:#?}");
}

/// Reasons that random configurations lead to.
const REASONS: [&str; 35] = [
    "already_running",
    "cap",
    "caught_up",
    "completed",
    "condition",
    "event",
    "exit_event",
    "fallback",
    "filter",
    "gate_passed",
    "global_holdout",
    "goal",
    "group",
    "hold",
    "holdout",
    "late_event",
    "limit",
    "no_consent",
    "no_coupon",
    "not_active",
    "paused",
    "quiet_hours",
    "reentry",
    "reserved",
    "restarted",
    "split",
    "stale",
    "step",
    "stopped",
    "superseded",
    "timed_out",
    "trigger",
    "while_false",
    "window",
    "winner",
];
