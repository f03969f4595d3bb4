//! What becomes of windows and runs when a configuration comes into force in place of another one: `cartwheel check --against`, `cartwheel publish`.

pub mod restart;
mod running;
mod text;

pub use running::{Running, compiled, engines};

use cartwheel_core::apply::{Becomes, Exits, Mapping};
use cartwheel_core::journey::plan::{Journey, Plan};
use cartwheel_sim::trace::suggest::nearest;
use serde::Serialize;
use std::sync::Arc;

/// What becomes of all of them.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// The configuration in force, 32 hex digits.
    configuration: String,
    /// Its journeys, and those that are new.
    journeys: Vec<Change>,
}

/// What becomes of a journey's windows and runs.
#[derive(Debug, Serialize)]
struct Change {
    journey: String,
    change: Kind,
    /// Open windows, where there can be some.
    #[serde(skip_serializing_if = "Option::is_none")]
    windows: Option<Fate>,
    /// By the step at which they are.
    steps: Vec<Fate>,
    /// Steps that `renamed` names and that are not in force, neither under the old name nor under the new one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Unknown>,
}

/// A step that had another name, as it says, and is not known.
#[derive(Debug, Serialize)]
struct Unknown {
    /// The old name.
    step: String,
    /// A step in force, or a journey where this one is new, that has nearly this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Same,
    Changed,
    Gone,
    New,
}

/// What becomes of those that are at a step.
#[derive(Debug, Serialize)]
struct Fate {
    /// The step; none for windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// How many there are, where an engine was asked.
    count: Option<u64>,
    /// Where they go on: none where they exit, null at the journey's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    goes_on_at: Option<Option<String>>,
    /// Why they exit.
    #[serde(skip_serializing_if = "Option::is_none")]
    exits: Option<Why>,
}

/// [`Exits`] as it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    JourneyGone,
    OnChange,
    StepGone,
}

impl Preview {
    /// Compares what runs with the plan that is to come into force.
    pub fn of(running: &Running, new: &Arc<Plan>) -> Self {
        let old = running.plan();
        let mapping = Mapping::new(old, new);
        let changes = (0u16..).zip(&old.journeys).map(|(number, journey)| {
            let asked = Asked { running, mapping: &mapping, number, journey };
            asked.change()
        });
        let is_new = |journey: &&Journey| old.journeys.iter().all(|it| it.name != journey.name);
        let added = new.journeys.iter().filter(is_new).map(|journey| Change::new(journey, old));
        let configuration = format!("{:032x}", old.hash);
        Self { configuration, journeys: changes.chain(added).collect() }
    }
}

impl Change {
    /// Of a journey that was not there: where it says that its steps had other names, it has another name itself, and nobody comes from there.
    fn new(journey: &Journey, old: &Plan) -> Self {
        let near = nearest(&journey.name, old.journeys.iter().map(|it| it.name.as_str()));
        let unknown = journey
            .renamed
            .iter()
            .map(|(step, _)| Unknown { step: step.to_string(), nearest: near.map(str::to_owned) });
        let (unknown, journey) = (unknown.collect(), journey.name.to_string());
        Self { journey, change: Kind::New, windows: None, steps: Vec::new(), unknown }
    }
}

/// A journey in force, and what is asked of it.
struct Asked<'a> {
    running: &'a Running,
    mapping: &'a Mapping,
    number: u16,
    journey: &'a Journey,
}

impl Asked<'_> {
    fn change(&self) -> Change {
        let (journey, new) = (self.journey, self.mapping.goes_on_as(self.number));
        let change = match new {
            None => Kind::Gone,
            Some(new) if new.meaning == journey.meaning => Kind::Same,
            Some(_) => Kind::Changed,
        };
        let pends = journey.quiet_for.is_some() || journey.at.is_some();
        let steps = steps(journey);
        let missing = |name: &str| steps.iter().all(|(_, step)| *step != name);
        let renamed = new.into_iter().flat_map(|new| &new.renamed);
        // What is in force under its new name was renamed before: the line stands there still.
        let unknown = renamed.filter(|(before, now)| missing(before) && missing(now));
        let unknown = unknown.map(|(before, _)| Unknown {
            step: before.to_string(),
            nearest: nearest(before, steps.iter().map(|(_, step)| *step)).map(str::to_owned),
        });
        Change {
            journey: journey.name.to_string(),
            change,
            windows: pends.then(|| self.fate(None)),
            steps: steps.iter().map(|step| self.fate(Some(*step))).collect(),
            unknown: unknown.collect(),
        }
    }

    /// Of those at a step, an operation and its name; of windows without one.
    fn fate(&self, at: Option<(u16, &str)>) -> Fate {
        let (op, step) = at.unzip();
        let (goes_on_at, exits) = match self.mapping.becomes(self.running.plan(), self.number, op) {
            Becomes::GoesOn(step) => (Some(step.map(str::to_owned)), None),
            Becomes::Exits(Exits::JourneyGone) => (None, Some(Why::JourneyGone)),
            Becomes::Exits(Exits::OnChange) => (None, Some(Why::OnChange)),
            Becomes::Exits(Exits::StepGone) => (None, Some(Why::StepGone)),
        };
        let count = self.running.count(&self.journey.name, step);
        Fate { step: step.map(str::to_owned), count, goes_on_at, exits }
    }
}

/// The steps of a journey in order, each with its first operation.
fn steps(journey: &Journey) -> Vec<(u16, &str)> {
    let mut found: Vec<(u16, &str)> = Vec::new();
    for (op, step) in (0u16..).zip(journey.ops.iter().map(|op| op.step())) {
        if let Some(step) = step.map(|step| step.as_str())
            && found.iter().all(|(_, known)| *known != step)
        {
            found.push((op, step));
        }
    }
    found
}

/// The beginning of a configuration's hash, as it is shown to people.
pub fn short(hash: &str) -> String {
    hash.chars().take(8).collect()
}

#[cfg(test)]
mod tests;
