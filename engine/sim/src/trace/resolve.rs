//! What the scenarios of a trace are decided by, and whether all that they name is there.

use super::beside::Beside;
use super::block::{Blocks, Own};
use super::fault::{Fault, Wrong};
use super::known;
use super::names::Names;
use super::scenario::{Part, Scenario};
use cartwheel_core::journey::load::SourceFile;
use cartwheel_core::journey::plan::{Journey, Plan};
use std::sync::Arc;

/// Gives each scenario its plan; says what is wrong in those, and in the names of its lines. `header` is what holds for all of them.
pub fn resolve(
    scenarios: &mut [Scenario],
    header: &Blocks,
    source: &SourceFile,
    beside: Beside<'_>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    // Once for all scenarios that have no block of their own.
    let mut common: Option<Option<Own>> = None;
    for scenario in scenarios {
        let is_own = scenario.blocks != *header;
        let told = match &common {
            Some(own) if !is_own => Ok(own.clone()),
            _ => scenario.blocks.plan(source, beside),
        };
        let own = match told {
            Ok(own) => own,
            Err(wrong) => {
                faults.extend(wrong);
                continue;
            }
        };
        if !is_own {
            common = Some(own.clone());
        }
        let plan = own.as_ref().map(|own| own.plan.as_ref()).or(beside.plan);
        if let Some(plan) = plan {
            let of_own = own.as_ref().and_then(|own| own.events.as_deref());
            let names = Names { plan, shop: beside.events, own: of_own };
            let slips = names.slips(&source.text, &scenario.entries);
            let placed = |wrong| Fault::new(wrong, &source.path, &source.text);
            faults.extend(slips.into_iter().map(placed));
        }
        scenario.plan = own.map(|own| Arc::clone(&own.plan));
    }
    faults
}

/// What is wrong with the names of the journeys that take part in a trace.
pub fn strangers(parts: &[Part], plan: &Plan) -> Vec<Wrong> {
    let journeys: Vec<&Journey> = plan.journeys.iter().collect();
    let stranger = |(name, span): &Part| {
        let known::Stranger { message, help, .. } = known::journey(&journeys, name).err()?;
        if !span.is_empty() {
            let help = format!(
                "{help} (where the journey is gone, take it out of this line, or the trace away)"
            );
            return Some((span.clone(), message, Some(help)));
        }
        let message = format!("{message}, and this trace is about it by its file's name");
        let help = format!(
            "{help} (where the journey is gone, take its trace away too). Else write `journeys NAME ...` or `journeys all` before the first scenario, or the journey itself below a line `journey`"
        );
        Some((span.clone(), message, Some(help)))
    };
    parts.iter().filter_map(stranger).collect()
}
