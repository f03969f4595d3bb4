//! One customer at one instant: what the rules may see and change.

use super::customer::{Customer, Run};
use super::effect::Effect;
use super::event::Event;
use cartwheel_core::channel::Channel;
use cartwheel_core::decision::{Decision, Reason, Values, Verdict};
use cartwheel_core::fact::key_hash;
use cartwheel_core::id::{CommandId, CustomerId, RunId};
use cartwheel_core::journey::condition::{Condition, Field, KeyField};
use cartwheel_core::journey::plan::{EventField, Journey, Plan};
use cartwheel_core::sends::Mode;
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_core::value::{Value, ValueRef};
use compact_str::CompactString;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The total order in which timers fire.
pub type Timer = (Millis, CustomerId, RunId);

/// A decision shows at most so many fields of a condition.
const SHOWN_FIELDS: usize = 4;

/// One customer at one instant.
pub struct Context<'a> {
    /// The journeys and the policy.
    pub plan: &'a Plan,
    /// Whether marketing flows.
    pub mode: Mode,
    /// T for an event, what timers see for a timer.
    pub t: Millis,
    /// The customer's id.
    pub id: CustomerId,
    /// The customer.
    pub customer: &'a mut Customer,
    /// Deadlines that count.
    pub timers: &'a mut BTreeSet<Timer>,
    /// Deadlines that count again when the shard is live.
    pub held: &'a mut BTreeSet<Timer>,
    /// What was decided.
    pub out: &'a mut Vec<Effect>,
    /// What journeys have let happen since the input came: the events, and how many of them have been applied.
    pub emitted: (Vec<Event>, usize),
}

/// A decision without what the turn knows already.
pub struct Decided {
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The run, where there is one.
    pub run: Option<RunId>,
    /// The step's name.
    pub step: Option<CompactString>,
    /// The channel, for sends.
    pub channel: Option<Channel>,
    /// The command, where one was made.
    pub command: Option<CommandId>,
    /// What was compared.
    pub values: Values,
}

impl Decided {
    /// A decision with nothing but verdict and reason.
    pub fn new(verdict: Verdict, reason: Reason) -> Self {
        Self {
            verdict,
            reason,
            run: None,
            step: None,
            channel: None,
            command: None,
            values: Values::new(),
        }
    }

    /// About this run.
    pub fn run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// By this step.
    pub fn step(mut self, step: &CompactString) -> Self {
        self.step = Some(step.clone());
        self
    }

    /// On this channel.
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// With one more value.
    pub fn value(mut self, name: &str, value: Value) -> Self {
        self.values.push((name.into(), value));
        self
    }

    /// With one more instant, in RFC 3339.
    pub fn instant(self, name: &str, at: Millis) -> Self {
        self.value(name, Value::Text(format_rfc3339(at).into()))
    }

    /// With one more number: a count, or a duration in milliseconds.
    pub fn number(self, name: &str, value: i64) -> Self {
        self.value(name, Value::Number(value as f64))
    }

    /// With the fields that a condition read.
    pub fn fields(mut self, fields: Values) -> Self {
        self.values.extend(fields);
        self
    }
}

impl<'a> Context<'a> {
    /// The journey with this index; the reference outlives the borrow of the turn.
    pub fn journey(&self, index: u16) -> &'a Journey {
        &self.plan.journeys[usize::from(index)]
    }

    /// Notes a decision of journey `journey` at this instant.
    pub fn decide(&mut self, journey: u16, what: Decided) {
        self.out.push(Effect::Decision(Decision {
            at: self.t,
            customer: self.customer.name.clone(),
            journey: self.journey(journey).name.clone(),
            run: what.run,
            step: what.step,
            decision: what.verdict,
            reason: what.reason,
            channel: what.channel,
            command_id: what.command,
            values: what.values,
        }));
    }

    /// Puts a window or run among the customer's and sets its timer. A lingering run of the same id gives way.
    pub fn put(&mut self, run: Run) {
        self.take(run.id);
        let timer = (run.deadline, self.id, run.id);
        if run.held {
            self.held.insert(timer);
        } else {
            self.timers.insert(timer);
        }
        let place = self.customer.runs.partition_point(|other| other.id < run.id);
        self.customer.runs.insert(place, run);
    }

    /// Removes a window or run and its timer.
    pub fn take(&mut self, id: RunId) -> Option<Run> {
        let place = self.customer.runs.iter().position(|run| run.id == id)?;
        let run = self.customer.runs.remove(place);
        let timer = (run.deadline, self.id, id);
        self.timers.remove(&timer);
        self.held.remove(&timer);
        Some(run)
    }

    /// What a condition reads, now: from `event` or from what a run has kept.
    pub fn reader<'r>(&'r self, event: Option<&'r Json>, run: Option<&'r Run>) -> Reader<'r> {
        Reader { plan: self.plan, event, run, customer: self.customer, t: self.t }
    }
}

