//! Where journeys let events happen, or levels are heard of, a customer keeps how many more may.

use crate::fact::{Definition as Fact, Kind, Layout};
use crate::journey::catalogue::CHANGED;
use crate::journey::definition::{Definition, Step};
use crate::journey::problem::SourceFile;
use std::collections::BTreeSet;

/// No condition has such a name.
const NAME: &str = "journeys.own_events";

/// The fact that keeps it, if anything may happen so. No event feeds it.
pub(super) fn fact(read: &[(&SourceFile, Definition)], wanted: &BTreeSet<&str>) -> Option<Fact> {
    let emits = read.iter().any(|(_, definition)| emit(&definition.steps));
    let hears = wanted.iter().any(|event| event.ends_with(CHANGED));
    (emits || hears).then(|| {
        let mut fact = Fact::plain(NAME, "", Kind::Last(Vec::new()));
        fact.adds.on.clear();
        fact
    })
}

fn emit(steps: &[Step]) -> bool {
    let one = |step: &Step| matches!(step, Step::Emit { .. }) || step.inner().into_iter().any(emit);
    steps.iter().any(one)
}

/// Its number.
pub(super) fn number(layout: &Layout) -> Option<u16> {
    layout.named(NAME).map(|(number, _)| number)
}
