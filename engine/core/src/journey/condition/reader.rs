//! What a condition reads at one instant: an event's fields, a run's captures, the customer.

use super::expr::Condition;
use super::field::{Capture, Field, KeyField, Local, WEEKDAYS};
use super::foresight::Motion;
use super::list::List;
use crate::customer::{Customer, Zones};
use crate::decision::{Compared, Shown};
use crate::event::{Event, MAX_VALUE};
use crate::fact::{Layout, Reading, key_of};
use crate::product::{ProductReading, Products};
use crate::time::{DAY, Millis, NEVER};
use crate::value::{Value, ValueRef};
use compact_str::CompactString;
use jiff::civil::Time;

/// A decision shows at most so many fields of a condition.
const SHOWN: usize = 4;

/// Reads fields as they are at `t`.
#[derive(Clone, Copy)]
pub struct Reader<'r> {
    /// Of whom.
    pub customer: &'r Customer,
    /// Hashes of the plan's attributes.
    pub attributes: &'r [u32],
    /// The plan's facts.
    pub facts: &'r Layout,
    /// The plan's lists.
    pub lists: &'r [List],
    /// Where the customer's clock stands.
    pub zones: &'r Zones,
    /// When.
    pub t: Millis,
    /// When the event happened; of a run its newest trigger event.
    pub at: Millis,
    /// The event; none without one.
    pub event: Option<&'r Event<'r>>,
    /// The event's fields by the plan's numbers; none without an event.
    pub fields: &'r [Value],
    /// The table of products; none where nothing may be asked of it.
    pub products: Option<&'r Products>,
    /// What conditions ask of it, by number.
    pub asked: &'r [ProductReading],
    /// The hash of the key of the run, or that the trigger event has; 0 without one.
    pub run_key: u64,
    /// What a run kept of its trigger event, and of the event that it has waited for; none without a run.
    pub captures: &'r [Value],
}

/// A run keeps no text that is longer than a field of the profile may be.
pub fn kept(value: &Value) -> Value {
    match value {
        Value::Text(text) if text.len() > MAX_VALUE => Value::Null,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => value.clone(),
    }
}

/// An event, as a run keeps something of it.
#[derive(Clone, Copy)]
pub struct Captured<'r> {
    /// The plan's lists.
    pub lists: &'r [List],
    /// The event.
    pub event: &'r Event<'r>,
    /// When it happened.
    pub at: Millis,
    /// Its fields by the plan's numbers.
    pub fields: &'r [Value],
}

impl Captured<'_> {
    /// What a run keeps.
    pub fn value(&self, capture: Capture) -> Value {
        match capture {
            Capture::Field(number) => {
                self.fields.get(usize::from(number)).map_or(Value::Null, kept)
            }
            Capture::List(number) => self.list(number).to_value(),
        }
    }

    #[cold]
    fn list(&self, number: u16) -> ValueRef<'static> {
        let Some(list) = self.lists.get(usize::from(number)) else { return ValueRef::Null };
        list.value(self.event, |field| match field {
            Field::Event(number) => {
                self.fields.get(usize::from(number)).map_or(ValueRef::Null, Value::borrow)
            }
            Field::EventTime => ValueRef::Instant(self.at),
            // The loader lets nothing else in.
            _ => ValueRef::Null,
        })
    }
}

impl<'r> Reader<'r> {
    /// What the value of a field is known by, as a key; none where it is no key.
    pub fn key(&self, field: Field) -> Option<u64> {
        key_of(self.read(field))
    }

