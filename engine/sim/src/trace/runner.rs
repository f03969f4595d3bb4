//! Drives an engine through one scenario and compares.

use super::engine::{Consequence, TraceEngine};
use super::event::{Event, Message};
use super::expect::{Expectation, Wanted};
use super::fault::Fault;
use super::line::{Statement, What};
use super::matching::{fits, is_message, template};
use super::nearest::nearest;
use super::read::Trace;
use super::report::{Kind, Row, clock, timeline, told};
use super::run::ScenarioResult;
use super::scenario::Scenario;
use cartwheel_core::apply::with_arm;
use cartwheel_core::channel::Channel;
use cartwheel_core::decision::{Decision, Verdict};
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Mode, Poison};
use cartwheel_core::time::Millis;
use cartwheel_shard::ShardError;
use std::collections::BTreeMap;
use std::ops::Range;

/// Runs one scenario.
pub fn run(
    trace: &Trace,
    scenario: &Scenario,
    plan: &Plan,
    engine: impl TraceEngine,
) -> Result<ScenarioResult, ShardError> {
    let speaks = |entry: &Statement| {
        matches!(entry.what, What::Expect(Expectation::Suppression(_) | Expectation::Dead(_)))
    };
    let mut runner = Runner {
        trace,
        scenario,
        plan,
        engine,
        tells_all: trace.strict || scenario.entries.iter().any(speaks),
        facts: Vec::new(),
        cursors: BTreeMap::new(),
        instant: None,
        products: 0,
        orders: 0,
        broadcasts: 0,
        coupons: 0,
        rows: Vec::new(),
        faults: Vec::new(),
    };
    for (index, entry) in scenario.entries.iter().enumerate() {
        runner.entry(entry, &scenario.entries[index + 1..])?;
    }
    Ok(runner.finish())
}

/// What to write for the engine to take an event.
fn remedy(reason: Poison) -> &'static str {
    match reason {
        Poison::NotJson => "write a JSON object",
        Poison::TooLarge => "write less than `max_event_bytes` of the policy",
        Poison::TooDeep => "nest at most 64 deep",
        Poison::MissingType => "write a `type` that is a text and not empty",
        Poison::MissingCustomer => "write a `customer` that is a text and not empty",
        Poison::BadValue => "write a type and a customer of at most 256 bytes",
        Poison::BadTime => {
            "write `time` as 09:15 or 2026-03-01T09:15 (in the trace's zone), as RFC 3339 such as 2026-03-01T09:15:00Z, or as epoch seconds or milliseconds"
        }
        Poison::TimeInFuture => {
            "write a `time` that is at most `max_event_ahead` of the policy after the line's"
        }
        Poison::Misplaced | Poison::TooManyCustomers | Poison::RecordInFuture => {
            "write other customers or times"
        }
    }
}

/// A decision that took an arm says which, as it is written.
fn in_words(plan: &Plan, what: Consequence) -> Consequence {
    match what {
        Consequence::Decision(decision) => Consequence::Decision(with_arm(plan, decision)),
        Consequence::Suppression(_) | Consequence::Degraded { .. } | Consequence::Dead { .. } => {
            what
        }
    }
}

/// Something that came out.
struct Fact {
    at: Millis,
    what: Consequence,
    /// A line has named it.
    named: bool,
    /// It should not have been.
    surplus: bool,
}

impl Fact {
    fn decision(&self) -> Option<&Decision> {
        match &self.what {
            Consequence::Decision(decision) => Some(decision),
            Consequence::Suppression(_)
            | Consequence::Degraded { .. }
            | Consequence::Dead { .. } => None,
        }
    }

    fn customer(&self) -> Option<&str> {
        match &self.what {
            Consequence::Decision(decision) => Some(&decision.customer),
            Consequence::Suppression(told) => Some(&told.customer),
            Consequence::Degraded { .. } | Consequence::Dead { .. } => None,
        }
    }
}

