//! The templates of a configuration: read, compared with what the journeys send, and tried out on a spread of customers.

use crate::failure::{Failure, Fault};
use crate::files;
use crate::journeys::Compiled;
use crate::messages;
use crate::settings::Settings;
use cartwheel_providers::template::{TemplateProblem, Templates, VARIABLES};
use cartwheel_sim::trace::suggest;
use std::path::Path;

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

/// Reads one template; the others may be as they are.
///
/// # Errors
/// [`Failure::Data`] with everything that is wrong with it, or that there is none of this name.
pub fn load_one(settings: &Settings, name: &str) -> Result<Templates, Failure> {
    let dir = &settings.templates_dir;
    let known = files::folders(dir)?;
    if !known.iter().any(|known| known == name) {
        let message = format!("there is no template `{name}` in {}", dir.display());
        let help = suggest::help(name, known.iter().map(String::as_str));
        return Err(Failure::Data(vec![Fault::new(message, Some(help))]));
    }
    Ok(Templates::load_one(dir, name).map_err(wrong)?.in_zone(&settings.policy.zone))
}

/// What a person is told to do.
fn remedy(problem: &TemplateProblem) -> String {
    match (&problem.unknown, &problem.help) {
        (Some(unknown), _) => suggest::help(unknown, VARIABLES),
        (None, Some(help)) => help.clone(),
        (None, None) => "engine/docs/templates.md says what templates can do".into(),
    }
}

fn wrong(problems: Vec<TemplateProblem>) -> Failure {
    Failure::Data(problems.iter().map(placed).collect())
}

fn placed(problem: &TemplateProblem) -> Fault {
    at_line(&problem.file, problem.line, problem.message.clone(), Some(remedy(problem)))
}

/// A fault at a line of a template's file, from 1; without one, or where the file cannot be read, at the file.
pub fn at_line(path: &Path, line: Option<usize>, message: String, help: Option<String>) -> Fault {
    let shown = path.display().to_string();
    let text = line.and_then(|line| Some((line, std::fs::read(path).ok()?)));
    let Some((line, text)) = text else {
        return Fault::new(format!("{shown}: {message}"), help);
    };
    let text = String::from_utf8_lossy(&text);
    let start =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let end = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |length| start + length);
    Fault::at(&shown, &text, start..end, message, help)
}
