//! YAML inside of a trace: after a line `policy`, `facts` or `journey` the lines that are indented, as they would stand in a file.
//!
//! A block is given to the readers of policies and journeys as the whole trace in which everything else is blank: then the
//! places of what they find wrong are places in the trace.

use super::beside::Beside;
use super::fault::{Fault, Wrong};
use super::suggest;
use cartwheel_core::journey::load::{
    Checked, KnownEvents, Problem, Severity, SourceFile, Sources, check_again,
};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use serde_saphyr::Error as YamlError;
use std::ops::Range;
use std::sync::Arc;

/// The blocks that hold for a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blocks {
    /// The policy, and the bytes of its text.
    policy: Option<(Policy, Range<usize>)>,
    /// The bytes of each journey's text.
    journeys: Vec<Range<usize>>,
    /// The bytes of the facts' text.
    facts: Option<Range<usize>>,
}

/// What the blocks of a scenario decide by.
#[derive(Clone, Debug)]
pub struct Own {
    /// The plan.
    pub plan: Arc<Plan>,
    /// What its journeys know of events; none where they are those beside the trace.
    pub events: Option<Arc<KnownEvents>>,
}

impl Blocks {
    /// Whether journeys are written here.
    pub fn has_journeys(&self) -> bool {
        !self.journeys.is_empty()
    }

    /// Adds a journey.
    pub fn journey(&mut self, body: Range<usize>) {
        self.journeys.push(body);
    }

    /// Sets the facts. Later ones take the place of earlier ones.
    pub fn facts(&mut self, body: Range<usize>) {
        self.facts = Some(body);
    }

    /// Reads and sets the policy. A later one takes the place of an earlier one.
    pub fn policy(&mut self, body: Range<usize>, text: &str) -> Result<&Policy, Wrong> {
        let read = serde_saphyr::from_str(&alone(text, &body));
        let policy = read.map_err(|error| wrong(error.without_snippet(), text, &body))?;
        Ok(&self.policy.insert((policy, body)).0)
    }

    /// The plan of the journeys, under the policy beside the trace where it writes none. None where it writes neither journeys nor a policy.
    pub fn plan(&self, source: &SourceFile, beside: Beside<'_>) -> Result<Option<Own>, Vec<Fault>> {
        if self.has_journeys() {
            let alone =
                |body| SourceFile { path: source.path.clone(), text: alone(&source.text, body) };
            let journeys: Vec<SourceFile> = self.journeys.iter().map(alone).collect();
            let facts = self.facts.as_ref().map(alone);
            let sources = Sources { journeys: &journeys, facts: facts.as_ref() };
            let (plan, events) = self.load(source, beside.policy, sources)?;
            return Ok(Some(Own { plan: Arc::new(plan), events: Some(Arc::new(events)) }));
        }
        let alone = |body: &Range<usize>, message: &str, help: &str| {
            let wrong = (body.clone(), message.into(), Some(help.into()));
            Err(vec![Fault::new(wrong, &source.path, &source.text)])
        };
        let help = "write the journeys below it, after a line `journey`";
        if let Some(body) = &self.facts {
            return alone(body, "facts that stand in a trace hold for journeys in it", help);
        }
        let (Some((_, body)), Some(journeys)) = (&self.policy, beside.journeys) else {
            return Ok(None);
        };
        if journeys.is_empty() {
            let message = "there is no journey for this policy, neither beside the trace nor in it";
            return alone(body, message, help);
        }
        let sources = Sources { journeys, facts: beside.facts };
        let (plan, _) = self.load(source, beside.policy, sources)?;
        let plan = match beside.shown {
            Some(shown) => plan.showing(shown),
            None => plan,
        };
        Ok(Some(Own { plan: Arc::new(plan), events: None }))
    }

    /// Under the policy of the trace, if it has one, else under the one `given`.
    fn load(
        &self,
        source: &SourceFile,
        given: &Policy,
        sources: Sources<'_>,
    ) -> Result<(Plan, KnownEvents), Vec<Fault>> {
        let (policy, place) = match &self.policy {
            Some((policy, body)) => (policy.clone(), body.clone()),
            // Those speak of the shop's journeys and facts, which are not here.
            None => (Policy { holds: Vec::new(), groups: Vec::new(), ..given.clone() }, 0..0),
        };
        let fault = |problem: Problem| {
            let span = if problem.path == source.path { problem.span } else { place.clone() };
            Fault::new((span, problem.message, problem.help), &source.path, &source.text)
        };
        let errors = |problems: Vec<Problem>| {
            let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
            errors.map(fault).collect()
        };
        // A test's journeys end with the test: such as begin each other for ever may be told of, too.
        let Checked { plan, known, problems, .. } = check_again(&policy, sources);
        plan.map(|plan| (plan, known)).ok_or_else(|| errors(problems))
    }
}

/// The text in which everything outside of `body` is blank.
fn alone(text: &str, body: &Range<usize>) -> String {
    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let before = text.bytes().take(body.start).map(blank);
    before.collect::<String>() + text.get(body.clone()).unwrap_or_default()
}

fn wrong(error: &YamlError, text: &str, body: &Range<usize>) -> Wrong {
    let place = error.location().map_or(body.clone(), |location| {
        let lines = (location.line() as usize).saturating_sub(1);
        let line: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
        let column = (location.column() as usize).saturating_sub(1);
        let rest = text.get(line..).unwrap_or_default();
        let start = line + rest.chars().take(column).map(char::len_utf8).sum::<usize>();
        start..start + 1
    });
    match error {
        YamlError::SerdeUnknownField { field, expected, .. } => {
            let help = suggest::help(field, expected.iter().copied());
            (place, format!("unknown key `{field}`"), Some(help))
        }
        other => {
            let plain = serde_saphyr::render_options! { snippets: serde_saphyr::SnippetMode::Off };
            let help = "write it as it would stand in a file, indented below its line";
            (place, other.render_with_options(plain), Some(help.into()))
        }
    }
}
