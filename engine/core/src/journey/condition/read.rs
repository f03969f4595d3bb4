//! What a condition reads of a customer. It stands here because a customer knows nothing of conditions.

use super::field::Field;
use crate::customer::Customer;
use crate::time::{DAY, Millis};
use crate::value::ValueRef;

impl Customer {
    /// The value of a field that does not come from an event, at time `t`.
    pub fn field(&self, field: Field, attributes: &[u32], t: Millis) -> ValueRef<'_> {
        match field {
            Field::Event(_) | Field::Capture(_) => ValueRef::Null,
            Field::Attribute(index) => attributes
                .get(usize::from(index))
                .map_or(ValueRef::Null, |hash| self.attribute(*hash)),
            Field::Consent(channel) => ValueRef::Bool(self.granted & channel.bit() != 0),
            Field::Orders => ValueRef::Number(f64::from(self.orders)),
            Field::LifetimeValue => ValueRef::Number(self.lifetime_value),
            Field::DaysSinceOrder if self.last_order_at == Millis::MIN => ValueRef::Null,
            Field::DaysSinceOrder => {
                ValueRef::Number((t - self.last_order_at).max(0).div_euclid(DAY) as f64)
            }
        }
    }
}
