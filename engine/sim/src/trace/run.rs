//! Runs the scenarios of a trace, each on an engine that knows nobody.

use super::engine::TraceEngine;
use super::fault::Fault;
use super::read::Trace;
use super::resolve::strangers;
use super::runner::run;
use cartwheel_core::decision::Decision;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Percent;
use cartwheel_shard::ShardError;
use std::sync::Arc;

/// What became of a scenario.
#[derive(Debug)]
pub struct ScenarioResult {
    /// The scenario's name.
    pub scenario: String,
    /// What is wrong; empty if it passed.
    pub faults: Vec<Fault>,
    /// What happened; `-` was expected, `+` was not.
    pub timeline: String,
    /// What the journeys beside the trace decided; nothing where it has its own.
    pub decisions: Vec<Decision>,
}

/// Runs every scenario of the trace, under the journeys that stand in it, else under those of `plan` that it names.
pub fn run_all<E: TraceEngine>(
    trace: &Trace,
    plan: &Plan,
    engine: impl Fn(Arc<Plan>) -> Result<E, ShardError>,
) -> Result<Vec<ScenarioResult>, Fault> {
    let mut outcomes = Vec::new();
    for scenario in &trace.scenarios {
        let mut plan = match &scenario.plan {
            Some(own) if scenario.has_journeys() => own.as_ref().clone(),
            Some(own) => restricted(trace, own)?,
            None => restricted(trace, plan)?,
        };
        if !trace.holdouts {
            plan.policy.holdout = Percent(0);
            plan.journeys.iter_mut().for_each(|journey| journey.holdout = 0);
        }
        let plan = Arc::new(plan);
        let outcome = engine(Arc::clone(&plan)).and_then(|it| run(trace, scenario, &plan, it));
        let mut outcome = outcome.map_err(|error| {
            let help = "nothing that stands in a trace should lead to this: it is a defect; report it with the trace";
            let failed = (scenario.span.clone(), error.to_string(), Some(help.into()));
            Fault::new(failed, &trace.path, &trace.text)
        })?;
        if scenario.has_journeys() {
            outcome.decisions.clear();
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// The plan in which only the trace's journeys hear of events, and begin by time.
fn restricted(trace: &Trace, plan: &Plan) -> Result<Plan, Fault> {
    let mut plan = plan.clone();
    let Some(names) = &trace.journeys else { return Ok(plan) };
    if let Some(wrong) = strangers(names, &plan).into_iter().next() {
        return Err(Fault::new(wrong, &trace.path, &trace.text));
    }
    let takes_part: Vec<bool> = plan
        .journeys
        .iter()
        .map(|journey| names.iter().any(|(name, _)| journey.name == *name))
        .collect();
    for interest in plan.events.values_mut() {
        interest.journeys.retain(|interest| takes_part[usize::from(interest.journey)]);
    }
    plan.by_time.retain(|index| takes_part[usize::from(*index)]);
    Ok(plan)
}
