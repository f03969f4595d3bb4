//! The templates of a configuration: read, compared with what the journeys send, and tried out on a spread of customers.

use crate::failure::{Failure, Fault};
use crate::journeys::Compiled;
use crate::messages;
use crate::settings::Settings;
use cartwheel_providers::template::{TemplateProblem, Templates};

/// Reads the templates and finds that every send of the journeys has the parts for each of its channels.
///
/// # Errors
/// [`Failure::Data`] with everything that is wrong.
pub fn load(settings: &Settings, compiled: &Compiled) -> Result<Templates, Failure> {
    let zone = &compiled.plan.policy.zone;
    let templates = Templates::load(&settings.templates_dir).map_err(wrong)?.in_zone(zone);
    let missing = messages::missing(&templates, compiled);
    if missing.is_empty() { Ok(templates) } else { Err(Failure::Data(missing)) }
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

/// The problem with its line, if it has one and the file can be read.
fn placed(problem: &TemplateProblem) -> Fault {
    let text = problem.line.and_then(|line| Some((line, std::fs::read(&problem.file).ok()?)));
    let Some((line, text)) = text else { return Fault::new(problem.to_string(), None) };
    let text = String::from_utf8_lossy(&text);
    let start =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let end = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |length| start + length);
    Fault::at(&problem.file.display().to_string(), &text, start..end, problem.message.clone(), None)
}
