//! What becomes of runs, asked before a changed configuration comes into force.

use super::{Mapping, ends_runs};
use crate::journey::plan::{Journey, Plan};

/// What becomes of a window or run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes<'m> {
    /// It goes on, at the step of this name; none at the journey's end.
    GoesOn(Option<&'m str>),
    /// It exits.
    Exits(Exits),
}

/// Why a window or run does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exits {
    /// There is no journey of that name any more.
    JourneyGone,
    /// The journey has changed, and says that its runs exit then.
    OnChange,
    /// It has no step of that name and kind any more.
    StepGone,
}

impl Mapping {
    /// What becomes of a run of `old`, the plan that this leads from, in its journey number `journey` at operation `op`; of a window without one: it has none
    /// yet, and will begin with the first.
    pub fn becomes(&self, old: &Plan, journey: u16, op: Option<u16>) -> Becomes<'_> {
        let from = usize::from(journey);
        let Some((old, new)) = old.journeys.get(from).zip(self.journey(journey)) else {
            return Becomes::Exits(Exits::JourneyGone);
        };
        let new = &self.new.journeys[usize::from(new)];
        let place = match op {
            Some(op) => self.ops[from].get(usize::from(op)).copied().flatten(),
            None => Some(0),
        };
        match place {
            Some(op) => {
                let step = new.ops.get(usize::from(op)).and_then(|op| op.step());
                Becomes::GoesOn(step.map(|step| step.as_str()))
            }
            None if ends_runs(old, new) => Becomes::Exits(Exits::OnChange),
            None => Becomes::Exits(Exits::StepGone),
        }
    }

    /// The new plan's journey that goes on with runs of the old one's number `journey`.
    pub fn goes_on_as(&self, journey: u16) -> Option<&Journey> {
        Some(&self.new.journeys[usize::from(self.journey(journey)?)])
    }
}
