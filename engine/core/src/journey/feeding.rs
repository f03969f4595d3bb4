//! What an event type does to a fact, and under which condition.

use super::condition::{Condition, Field};
use crate::event::{Event, EventField, Raw, field_value};
use crate::fact::{Path, Role};
use crate::value::{Value, ValueRef};

/// What an event type does to a fact.
#[derive(Clone, Debug)]
pub struct Feeding {
    /// The fact's number.
    pub fact: u16,
    /// Whether it adds or takes away.
    pub role: Role,
    /// Under which condition.
    pub when: Option<FactCondition>,
}

/// A condition on an event, or on an item of one of its lists, and on nothing else: what a fact says must not depend on what is known when its events
/// come.
#[derive(Clone, Debug)]
pub struct FactCondition {
    condition: Condition,
    /// What it reads, by the numbers in it, and whether the size of it.
    fields: Vec<(Path, bool)>,
}

impl FactCondition {
    /// A condition that reads `fields`; those that begin with the name `item` are read from the item at hand.
    pub(super) fn new(condition: Condition, fields: Vec<EventField>, item: Option<&str>) -> Self {
        let path = |field: EventField| {
            let size = field.size;
            match field.path.split_first() {
                Some((first, rest)) if Some(first.as_str()) == item => {
                    (Path::Item(rest.to_vec()), size)
                }
                _ => (Path::Event(field), size),
            }
        };
        Self { condition, fields: fields.into_iter().map(path).collect() }
    }

    /// Whether the event, or the item, counts.
    pub fn holds<'a>(&self, event: &Event<'a>, item: Option<Raw<'a>>) -> bool {
        let values: Vec<Value> =
            self.fields.iter().map(|(path, size)| value(path, *size, event, item)).collect();
        self.condition.holds(|field| match field {
            Field::Event(number) => {
                values.get(usize::from(number)).map_or(ValueRef::Null, Value::borrow)
            }
            _ => ValueRef::Null,
        })
    }

    /// What it reads, by the numbers in its condition, and whether the size of it.
    pub fn fields(&self) -> &[(Path, bool)] {
        &self.fields
    }

    /// The condition itself.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }
}

fn value<'a>(path: &Path, size: bool, event: &Event<'a>, item: Option<Raw<'a>>) -> Value {
    match path {
        Path::Event(field) => field_value(event, field),
        Path::Item(_) => match path.raw(event, item) {
            Some(raw) if size => Value::Number(raw.size() as f64),
            None if size => Value::Number(0.0),
            Some(raw) => raw.scalar(),
            None => Value::Null,
        },
    }
}