    /// The value of a field.
    pub fn read(&self, field: Field) -> ValueRef<'r> {
        let at = |values: &'r [Value], index: u16| {
            values.get(usize::from(index)).map_or(ValueRef::Null, Value::borrow)
        };
        let customer = self.customer;
        match field {
            Field::Event(index) => at(self.fields, index),
            Field::Capture(index) => at(self.captures, index),
            // Counted from the end.
            Field::Waited(index) => {
                let place = self.captures.len().checked_sub(usize::from(index) + 1);
                place.map_or(ValueRef::Null, |place| self.captures[place].borrow())
            }
            Field::Attribute(index) => {
                let name = self.attributes.get(usize::from(index));
                name.map_or(ValueRef::Null, |name| customer.attribute(*name))
            }
            Field::Consent(channel) => ValueRef::Bool(customer.granted & channel.bit() != 0),
            Field::Fact(number, reading) => {
                customer.facts.read(self.facts, number, reading, self.t)
            }
            Field::FactAt(number, reading, key) => {
                let key = match key {
                    KeyField::Hash(hash) => Some(hash),
                    KeyField::Event(index) => self.key(Field::Event(index)),
                    KeyField::Capture(index) => self.key(Field::Capture(index)),
                    KeyField::Waited(index) => self.key(Field::Waited(index)),
                    KeyField::Attribute(index) => self.key(Field::Attribute(index)),
                    // The loader lets no fact be read so.
                    KeyField::Item(_) | KeyField::Run => None,
                };
                customer.facts.read_at(self.facts, number, reading, key, self.t)
            }
            Field::Product(number, key) => self.product(number, key),
            Field::Now => ValueRef::Instant(self.t),
            Field::EventTime => ValueRef::Instant(self.at),
            Field::Local(what) => self.local(what),
            Field::List(number) => self.list(number),
            // An item is read by its list alone.
            Field::Item(_) => ValueRef::Null,
        }
    }

    /// Whether something came for an attribute that is no value.
    pub fn is_unreadable(&self, field: Field) -> bool {
        let Field::Attribute(index) = field else { return false };
        let name = self.attributes.get(usize::from(index));
        name.is_some_and(|name| self.customer.is_unreadable(*name))
    }

    #[cold]
    fn product(&self, number: u16, key: KeyField) -> ValueRef<'r> {
        let key = match key {
            KeyField::Hash(hash) => Some(hash),
            KeyField::Event(index) => self.key(Field::Event(index)),
            KeyField::Capture(index) => self.key(Field::Capture(index)),
            KeyField::Waited(index) => self.key(Field::Waited(index)),
            KeyField::Attribute(index) => self.key(Field::Attribute(index)),
            // An item is known by its list alone.
            KeyField::Item(_) => None,
            KeyField::Run => Some(self.run_key).filter(|key| *key != 0),
        };
        match (self.products, self.asked.get(usize::from(number))) {
            (Some(products), Some(reading)) => products.read(key, reading),
            _ => ValueRef::Null,
        }
    }

    #[cold]
    fn local(&self, what: Local) -> ValueRef<'static> {
        let local = self.zones.local(self.customer.zone, self.t);
        match what {
            Local::Weekday => {
                let number = local.weekday().to_monday_zero_offset();
                let name = usize::try_from(number).ok().and_then(|number| WEEKDAYS.get(number));
                name.map_or(ValueRef::Null, |name| ValueRef::Text(name))
            }
            Local::Hour => ValueRef::Number(f64::from(local.hour())),
            Local::Date => ValueRef::Date(local.date()),
        }
    }

    #[cold]
    fn list(&self, number: u16) -> ValueRef<'static> {
        match (self.lists.get(usize::from(number)), self.event) {
            (Some(list), Some(event)) => list.value(event, |field| self.read(field)),
            _ => ValueRef::Null,
        }
    }

    /// Whether the condition is true.
    pub fn holds(&self, condition: &Condition) -> bool {
        condition.holds(|field| self.read(field))
    }

    /// Whether the condition is true, and the first instant after `t` at which it may be otherwise though nothing happens; [`NEVER`] without one.
    pub fn foresee(&self, condition: &Condition) -> (bool, Millis) {
        condition.foresee(self.t, |field| self.motion(field))
    }

    fn motion(&self, field: Field) -> Motion<'r> {
        let value = self.read(field);
        match field {
            Field::Now => Motion::moving(value),
            Field::Fact(number, reading) => {
                let until = self.customer.facts.until(self.facts, number, reading, self.t);
                match reading {
                    Reading::Age => Motion { until, ..Motion::moving(value) },
                    Reading::DaysSince => Motion::until(value, until.min(self.next_day(number))),
                    Reading::Number
                    | Reading::At
                    | Reading::Kept(_)
                    | Reading::Size
                    | Reading::Top
                    | Reading::Balance
                    | Reading::Debt
                    | Reading::Expiring(_)
                    | Reading::NextExpiry
                    | Reading::Expiry => Motion::until(value, until),
                    Reading::Name | Reading::Rank | Reading::Next | Reading::ToNext => {
                        Motion::until(value, self.level_until(number))
                    }
                }
            }
            Field::FactAt(number, _, _) => Motion::until(value, self.number_until(number)),
            Field::Local(what) => Motion::until(value, self.next_local(what)),
            Field::Event(_)
            | Field::Capture(_)
            | Field::Waited(_)
            | Field::Attribute(_)
            | Field::Consent(_)
            | Field::EventTime
            | Field::List(_)
            | Field::Item(_)
            // Nothing that is foreseen reads it: when a record of the catalogue comes nobody knows.
            | Field::Product(..) => Motion::until(value, NEVER),
        }
    }

    /// A level stays where it is until it is judged again, which is something that happens; how far the next line is stays until its fact changes.
    fn level_until(&self, level: u16) -> Millis {
        let ladder = self.facts.get(level).and_then(|level| level.ladder());
        let distance = ladder.and_then(|ladder| ladder.distance.as_ref());
        distance.map_or(NEVER, |distance| self.number_until(distance.number))
    }

    fn number_until(&self, fact: u16) -> Millis {
        self.customer.facts.until(self.facts, fact, Reading::Number, self.t)
    }

    /// When one more whole day has passed since a fact last happened.
    fn next_day(&self, fact: u16) -> Millis {
        match self.customer.facts.read(self.facts, fact, Reading::At, self.t) {
            ValueRef::Instant(at) => at + ((self.t - at).max(0) / DAY + 1) * DAY,
            _ => NEVER,
        }
    }

    fn next_local(&self, what: Local) -> Millis {
        let zone = self.customer.zone;
        match what {
            Local::Hour => self.zones.next_hour(zone, self.t),
            Local::Weekday | Local::Date => {
                self.zones.next_local(zone, self.t + 1, Time::midnight())
            }
        }
    }

    /// The values that the condition read: the first few, in order of appearance.
    pub fn compared(&self, condition: &Condition) -> Compared {
        self.shown(&condition.fields)
    }

    /// The values of the first few of these.
    pub fn shown(&self, fields: &[(CompactString, Field)]) -> Compared {
        let shown = fields.iter().take(SHOWN);
        shown
            .map(|(name, field)| match self.read(*field) {
                ValueRef::Instant(at) => (name.clone(), Shown::Instant(at)),
                value => (name.clone(), value.to_value().into()),
            })
            .collect()
    }
}
