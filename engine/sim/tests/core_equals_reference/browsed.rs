//! Templates that read the products which the customer looked at: both programs show the same, whatever else the templates read.

use crate::random_configurations::budget;
use crate::{by_core, by_reference, compare};
use cartwheel_core::event::Subject;
use cartwheel_core::journey::shown::{Shown, Subjects};
use cartwheel_sim::grammar::Case;
use cartwheel_sim::history::Draw;
use std::sync::Arc;

/// How many histories are tried.
const CASES: u64 = 300;

/// What each of the templates reads, by chance.
fn shown<'t>(draw: &mut Draw, templates: impl Iterator<Item = &'t str>) -> Shown {
    let mut shown = Shown::default();
    for template in templates {
        let documents = Subjects::of(Subject::KEPT.into_iter().filter(|_| draw.chance(30)));
        let read = if draw.chance(80) { documents.with_browsed() } else { documents };
        shown.insert(template, read);
    }
    shown
}

#[test]
fn what_was_looked_at_is_shown_alike() {
    let mut lists = 0;
    for seed in 0..CASES {
        let (case, plan) = Case::draw(seed).unwrap_or_else(|told| panic!("seed {seed}\n{told}"));
        let sends = plan.journeys.iter().flat_map(|journey| journey.sends());
        let shown = shown(&mut Draw::new(seed), sends.map(|send| send.template.as_str()));
        let plan = Arc::new((*plan).clone().showing(&shown));
        let core = by_core(&plan, &case.steps, budget(seed));
        let told = compare(&core, &by_reference(&plan, &case.steps));
        assert!(told.is_none(), "seed {seed}\n{}\n{told:?}", case.written());
        let several = |command: &&String| command.contains(r#""browsed_products":[{"#);
        lists += core.commands.iter().filter(several).count();
    }
    assert!(lists > 100, "{lists} messages show what was looked at");
}
