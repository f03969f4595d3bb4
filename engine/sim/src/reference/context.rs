//! One customer at one instant: what the rules may see and change.

use super::catalogue::Catalogue;
use super::control::Control;
use super::coupons::Coupons;
use super::customer::{Customer, Place, Run};
use super::effect::Effect;
use super::event::Event;
use cartwheel_core::channel::Channel;
use cartwheel_core::decision::{Decision, Reason, Values, Verdict};
use cartwheel_core::id::{CommandId, CustomerId, RunId};
use cartwheel_core::journey::condition::{Condition, Field};
use cartwheel_core::journey::plan::{EventField, Journey, Plan};
use cartwheel_core::sends::Mode;
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_core::value::Value;
use compact_str::CompactString;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// When a run goes on. Timers compare as they fire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// When.
    pub deadline: Millis,
    /// Whose.
    pub customer: CustomerId,
    /// At one instant windows end and what is finished expires ([`ENDS`]), then levels turn, then journeys begin by time, then what goes on.
    order: u8,
    /// How much the journey's priority lacks to the highest.
    lacks: u8,
    /// The journey that begins.
    pub begins: Option<u16>,
    /// The run, where there is one.
    pub run: RunId,
}

/// The order of what is due at one instant of a customer.
const ENDS: u8 = 0;
const LEVELS: u8 = 1;
const BEGINS: u8 = 2;
const GOES_ON: u8 = 3;

impl Timer {
    /// When a level of the customer is another.
    pub fn of_levels(deadline: Millis, customer: CustomerId) -> Self {
        Self { deadline, customer, order: LEVELS, lacks: 0, begins: None, run: RunId(0) }
    }

    /// It is about levels, and about no run.
    pub fn is_of_levels(&self) -> bool {
        self.order == LEVELS
    }
}

/// A decision shows at most so many fields of a condition.
const SHOWN_FIELDS: usize = 4;

/// Names and texts are cut to so many bytes.
const SHOWN_BYTES: usize = 255;

/// One customer at one instant.
pub struct Context<'a> {
    /// The journeys and the policy.
    pub plan: &'a Plan,
    /// Whether marketing flows.
    pub mode: Mode,
    /// T for an event, what timers see for a timer.
    pub t: Millis,
    /// T of the records that have been applied.
    pub seen: Millis,
    /// What timers see: at this levels are judged.
    pub now: Millis,
    /// The customer's id.
    pub id: CustomerId,
    /// The customer.
    pub customer: &'a mut Customer,
    /// Deadlines that count.
    pub timers: &'a mut BTreeSet<Timer>,
    /// Deadlines that count again when the shard is live.
    pub held: &'a mut BTreeSet<Timer>,
    /// What is known of products.
    pub catalogue: &'a Catalogue,
    /// What people have said of journeys.
    pub control: &'a Control,
    /// The pools of coupons.
    pub coupons: &'a mut Coupons,
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

    /// With how much of what there may be.
    pub fn limit(self, most: usize, of: &str) -> Self {
        self.number("limit", most as i64).value("of", Value::Text(of.into()))
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
            values: what.values.into_iter().map(cut_both).collect(),
        }));
    }

    fn timer(&self, run: &Run) -> Timer {
        Timer {
            deadline: run.deadline,
            customer: self.id,
            order: match run.place {
                Place::Window | Place::Goal => ENDS,
                Place::Delay { .. }
                | Place::Local { .. }
                | Place::Event { .. }
                | Place::Gate { .. }
                | Place::Engagement { .. } => GOES_ON,
            },
            lacks: u8::MAX - self.journey(run.journey).priority,
            begins: None,
            run: run.id,
        }
    }

    /// When a journey begins by time.
    pub fn beginning(&self, journey: u16, deadline: Millis) -> Timer {
        let lacks = u8::MAX - self.journey(journey).priority;
        let (begins, run, customer) = (Some(journey), RunId(0), self.id);
        Timer { deadline, customer, order: BEGINS, lacks, begins, run }
    }

    /// Puts a window or run among the customer's and sets its timer. A lingering run of the same id gives way.
    pub fn put(&mut self, run: Run) {
        self.take(run.id);
        let timer = self.timer(&run);
        if run.held {
            self.held.insert(timer);
        } else if !run.waits_for_resume {
            self.timers.insert(timer);
        }
        let place = self.customer.runs.partition_point(|other| other.id < run.id);
        self.customer.runs.insert(place, run);
    }

    /// Removes a window or run and its timer.
    pub fn take(&mut self, id: RunId) -> Option<Run> {
        let place = self.customer.runs.iter().position(|run| run.id == id)?;
        let run = self.customer.runs.remove(place);
        let timer = self.timer(&run);
        self.timers.remove(&timer);
        self.held.remove(&timer);
        Some(run)
    }

    /// What a condition reads, now, of an event that happened at `at`.
    pub fn reader_of_event<'r>(&'r self, event: &'r Json, at: Millis) -> Reader<'r> {
        let (plan, customer, t) = (self.plan, &*self.customer, self.t);
        let (waited, of_run, item) = (None, false, None);
        let (catalogue, run_key) = (self.catalogue, 0);
        let event = Some(event);
        Reader { plan, event, at, waited, of_run, item, catalogue, run_key, customer, t }
    }

    /// What a condition reads, now, of a run: its newest trigger event.
    pub fn reader_of_run<'r>(&'r self, run: &'r Run) -> Reader<'r> {
        let (plan, customer, t) = (self.plan, &*self.customer, self.t);
        let (event, at, waited) = (Some(&*run.event), run.newest, run.waited.as_deref());
        let item = run.item.as_deref().and_then(|item| self.item(run.journey, item));
        let (catalogue, run_key, of_run) = (self.catalogue, run.key, true);
        Reader { plan, event, at, waited, of_run, item, catalogue, run_key, customer, t }
    }

    /// What a condition reads, now, of the customer alone.
    pub fn reader_of_customer(&self) -> Reader<'_> {
        let (plan, customer, t) = (self.plan, &*self.customer, self.t);
        let (event, waited, item, of_run) = (None, None, None, false);
        let (at, catalogue, run_key) = (t, self.catalogue, 0);
        Reader { plan, event, at, waited, of_run, item, catalogue, run_key, customer, t }
    }

    /// An item of the journey's list, under its name, and whether it is such as a cart has.
    pub fn item<'r>(&self, journey: u16, item: &'r Json) -> Option<Item<'r>>
    where
        'a: 'r,
    {
        let each = self.journey(journey).each.as_ref()?;
        let known = each.list.path.last().is_some_and(|last| last == "items");
        Some((each.name.as_str(), item, known))
    }
}

