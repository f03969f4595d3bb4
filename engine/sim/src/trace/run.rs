//! Drives an engine through the scenarios of a trace and compares.

use super::engine::{Consequence, TraceEngine};
use super::event::{Event, Message};
use super::expect::{Expectation, Wanted};
use super::fault::Fault;
use super::line::{Entry, What};
use super::matching::{is_message, meets, template};
use super::read::{Scenario, Trace};
use super::report::{Kind, Row, clock, describe, timeline};
use cartwheel_core::channel::Channel;
use cartwheel_core::decision::{Decision, Verdict};
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Percent;
use cartwheel_core::time::Millis;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// What became of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// What is wrong; empty if it passed.
    pub faults: Vec<Fault>,
    /// What happened; `-` was expected, `+` was not.
    pub timeline: String,
}

/// Runs every scenario of the trace, each on an engine that knows nobody, under the journeys that the trace names.
pub fn run_all<E: TraceEngine>(
    trace: &Trace,
    plan: &Plan,
    engine: impl Fn(Arc<Plan>) -> E,
) -> Result<Vec<Outcome>, Fault> {
    let plan = Arc::new(restricted(trace, plan)?);
    let outcome = |scenario| run(trace, scenario, &plan, engine(Arc::clone(&plan)));
    Ok(trace.scenarios.iter().map(outcome).collect())
}

/// The plan in which only the trace's journeys hear of events.
fn restricted(trace: &Trace, plan: &Plan) -> Result<Plan, Fault> {
    let mut plan = plan.clone();
    if !trace.holdouts {
        plan.policy.holdout = Percent(0);
        plan.journeys.iter_mut().for_each(|journey| journey.holdout = 0);
    }
    let Some(names) = &trace.journeys else { return Ok(plan) };
    if let Some(stranger) =
        names.iter().find(|name| plan.journeys.iter().all(|journey| journey.name != **name))
    {
        let help = "write `journeys NAME ...` or `journeys all` before the first scenario";
        let wrong = (0..0, format!("there is no journey `{stranger}`"), Some(help.into()));
        return Err(Fault::new(wrong, &trace.path, &trace.text));
    }
    let takes_part: Vec<bool> = plan
        .journeys
        .iter()
        .map(|journey| names.iter().any(|name| journey.name == **name))
        .collect();
    for interest in plan.events.values_mut() {
        interest.journeys.retain(|interest| takes_part[usize::from(interest.journey)]);
    }
    Ok(plan)
}

/// Runs one scenario.
fn run(trace: &Trace, scenario: &Scenario, plan: &Plan, engine: impl TraceEngine) -> Outcome {
    let mut runner = Runner {
        trace,
        scenario,
        plan,
        engine,
        decisions: Vec::new(),
        named: Vec::new(),
        surplus: Vec::new(),
        cursors: BTreeMap::new(),
        instant: None,
        newest: Millis::MIN,
        rows: Vec::new(),
        faults: Vec::new(),
    };
    for entry in &scenario.entries {
        runner.entry(entry);
    }
    runner.finish()
}

struct Runner<'t, E> {
    trace: &'t Trace,
    scenario: &'t Scenario,
    plan: &'t Plan,
    engine: E,
    decisions: Vec<Decision>,
    /// Beside each decision: a line has named it.
    named: Vec<bool>,
    /// Beside each decision: it should not have been.
    surplus: Vec<bool>,
    /// For each customer the decision after the last one that a line has named.
    cursors: BTreeMap<String, usize>,
    /// The time of the last line, and the number of decisions before it was reached.
    instant: Option<(Millis, usize)>,
    /// The greatest time of a record so far.
    newest: Millis,
    rows: Vec<Row>,
    faults: Vec<Fault>,
}

