//! A condition on an event, or on an item of one of its lists, and on nothing else: what a fact counts must not depend on what is known when its events
//! come.

use super::expr::Expr;
use super::field::Field;
use super::list::{List, Part};
use crate::event::{Event, EventField, Raw, field_value};
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

impl Alone {
    /// Whether the event, which happened at `at`, or the item counts.
    pub fn holds(&self, event: &Event<'_>, at: Millis, item: Option<Raw<'_>>) -> bool {
        let fields: Vec<Value> =
            self.fields.iter().map(|field| field_value(event, field)).collect();
        let part = |part: &Part| item.map_or(Value::Null, |item| part.of(item));
        let parts: Vec<Value> = self.parts.iter().map(part).collect();
        let of_event = |field| match field {
            Field::Event(number) => borrow(&fields, number),
            Field::EventTime => ValueRef::Instant(at),
            Field::Item(number) => borrow(&parts, number),
            // Nothing else compiles.
            Field::Capture(_)
            | Field::Waited(_)
            | Field::Attribute(_)
            | Field::Consent(_)
            | Field::Fact(..)
            | Field::FactAt(..)
            | Field::Product(..)
            | Field::Now
            | Field::Local(_)
            | Field::List(_) => ValueRef::Null,
        };
        let list = |list: &List| list.value(event, of_event).to_value();
        let lists: Vec<Value> = self.lists.iter().map(list).collect();
        self.expr.is_true(&|field| match field {
            Field::List(number) => borrow(&lists, number),
            field => of_event(field),
        })
    }
}

fn borrow(values: &[Value], place: u16) -> ValueRef<'_> {
    values.get(usize::from(place)).map_or(ValueRef::Null, Value::borrow)
}
