//! Core and reference make the same of a configuration that changes in the middle of a history, with runs in it.

use crate::course::reason;
use crate::random_configurations::budget;
use crate::small_shard::by_core_through;
use crate::{by_reference_through, compare};
use cartwheel_core::journey::plan::Plan;
use cartwheel_sim::grammar::{Case, Config};
use cartwheel_sim::history::Draw;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many histories are tried. More of them: `CARTWHEEL_EDITS=50000`.
fn cases() -> u64 {
    let asked = std::env::var("CARTWHEEL_EDITS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

/// The first change of this seed that loads: one may be of no use without a journey that it leaves out.
pub fn edited(config: &Config, seed: u64) -> Option<(Config, Arc<Plan>)> {
    let mut draw = Draw::new(seed ^ 0xed17);
    let mut tried = (0..100).map(|_| config.edited(&mut draw));
    tried.find_map(|edited| edited.plan().ok().map(|plan| (edited, plan)))
}

/// What the first difference is, with the configuration that came into force.
fn difference(case: &Case, seed: u64) -> Option<(String, String)> {
    let plan = case.config.plan().ok()?;
    let (config, other) = edited(&case.config, seed)?;
    let (before, behind) = case.steps.split_at(case.steps.len() / 2);
    let stretches = [(&plan, before), (&other, behind)];
    let (core, reference) =
        (by_core_through(&stretches, budget(seed)), by_reference_through(&stretches));
    let (kind, told) = compare(&core, &reference)?;
    let config = Case { config, steps: Vec::new() }.written();
    Some((kind, format!("{told}\nin the middle there came into force\n{config}")))
}

#[test]
fn a_change_in_the_middle_makes_the_same_of_runs() {
    let (mut met, mut stayed): (BTreeMap<String, u64>, u64) = Default::default();
    for seed in 0..cases() {
        let (case, plan) = Case::draw(seed).unwrap_or_else(|told| panic!("seed {seed}\n{told}"));
        if let Some((kind, _)) = difference(&case, seed) {
            let fails = |case: &Case| difference(case, seed).is_some_and(|(it, _)| it == kind);
            let small = case.shrink(fails);
            let told = difference(&small, seed).map_or(String::new(), |(_, told)| told);
            panic!("seed {seed}, {kind}\n{}\n{told}", small.written());
        }
        let (before, behind) = case.steps.split_at(case.steps.len() / 2);
        let (_, other) = edited(&case.config, seed).expect("a change that loads");
        let course = by_reference_through(&[(&plan, before), (&other, behind)]);
        stayed += course.live_runs as u64;
        for decision in &course.decisions {
            *met.entry(reason(decision)).or_default() += 1;
        }
    }
    let exited = met.get("journey_changed").copied().unwrap_or_default();
    assert!(exited > cases() / 20 && stayed > cases() / 10, "{exited} exited, {stayed} stayed");
}