/// What conditions read.
pub struct Reader<'r> {
    plan: &'r Plan,
    event: Option<&'r Json>,
    run: Option<&'r Run>,
    customer: &'r Customer,
    t: Millis,
}

impl<'r> Reader<'r> {
    /// Whether the condition holds; no condition always does.
    pub fn holds(&self, condition: Option<&Condition>) -> bool {
        condition.is_none_or(|condition| condition.holds(|field| self.read(field)))
    }

    /// The first fields that the condition reads, with their values.
    pub fn shown(&self, condition: Option<&Condition>) -> Values {
        let fields = condition.map_or(&[][..], |condition| &condition.fields);
        fields
            .iter()
            .take(SHOWN_FIELDS)
            .map(|(name, field)| (name.clone(), self.read(*field).to_value()))
            .collect()
    }

    /// What a fact is asked for.
    fn key(&self, field: Field) -> Option<u64> {
        let text = match self.read(field) {
            ValueRef::Null => return None,
            ValueRef::Bool(value) => value.to_string(),
            ValueRef::Number(number) => (number + 0.0).to_string(),
            ValueRef::Text(text) => text.to_owned(),
        };
        (!text.is_empty()).then(|| key_hash(&text))
    }

    /// The value of a field.
    pub fn read(&self, field: Field) -> ValueRef<'r> {
        let kept = |of: fn(&Run) -> &[Value], place: u16| {
            self.run
                .and_then(|run| of(run).get(usize::from(place)))
                .map_or(ValueRef::Null, Value::borrow)
        };
        match field {
            Field::Event(index) => match self.event {
                Some(event) => event_field(event, &self.plan.fields[usize::from(index)]),
                None => ValueRef::Null,
            },
            Field::Capture(place) => kept(|run| &run.captures, place),
            Field::Waited(place) => kept(|run| &run.waited, place),
            Field::Attribute(index) => self
                .customer
                .attribute(&self.plan.attributes[usize::from(index)])
                .map_or(ValueRef::Null, scalar),
            Field::Consent(channel) => ValueRef::Bool(self.customer.consent(channel) == Some(true)),
            Field::Fact(number, reading) => {
                self.customer.facts.read(self.plan, number, reading, self.t)
            }
            Field::FactAt(number, reading, key) => {
                let key = match key {
                    KeyField::Hash(hash) => Some(hash),
                    KeyField::Event(index) => self.key(Field::Event(index)),
                    KeyField::Capture(index) => self.key(Field::Capture(index)),
                    KeyField::Waited(index) => self.key(Field::Waited(index)),
                    KeyField::Attribute(index) => self.key(Field::Attribute(index)),
                };
                self.customer.facts.read_at(self.plan, number, reading, key, self.t)
            }
        }
    }
}

/// A scalar's value.
pub fn scalar(value: &Json) -> ValueRef<'_> {
    match value {
        Json::Bool(value) => ValueRef::Bool(*value),
        Json::Number(value) => ValueRef::Number(value.as_f64().unwrap_or(f64::NAN)),
        Json::String(value) => ValueRef::Text(value),
        Json::Null | Json::Array(_) | Json::Object(_) => ValueRef::Null,
    }
}

fn find<'e>(event: &'e Json, field: &EventField) -> Option<&'e Json> {
    field.path.iter().try_fold(event, |value, name| value.as_object()?.get(name.as_str()))
}

/// The value of an event's field, or its size where that is asked for.
pub fn event_field<'e>(event: &'e Json, field: &EventField) -> ValueRef<'e> {
    let found = find(event, field);
    if !field.size {
        return found.map_or(ValueRef::Null, scalar);
    }
    let size = match found {
        Some(Json::Array(items)) => items.len(),
        Some(Json::Object(fields)) => fields.len(),
        Some(Json::String(text)) => text.chars().count(),
        _ => 0,
    };
    ValueRef::Number(size as f64)
}

/// The text of a key; none where the field has no scalar value.
pub fn key_text(event: &Json, field: &EventField) -> Option<String> {
    if field.size {
        return match event_field(event, field) {
            ValueRef::Number(size) => Some(size.to_string()),
            _ => None,
        };
    }
    match find(event, field)? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
