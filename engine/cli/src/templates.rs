//! The templates of a configuration: read, compared with what the journeys send, and tried out on a spread of customers.

use crate::failure::{Failure, Fault};
use crate::settings::Settings;
use cartwheel_core::channel::Channel;
use cartwheel_core::journey::plan::Plan;
use cartwheel_providers::template::{TemplateProblem, Templates};
use std::collections::BTreeSet;

/// Reads the templates and finds that every send of the plan has the parts for each of its channels.
///
/// # Errors
/// [`Failure::Data`] with everything that is wrong.
pub fn load(settings: &Settings, plan: &Plan) -> Result<Templates, Failure> {
    let templates =
        Templates::load(&settings.templates_dir).map_err(wrong)?.in_zone(&plan.policy.zone);
    let missing = templates.check(sends(plan));
    if missing.is_empty() { Ok(templates) } else { Err(wrong(missing)) }
}

/// Renders every template for customers of whom little, nonsense or much is known.
///
/// # Errors
/// [`Failure::Data`] with what would fail at a send: template, line and field.
pub fn try_out(templates: &Templates) -> Result<(), Failure> {
    let problems = templates.check_spread();
    if problems.is_empty() { Ok(()) } else { Err(wrong(problems)) }
}

fn wrong(problems: Vec<TemplateProblem>) -> Failure {
    Failure::Data(problems.iter().map(placed).collect())
}

/// Template and channel of every send of the plan, each once, in order.
fn sends(plan: &Plan) -> BTreeSet<(&str, Channel)> {
    let mut all = BTreeSet::new();
    for send in plan.journeys.iter().flat_map(|journey| journey.sends()) {
        all.extend(send.channels.iter().map(|choice| (send.template.as_str(), choice.channel)));
    }
    all
}

/// The problem with its line, if it has one and the file can be read.
fn placed(problem: &TemplateProblem) -> Fault {
    let text =
        problem.line.and_then(|line| Some((line, std::fs::read_to_string(&problem.file).ok()?)));
    let Some((line, text)) = text else { return Fault::new(problem.to_string(), None) };
    let start =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let end = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |length| start + length);
    Fault::at(&problem.file.display().to_string(), &text, start..end, problem.message.clone(), None)
}
