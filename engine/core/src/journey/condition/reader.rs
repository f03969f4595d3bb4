//! What a condition reads at one instant: an event's fields, a run's captures, the customer.

use super::expr::Condition;
use super::field::{Field, KeyField};
use crate::customer::Customer;
use crate::decision::Compared;
use crate::fact::{Layout, key_of};
use crate::time::Millis;
use crate::value::{Value, ValueRef};

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
    /// When.
    pub t: Millis,
    /// The event's fields by the plan's numbers; none without an event.
    pub fields: &'r [Value],
    /// What a run kept of its trigger event, and of the event that it has waited for; none without a run.
    pub captures: &'r [Value],
}

impl<'r> Reader<'r> {
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
                    KeyField::Event(index) => key_of(self.read(Field::Event(index))),
                    KeyField::Capture(index) => key_of(self.read(Field::Capture(index))),
                    KeyField::Waited(index) => key_of(self.read(Field::Waited(index))),
                    KeyField::Attribute(index) => key_of(self.read(Field::Attribute(index))),
                };
                customer.facts.read_at(self.facts, number, reading, key, self.t)
            }
        }
    }

    /// Whether the condition is true.
    pub fn holds(&self, condition: &Condition) -> bool {
        condition.holds(|field| self.read(field))
    }

    /// The values that the condition read: the first few, in order of appearance.
    pub fn compared(&self, condition: &Condition) -> Compared {
        let shown = condition.fields.iter().take(SHOWN);
        shown.map(|(name, field)| (name.clone(), self.read(*field).to_value().into())).collect()
    }
}