/// An item of a list of the event, under its name, and whether it is such as a cart has.
pub type Item<'r> = (&'r str, &'r Json, bool);

/// What conditions read.
pub struct Reader<'r> {
    pub(super) plan: &'r Plan,
    pub(super) event: Option<&'r Json>,
    /// When the event happened.
    pub(super) at: Millis,
    /// The event that ended the run's last wait for one.
    pub(super) waited: Option<&'r Json>,
    /// The event is one that a run keeps something of.
    pub(super) of_run: bool,
    /// The item that the trigger is about.
    pub(super) item: Option<Item<'r>>,
    /// What is known of products.
    pub(super) catalogue: &'r Catalogue,
    /// The hash of the key of the run in question; 0 without one.
    pub(super) run_key: u64,
    pub(super) customer: &'r Customer,
    pub(super) t: Millis,
}

impl Reader<'_> {
    /// Whether the condition holds; no condition always does.
    pub fn holds(&self, condition: Option<&Condition>) -> bool {
        condition.is_none_or(|condition| self.is_true(&condition.text))
    }

    /// The first fields that the condition reads, with their values.
    pub fn shown(&self, condition: Option<&Condition>) -> Values {
        self.shown_of(condition.map_or(&[][..], |condition| &condition.fields))
    }

    /// The first of these, with their values.
    pub fn shown_of(&self, fields: &[(CompactString, Field)]) -> Values {
        let shown = fields.iter().take(SHOWN_FIELDS);
        shown.map(|(name, _)| (name.clone(), self.value(name).shown())).collect()
    }
}

fn cut_both((name, value): (CompactString, Value)) -> (CompactString, Value) {
    match value {
        Value::Text(text) => (cut(&name), Value::Text(cut(&text))),
        Value::Null | Value::Bool(_) | Value::Number(_) => (cut(&name), value),
    }
}

/// What a decision keeps of a long name or text.
fn cut(text: &str) -> CompactString {
    let mut kept = CompactString::default();
    for letter in text.chars() {
        if kept.len() + letter.len_utf8() > SHOWN_BYTES {
            break;
        }
        kept.push(letter);
    }
    kept
}

/// The text of a key; none where the field has no scalar value.
pub fn key_text(event: &Json, field: &EventField) -> Option<String> {
    key_at(event, field.path.iter().map(CompactString::as_str))
}

/// The same at a path as it is written.
pub fn key_of(event: &Json, path: &str) -> Option<String> {
    key_at(event, path.split('.'))
}

fn key_at<'p>(event: &Json, mut path: impl Iterator<Item = &'p str>) -> Option<String> {
    match path.try_fold(event, |value, name| value.as_object()?.get(name))? {
        Json::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        // A whole number is one however it is written.
        Json::Number(number) => Some(match number.as_f64() {
            Some(whole)
                if number.is_f64() && whole.fract() == 0.0 && whole.abs() < 2f64.powi(53) =>
            {
                (whole as i64).to_string()
            }
            _ => number.to_string(),
        }),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
