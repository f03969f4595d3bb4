//! A changed configuration takes effect: every run goes on at the step of the same name, or exits.
//! (Pinning runs to their version is not there yet.)

use super::{Core, Turn};
use crate::customer::{Customer, Run, Stage, attribute_hash};
use crate::decision::{Reason, Verdict};
use crate::effect::Decided;
use crate::journey::plan::{Journey, Plan};
use crate::time::Millis;
use crate::value::Value;

/// Where the indices of the old plan lie in the new one.
pub struct Mapping {
    journeys: Vec<Option<u16>>,
    ops: Vec<Vec<Option<u16>>>,
    captures: Vec<Vec<Option<usize>>>,
    attributes: Vec<u32>,
}

impl Mapping {
    /// Compares two plans by names.
    pub fn new(old: &Plan, new: &Plan) -> Self {
        let found =
            |journey: &Journey| new.journeys.iter().position(|other| other.name == journey.name);
        let journeys: Vec<Option<u16>> =
            old.journeys.iter().map(|journey| found(journey).map(|index| index as u16)).collect();
        let target =
            |index: usize| journeys[index].map(|target| &new.journeys[usize::from(target)]);
        let ops = (0..old.journeys.len())
            .map(|index| map_ops(&old.journeys[index], target(index)))
            .collect();
        let captures = (0..old.journeys.len())
            .map(|index| map_captures(old, &old.journeys[index], new, target(index)))
            .collect();
        let attributes = new.attributes.iter().map(|name| attribute_hash(name)).collect();
        Self { journeys, ops, captures, attributes }
    }

    fn journey(&self, index: u16) -> Option<u16> {
        self.journeys.get(usize::from(index)).copied().flatten()
    }
}

/// Each operation that has a name lies where the new journey has the same name; the end lies at the end.
fn map_ops(old: &Journey, new: Option<&Journey>) -> Vec<Option<u16>> {
    let Some(new) = new else { return vec![None; old.ops.len()] };
    let place = |name: Option<&compact_str::CompactString>| match name {
        Some(name) => new.ops.iter().position(|op| op.step() == Some(name)),
        None => new.ops.len().checked_sub(1),
    };
    old.ops.iter().map(|op| place(op.step()).map(|index| index as u16)).collect()
}

/// For each capture of the new journey its place in the old one.
fn map_captures(
    old_plan: &Plan,
    old: &Journey,
    new_plan: &Plan,
    new: Option<&Journey>,
) -> Vec<Option<usize>> {
    let Some(new) = new else { return Vec::new() };
    let field = |plan: &Plan, index: &u16| plan.fields.get(usize::from(*index)).cloned();
    new.captures
        .iter()
        .map(|wanted| {
            let wanted = field(new_plan, wanted);
            old.captures.iter().position(|index| field(old_plan, index) == wanted)
        })
        .collect()
}

impl Core {
    /// Moves a customer from this evaluator's plan to the one that `mapping` leads to. Runs without a place exit.
    pub fn leave(
        &self,
        customer: &mut Customer,
        mapping: &Mapping,
        t: Millis,
        turn: &mut Turn<'_>,
    ) {
        let runs = std::mem::take(&mut customer.runs);
        for mut run in runs {
            if map_run(&mut run, mapping) {
                customer.runs.push(run);
                continue;
            }
            let verdict = match run.stage {
                Stage::Window => Verdict::Refused,
                Stage::Running => Verdict::Exited,
                Stage::Lingering => continue,
            };
            let decided = Decided {
                at: t,
                journey: run.journey,
                run: Some(run.id),
                op: None,
                verdict,
                reason: Reason::JourneyChanged,
                channel: None,
                command: None,
                values: &[],
            };
            turn.effects.decide(&self.plan, customer, &decided);
        }
        customer.entries.retain_mut(|entry| match mapping.journey(entry.journey) {
            Some(index) => {
                entry.journey = index;
                true
            }
            None => false,
        });
        for touch in customer.touches.iter_mut() {
            touch.journey = mapping.journey(touch.journey).unwrap_or(u16::MAX);
        }
        let zone = ["time_zone", "country", "region"].map(attribute_hash);
        customer
            .attributes
            .retain(|(name, _)| mapping.attributes.contains(name) || zone.contains(name));
        customer.dirty = true;
        customer.runs_changed();
    }
}

fn map_run(run: &mut Run, mapping: &Mapping) -> bool {
    let old = usize::from(run.journey);
    let Some(journey) = mapping.journey(run.journey) else { return false };
    let Some(op) = mapping.ops[old].get(usize::from(run.op)).copied().flatten() else {
        return false;
    };
    run.captures = mapping.captures[old]
        .iter()
        .map(|place| {
            place.and_then(|place| run.captures.get(place)).cloned().unwrap_or(Value::Null)
        })
        .collect();
    run.journey = journey;
    // A window and a finished run have no step; a window starts at the first.
    run.op = if run.stage == Stage::Window { 0 } else { op };
    run.choice = 0;
    true
}
