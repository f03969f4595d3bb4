//! What a condition makes of a list of the event: whether some item, or each, is as it says, or a sum over them.
//!
//! It is read from the event's JSON when the condition asks for it, and no list is kept: a run keeps the boolean or the number.

use super::expr::Expr;
use super::field::{Field, KeyField};
use crate::event::{Event, EventField, Raw, array};
use crate::fact::key_of;
use crate::value::{Value, ValueRef};
use compact_str::CompactString;

/// Most items that are looked at.
pub const MAX_ITEMS: usize = 64;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// As it is written.
    pub text: CompactString,
    pub(super) of: EventField,
    pub(super) over: Over,
    /// About one item.
    pub(super) expr: Expr,
    /// The parts of an item that it reads.
    pub(super) parts: Vec<Part>,
    /// The event's fields that it reads beside the items: indices into [`crate::journey::plan::Plan::fields`].
    pub(crate) reads: Vec<u16>,
}

/// What is made of the items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Over {
    /// True for one.
    Exists,
    /// True for each.
    All,
    /// The numbers together.
    Sum,
}

/// A part of an item, or all of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(super) path: Vec<CompactString>,
    /// Its size instead of its value.
    pub(super) size: bool,
    /// It is a number, whether or not the event writes it as a string.
    pub(super) number: bool,
}

impl List {
    /// The boolean or the number. `read` gives what the condition reads beside the items.
    pub fn value<'v>(
        &self,
        event: &Event<'_>,
        read: impl Fn(Field) -> ValueRef<'v>,
    ) -> ValueRef<'static> {
        let Some(list) = array(event, &self.of) else { return self.over.nothing() };
        let mut item = vec![Value::Null; self.parts.len()];
        let mut sum = 0.0;
        for (number, element) in list.enumerate() {
            if number == MAX_ITEMS {
                return self.over.nothing();
            }
            for (value, part) in item.iter_mut().zip(&self.parts) {
                *value = part.of(element);
            }
            let read = |field| match field {
                Field::Item(part) => {
                    item.get(usize::from(part)).map_or(ValueRef::Null, Value::borrow)
                }
                // A product that the item names. What is no key is known by none.
                Field::Product(reading, KeyField::Item(part)) => {
                    let value = item.get(usize::from(part)).map_or(ValueRef::Null, Value::borrow);
                    let key = key_of(value).unwrap_or_default();
                    read(Field::Product(reading, KeyField::Hash(key)))
                }
                other => read(other),
            };
            match (self.over, self.expr.eval(&read)) {
                (Over::Exists, ValueRef::Bool(true)) => return ValueRef::Bool(true),
                (Over::Exists, _) | (Over::All, ValueRef::Bool(true)) => {}
                (Over::All, _) => return ValueRef::Bool(false),
                (Over::Sum, ValueRef::Number(number)) => sum += number,
                (Over::Sum, _) => return ValueRef::Null,
            }
        }
        match self.over {
            Over::Exists => ValueRef::Bool(false),
            Over::All => ValueRef::Bool(true),
            Over::Sum if f64::is_finite(sum) => ValueRef::Number(sum),
            Over::Sum => ValueRef::Null,
        }
    }
}

impl Over {
    /// Where there is no list, or where it has more items than are looked at and those said nothing.
    pub(super) fn nothing(self) -> ValueRef<'static> {
        match self {
            Over::Exists | Over::All => ValueRef::Bool(false),
            Over::Sum => ValueRef::Null,
        }
    }
}

impl Part {
    /// Where it is; none where it is absent or null.
    pub(super) fn raw<'a>(&self, item: Raw<'a>) -> Option<Raw<'a>> {
        let found = if self.path.is_empty() { Some(item) } else { item.get(&self.path) };
        found.filter(|raw| !raw.is_null())
    }

    pub(super) fn of(&self, item: Raw<'_>) -> Value {
        match self.raw(item) {
            None if self.size => Value::Number(0.0),
            None => Value::Null,
            Some(raw) if self.size => Value::Number(raw.size() as f64),
            Some(raw) if self.number => raw.number().map_or(Value::Null, Value::Number),
            Some(raw) => raw.scalar(),
        }
    }
}
