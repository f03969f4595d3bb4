//! A condition, or a number, that reads an event, or an item of one of its lists, and nothing else: what a fact counts must not depend on what is known when its events
//! come.

use super::expr::Expr;
use super::field::Field;
use super::list::{List, Part};
use crate::event::{Event, EventField, Raw, decimal, field_value};
use crate::fact::Path;
use crate::time::Millis;
use crate::value::{Value, ValueRef};

/// See the module.
#[derive(Clone, Debug)]
pub struct Alone {
    pub(super) expr: Expr,
    /// The event's fields that it reads, by the numbers in it.
    pub(super) fields: Vec<EventField>,
    pub(super) lists: Vec<List>,
    /// The parts of the item.
    pub(super) parts: Vec<Part>,
}

/// What it reads of one event.
struct Values {
    at: Millis,
    fields: Vec<Value>,
    lists: Vec<Value>,
    parts: Vec<Value>,
}

impl Alone {
    /// Whether the event, which happened at `at`, or the item counts.
    pub fn holds(&self, event: &Event<'_>, at: Millis, item: Option<Raw<'_>>) -> bool {
        let values = self.values(event, at, item);
        self.expr.is_true(&|field| values.read(field))
    }

    /// Its value, where nothing has to be read for it.
    pub(crate) fn constant(&self) -> Option<ValueRef<'_>> {
        self.expr.is_constant().then(|| self.expr.eval(&|_| ValueRef::Null))
    }

    /// The number that it comes to; none where it is none.
    pub fn number(&self, event: &Event<'_>, at: Millis, item: Option<Raw<'_>>) -> Option<f64> {
        let values = self.values(event, at, item);
        match self.expr.eval(&|field| values.read(field)) {
            ValueRef::Number(number) => Some(number),
            ValueRef::Text(text) => decimal(text),
            ValueRef::Null
            | ValueRef::Bool(_)
            | ValueRef::Instant(_)
            | ValueRef::Span(_)
            | ValueRef::Date(_) => None,
        }
    }

    /// What of the event, or of the item, it reads.
    pub(crate) fn paths(&self) -> impl Iterator<Item = Path> {
        let fields = self.fields.iter().cloned().map(Path::Event);
        let lists = self.lists.iter().map(|list| Path::Event(list.of.clone()));
        let parts = self.parts.iter().map(|part| Path::Item(part.path.clone()));
        fields.chain(lists).chain(parts)
    }

    fn values(&self, event: &Event<'_>, at: Millis, item: Option<Raw<'_>>) -> Values {
        let fields = self.fields.iter().map(|field| field_value(event, field)).collect();
        let part = |part: &Part| item.map_or(Value::Null, |item| part.of(item));
        let parts = self.parts.iter().map(part).collect();
        let mut values = Values { at, fields, lists: Vec::new(), parts };
        let list = |list: &List| list.value(event, |field| values.read(field)).to_value();
        values.lists = self.lists.iter().map(list).collect();
        values
    }
}

impl Values {
    fn read(&self, field: Field) -> ValueRef<'_> {
        match field {
            Field::Event(number) => borrow(&self.fields, number),
            Field::EventTime => ValueRef::Instant(self.at),
            Field::Item(number) => borrow(&self.parts, number),
            Field::List(number) => borrow(&self.lists, number),
            // Nothing else compiles.
            Field::Capture(_)
            | Field::Waited(_)
            | Field::Attribute(_)
            | Field::Consent(_)
            | Field::Fact(..)
            | Field::FactAt(..)
            | Field::Product(..)
            | Field::Now
            | Field::Local(_) => ValueRef::Null,
        }
    }
}

fn borrow(values: &[Value], place: u16) -> ValueRef<'_> {
    values.get(usize::from(place)).map_or(ValueRef::Null, Value::borrow)
}