struct Runner<'t, E> {
    trace: &'t Trace,
    scenario: &'t Scenario,
    plan: &'t Plan,
    engine: E,
    /// Suppressions and dead letters are told too; a scenario that says nothing of them is about decisions alone.
    tells_all: bool,
    facts: Vec<Fact>,
    /// For each customer the fact after the last one that a line has named.
    cursors: BTreeMap<String, usize>,
    /// The time of the last line, and the number of facts before it was reached.
    instant: Option<(Millis, usize)>,
    /// Records of the catalogue so far.
    products: u64,
    /// Orders about journeys so far.
    orders: u64,
    /// Broadcasts so far.
    broadcasts: u64,
    /// Records that load codes.
    coupons: u64,
    rows: Vec<Row>,
    faults: Vec<Fault>,
}

impl<E: TraceEngine> Runner<'_, E> {
    fn entry(&mut self, entry: &Statement, later: &[Statement]) -> Result<(), ShardError> {
        if self.instant.is_none_or(|(at, _)| at < entry.at) {
            self.instant = Some((entry.at, self.facts.len()));
            if !self.scenario.jumps {
                self.engine.advance(entry.at)?;
                self.take(entry.at);
            }
        }
        if matches!(entry.what, What::Expect(_)) && !self.scenario.jumps {
            // What an event at this very time has made due happens before anything else does.
            self.engine.advance(entry.at)?;
            self.take(entry.at);
        }
        match &entry.what {
            What::Event(event) => self.event(entry, event, later)?,
            What::Product(product) => {
                self.products += 1;
                let time = product.recorded.unwrap_or(entry.at);
                self.record(entry, time, &product.json(time, self.products), later)?;
            }
            What::Broadcast(told) => {
                self.broadcasts += 1;
                self.record(entry, entry.at, &told.json(entry.at, self.broadcasts), later)?;
            }
            What::Control(order) => {
                self.orders += 1;
                self.record(entry, entry.at, &order.json(entry.at, self.orders), later)?;
            }
            What::Coupons(coupons) => {
                self.coupons += 1;
                self.record(entry, entry.at, &coupons.json(self.coupons), later)?;
            }
            What::Record(value) => self.record(entry, entry.at, value.as_bytes(), later)?,
            What::Clock => self.turn(entry, None)?,
            What::Mode(mode) => self.turn(entry, Some(*mode))?,
            What::Expect(Expectation::Nothing(customer)) => {
                self.nothing(entry, customer.as_deref())
            }
            What::Expect(expected) => self.expect(entry, expected),
        }
        Ok(())
    }

    /// The end of a turn. One that only says that the shard is behind fires nothing.
    fn turn(&mut self, entry: &Statement, mode: Option<Mode>) -> Result<(), ShardError> {
        self.happens(entry);
        if let Some(mode) = mode {
            self.engine.mode(mode)?;
        }
        if mode != Some(Mode::Behind) {
            self.engine.clock(entry.at)?;
        }
        self.take(entry.at);
        Ok(())
    }

    /// Takes over what has come out of the engine; says why a record was no event.
    fn take(&mut self, at: Millis) -> Option<(Fact, Poison)> {
        let mut dead = None;
        for what in self.engine.consequences() {
            let what = in_words(self.plan, what);
            match &what {
                Consequence::Decision(decision) => self.tell(decision.at, what),
                Consequence::Suppression(told) if self.tells_all => self.tell(told.at, what),
                Consequence::Suppression(_) => {}
                // Told in any case: a field that the line misspells is why a journey does otherwise.
                Consequence::Degraded { at, .. } => self.tell(*at, what),
                Consequence::Dead { reason, .. } => {
                    let why = *reason;
                    dead = Some((Fact { at, what, named: false, surplus: false }, why));
                }
            }
        }
        dead
    }

    fn tell(&mut self, at: Millis, what: Consequence) {
        let kind = Kind::Told(self.facts.len());
        self.rows.push(Row { at, kind, text: told(&what, self.plan) });
        self.facts.push(Fact { at, what, named: false, surplus: false });
    }

    fn happens(&mut self, entry: &Statement) {
        let text = self.words(entry).into();
        self.rows.push(Row { at: entry.at, kind: Kind::Event, text });
    }

    /// The line without its time.
    fn words(&self, entry: &Statement) -> &str {
        let words = self.trace.text.get(entry.span.clone()).unwrap_or_default();
        words.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim())
    }

    fn event(
        &mut self,
        entry: &Statement,
        event: &Event,
        later: &[Statement],
    ) -> Result<(), ShardError> {
        let command = match &event.of {
            None => None,
            Some(message) => match self.newest_message(&event.customer, message) {
                None => {
                    self.happens(entry);
                    let (customer, template) = (&event.customer, &message.template);
                    let message = format!("{customer} has got no message from `{template}`");
                    let help = "`of` is about a message that was sent before; is its template or its step called so?";
                    self.fault(entry, message, Some(help.into()));
                    return Ok(());
                }
                found => found,
            },
        };
        let time = event.recorded.unwrap_or(entry.at);
        let json = event.json(time, &self.scenario.name, entry.line, command);
        self.record(entry, time, &json, later)
    }

    fn record(
        &mut self,
        entry: &Statement,
        time: Millis,
        value: &[u8],
        later: &[Statement],
    ) -> Result<(), ShardError> {
        self.happens(entry);
        self.engine.record(time, value)?;
        let Some((dead, why)) = self.take(entry.at) else { return Ok(()) };
        let mut expected = later.iter().map_while(|entry| match &entry.what {
            What::Expect(expected) => Some(expected),
            _ => None,
        });
        if expected.any(|expected| matches!(expected, Expectation::Dead(_))) {
            self.tell(entry.at, dead.what);
        } else {
            let detail = match &dead.what {
                Consequence::Dead { detail, .. } => format!(" ({detail})"),
                Consequence::Decision(_)
                | Consequence::Suppression(_)
                | Consequence::Degraded { .. } => String::new(),
            };
            let message = format!("the engine does not take this event: `{}`{detail}", why.name());
            let help = format!(
                "{}; a line `expect dead {}` says that this is meant",
                remedy(why),
                why.name()
            );
            self.fault(entry, message, Some(help));
        }
        Ok(())
    }

    fn newest_message(
        &self,
        customer: &str,
        message: &Message,
    ) -> Option<(CommandId, Option<Channel>)> {
        let decisions = self.facts.iter().rev().filter_map(Fact::decision);
        let of_customer = decisions.filter(|decision| decision.customer == customer);
        let mut found = of_customer.filter(|decision| is_message(decision, message, self.plan));
        found.find_map(|decision| Some((decision.command_id?, decision.channel)))
    }

    fn nothing(&mut self, entry: &Statement, customer: Option<&str>) {
        let since = self.instant.map_or(0, |(_, before)| before);
        let concerns = |fact: &Fact| {
            (self.trace.strict || fact.decision().is_some())
                && customer.is_none_or(|customer| fact.customer() == Some(customer))
        };
        let unnamed: Vec<usize> = (since..self.facts.len())
            .filter(|&index| !self.facts[index].named && concerns(&self.facts[index]))
            .collect();
        let Some(first) = unnamed.first() else { return };
        let fact = &self.facts[*first];
        let (at, told) = (clock(fact.at, &self.trace.zone, false), told(&fact.what, self.plan));
        self.missing(entry);
        let help = format!("where that is meant, name it in a line above: {at} expect ...");
        self.fault(entry, format!("nothing was expected, but at {at}: {told}"), Some(help));
        for index in unnamed {
            self.facts[index].surplus = true;
        }
    }

    fn expect(&mut self, entry: &Statement, expected: &Expectation) {
        // Lines about one customer stand in order; where the trace is strict, all lines do.
        let customer = expected.customer().filter(|_| !self.trace.strict).unwrap_or_default();
        let from = self.cursors.get(customer).copied().unwrap_or_default();
        let meets = |&index: &usize| {
            let fact = &self.facts[index];
            !fact.named && fits(&fact.what, expected, entry.at, self.plan)
        };
        if let Some(index) = (from..self.facts.len()).find(meets) {
            self.facts[index].named = true;
            self.cursors.insert(customer.to_owned(), index + 1);
            return self.shows(entry, expected, index);
        }
        let help = self.instead(entry, expected.customer(), from);
        self.missing(entry);
        self.fault(entry, "this was expected and did not happen".into(), Some(help));
    }

    /// Whether the message shows what it must.
    fn shows(&mut self, entry: &Statement, expected: &Expectation, index: usize) {
        let Expectation::Decision(Wanted { shows, .. }) = expected else { return };
        if shows.is_empty() {
            return;
        }
        let command = self.facts[index].decision().and_then(|decision| decision.command_id);
        let shown = command.and_then(|command| self.engine.message(command));
        let text = match shown.unwrap_or_else(|| Err("there is no command".into())) {
            Ok(text) => text,
            Err(why) => {
                let help = "mend the template, or the event that it shows a field of; `cartwheel render` shows a message";
                let message = format!("the message cannot be written: {why}");
                return self.fault(entry, message, Some(help.into()));
            }
        };
        for wanted in shows.iter().filter(|wanted| !text.contains(wanted.as_str())) {
            let help =
                nearest(&text, wanted).map(|near| format!("the nearest that it shows: {near}"));
            self.fault(entry, format!("the message does not show {wanted:?}"), help);
        }
    }

    /// What the customer got instead: the nearest that a person would look for.
    fn instead(&self, entry: &Statement, customer: Option<&str>, from: usize) -> String {
        let of_customer = |index: &usize| self.facts[*index].customer() == customer;
        let told = |index: usize| {
            let fact = &self.facts[index];
            let at = clock(fact.at, &self.trace.zone, fact.at != entry.at);
            format!("{at} {}", told(&fact.what, self.plan))
        };
        let here: Vec<String> = (0..self.facts.len())
            .filter(of_customer)
            .filter(|index| self.facts[*index].at == entry.at)
            .map(told)
            .collect();
        if !here.is_empty() {
            let order = if (0..from).any(|index| self.facts[index].at == entry.at) {
                " (lines of one customer stand in the order of the decisions)"
            } else {
                ""
            };
            return format!("decided at this time{order}: {}", here.join("; "));
        }
        let customer = customer.unwrap_or("a record as a whole");
        match (0..self.facts.len()).rev().find(of_customer) {
            Some(last) => format!(
                "nothing was decided for {customer} at this time; the last decision: {}",
                told(last)
            ),
            None => format!("nothing was ever decided for {customer}"),
        }
    }

    fn missing(&mut self, entry: &Statement) {
        let text = format!("{}  (line {})", self.words(entry), entry.line);
        self.rows.push(Row { at: entry.at, kind: Kind::Missing, text });
    }

    fn fault(&mut self, entry: &Statement, message: String, help: Option<String>) {
        self.faults.push(self.placed(entry.span.clone(), message, help));
    }

    fn placed(&self, span: Range<usize>, message: String, help: Option<String>) -> Fault {
        Fault::new((span, message, help), &self.trace.path, &self.trace.text)
    }

    fn finish(mut self) -> ScenarioResult {
        for index in 0..self.facts.len() {
            if let Some((message, help)) = self.unexpected(&self.facts[index]) {
                let span = self.scenario.span.clone();
                let message = format!("{}: {message}", self.scenario.name);
                self.faults.push(self.placed(span, message, help));
                self.facts[index].surplus = true;
            }
        }
        let timeline = timeline(&self.rows, &self.trace.zone, |index| self.facts[index].surplus);
        let decisions = self.facts.into_iter().filter_map(|fact| match fact.what {
            Consequence::Decision(decision) => Some(decision),
            Consequence::Suppression(_)
            | Consequence::Degraded { .. }
            | Consequence::Dead { .. } => None,
        });
        ScenarioResult {
            scenario: self.scenario.name.clone(),
            faults: self.faults,
            timeline,
            decisions: decisions.collect(),
        }
    }

    /// What to say of a fact that needed a line and has none.
    fn unexpected(&self, fact: &Fact) -> Option<(String, Option<String>)> {
        if fact.named {
            return None;
        }
        let time = clock(fact.at, &self.trace.zone, false);
        if let Some(decision) = fact.decision().filter(|it| it.decision == Verdict::Sent) {
            let channel = decision.channel.map_or("", |channel| channel.name());
            let template = template(decision, self.plan);
            let help = format!("{time} expect {} send {template} {channel}", decision.customer);
            return Some((format!("`{template}` was sent and no line expects it"), Some(help)));
        }
        let told = told(&fact.what, self.plan);
        (self.trace.strict && !fact.surplus).then(|| {
            let message = format!("no line expects what was decided at {time}: {told}");
            let help = format!("write a line for it, {time} expect ..., or leave `strict on` out");
            (message, Some(help))
        })
    }
}