impl<E: TraceEngine> Runner<'_, E> {
    fn entry(&mut self, entry: &Entry) {
        if self.instant.is_none_or(|(at, _)| at < entry.at) {
            self.instant = Some((entry.at, self.decisions.len()));
            self.advance(entry.at);
        }
        match &entry.what {
            What::Event(event) => self.event(entry, event),
            What::Expect(Expectation::Nothing(customer)) => {
                self.nothing(entry, customer.as_deref())
            }
            What::Expect(Expectation::Decision(wanted)) => self.expect(entry, wanted),
        }
    }

    /// Time goes on: every timer fires at its own deadline, as in a shard that is never behind.
    fn advance(&mut self, to: Millis) {
        while let Some(deadline) = self.engine.next_deadline().filter(|deadline| *deadline <= to) {
            self.engine.clock(deadline.max(self.newest));
        }
        self.take();
    }

    /// Takes over what has come out of the engine; says why a record was no event.
    fn take(&mut self) -> Option<String> {
        let mut dead = None;
        for consequence in self.engine.consequences() {
            match consequence {
                Consequence::Decision(decision) => self.decided(decision),
                Consequence::Suppression(_) => {}
                Consequence::Dead { reason, detail, .. } => {
                    dead = Some(format!("{reason:?}: {detail}"))
                }
            }
        }
        dead
    }

    fn decided(&mut self, decision: Decision) {
        let kind = Kind::Decision(self.decisions.len());
        self.rows.push(Row { at: decision.at, kind, text: describe(&decision, self.plan) });
        self.decisions.push(decision);
        self.named.push(false);
        self.surplus.push(false);
    }

    fn event(&mut self, entry: &Entry, event: &Event) {
        let words = self.trace.text.get(entry.span.clone()).unwrap_or_default();
        let text = words.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim());
        self.rows.push(Row { at: entry.at, kind: Kind::Event, text: text.into() });
        let command = match &event.of {
            None => None,
            Some(message) => match self.newest_message(&event.customer, message) {
                None => {
                    return self.fault(
                        entry,
                        format!(
                            "{} has got no message from `{}`",
                            event.customer, message.template
                        ),
                        None,
                    );
                }
                found => found,
            },
        };
        let json = event.json(entry.at, &self.scenario.name, entry.line, command);
        self.newest = self.newest.max(entry.at);
        self.engine.record(entry.at, &json);
        if let Some(reason) = self.take() {
            let message = format!("this is not an event that the engine takes: {reason}");
            self.fault(entry, message, None);
        }
    }

    fn newest_message(
        &self,
        customer: &str,
        message: &Message,
    ) -> Option<(CommandId, Option<Channel>)> {
        let of_customer =
            self.decisions.iter().rev().filter(|decision| decision.customer == customer);
        let mut found = of_customer.filter(|decision| is_message(decision, message, self.plan));
        found.find_map(|decision| Some((decision.command_id?, decision.channel)))
    }

    fn nothing(&mut self, entry: &Entry, customer: Option<&str>) {
        let since = self.instant.map_or(0, |(_, before)| before);
        let concerns =
            |decision: &Decision| customer.is_none_or(|customer| decision.customer == customer);
        let unnamed = (since..self.decisions.len())
            .filter(|&index| !self.named[index] && concerns(&self.decisions[index]));
        let unnamed: Vec<usize> = unnamed.collect();
        let Some(first) = unnamed.first() else { return };
        let told = describe(&self.decisions[*first], self.plan);
        let at = clock(self.decisions[*first].at, &self.trace.zone, false);
        self.missing(entry);
        self.fault(entry, format!("nothing was expected, but at {at}: {told}"), None);
        for index in unnamed {
            self.surplus[index] = true;
        }
    }

    fn expect(&mut self, entry: &Entry, wanted: &Wanted) {
        let from = self.cursors.get(&wanted.customer).copied().unwrap_or_default();
        let fits = |&index: &usize| {
            !self.named[index] && meets(&self.decisions[index], wanted, entry.at, self.plan)
        };
        if let Some(index) = (from..self.decisions.len()).find(fits) {
            self.named[index] = true;
            self.cursors.insert(wanted.customer.clone(), index + 1);
            return;
        }
        let help = self.instead(entry, wanted, from);
        self.missing(entry);
        self.fault(entry, "this was expected and did not happen".into(), Some(help));
    }

    /// What the customer got instead: the nearest that a person would look for.
    fn instead(&self, entry: &Entry, wanted: &Wanted, from: usize) -> String {
        let of_customer = |index: &usize| self.decisions[*index].customer == wanted.customer;
        let told = |index: usize| {
            let decision = &self.decisions[index];
            format!(
                "{} {}",
                clock(decision.at, &self.trace.zone, decision.at != entry.at),
                describe(decision, self.plan)
            )
        };
        let here: Vec<String> = (0..self.decisions.len())
            .filter(of_customer)
            .filter(|index| self.decisions[*index].at == entry.at)
            .map(told)
            .collect();
        if !here.is_empty() {
            let order = if (0..from).any(|index| self.decisions[index].at == entry.at) {
                " (lines of one customer stand in the order of the decisions)"
            } else {
                ""
            };
            return format!("decided at this time{order}: {}", here.join("; "));
        }
        match (0..self.decisions.len()).rev().find(of_customer) {
            Some(last) => format!(
                "nothing was decided for {} at this time; the last decision: {}",
                wanted.customer,
                told(last)
            ),
            None => format!("nothing was ever decided for {}", wanted.customer),
        }
    }

    fn missing(&mut self, entry: &Entry) {
        let words = self.trace.text.get(entry.span.clone()).unwrap_or_default();
        let text = words.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim());
        self.rows.push(Row {
            at: entry.at,
            kind: Kind::Missing,
            text: format!("{text}  (line {})", entry.line),
        });
    }

    fn fault(&mut self, entry: &Entry, message: String, help: Option<String>) {
        self.faults.push(self.placed(entry.span.clone(), message, help));
    }

    fn placed(&self, span: Range<usize>, message: String, help: Option<String>) -> Fault {
        Fault::new((span, message, help), &self.trace.path, &self.trace.text)
    }

    fn finish(mut self) -> Outcome {
        for index in 0..self.decisions.len() {
            let decision = &self.decisions[index];
            if decision.decision == Verdict::Sent && !self.named[index] {
                let channel = decision.channel.map_or("", |channel| channel.name());
                let (template, time) =
                    (template(decision, self.plan), clock(decision.at, &self.trace.zone, false));
                let message =
                    format!("{}: `{template}` was sent and no line expects it", self.scenario.name);
                let help = format!("{time} expect {} send {template} {channel}", decision.customer);
                let span = self.scenario.span.clone();
                self.faults.push(self.placed(span, message, Some(help)));
                self.surplus[index] = true;
            }
        }
        let timeline = timeline(&self.rows, &self.trace.zone, |index| self.surplus[index]);
        Outcome { scenario: self.scenario.name.clone(), faults: self.faults, timeline }
    }
}
