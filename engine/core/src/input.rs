//! What a record of the events topic is. The shard asks once, before it looks a customer up, and each kind goes its own way.

use crate::event::{Decoder, Event, Record, Rejected};
use crate::id::CustomerId;
use crate::policy::Policy;

/// A record that has been read. It is kept and read into again and again: an event is large, and is decoded where it will be used.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    event: Event<'a>,
    is: Is,
}

/// [`Kind`] without what it carries.
#[derive(Clone, Debug)]
enum Is {
    OfCustomer(CustomerId),
    Poison(Rejected),
}

/// What a record is. Kinds that concern more than one customer, or none (entries of a catalogue, control records, customers handed over by
/// another shard), become variants here when something is done with them.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'i, 'a> {
    /// An event of a customer.
    OfCustomer(CustomerId, &'i Event<'a>),
    /// What cannot be applied, and why.
    Poison(&'i Rejected),
}

impl Default for Input<'_> {
    /// Of no record: to be read into.
    fn default() -> Self {
        Self { event: Event::default(), is: Is::OfCustomer(CustomerId(0)) }
    }
}

impl<'a> Input<'a> {
    /// Reads a record in place of the one before.
    pub fn read(&mut self, record: &Record<'a>, decoder: &mut Decoder, policy: &Policy) {
        self.is = match decoder.decode(record.value, record.time, policy, &mut self.event) {
            Ok(()) => Is::OfCustomer(CustomerId::of(&self.event.customer)),
            Err(rejected) => Is::Poison(rejected),
        };
    }

    /// What it is.
    #[inline]
    pub fn kind(&self) -> Kind<'_, 'a> {
        match &self.is {
            Is::OfCustomer(customer) => Kind::OfCustomer(*customer, &self.event),
            Is::Poison(rejected) => Kind::Poison(rejected),
        }
    }

    /// Whose slot will be needed; none for a record that concerns no single customer.
    #[inline]
    pub fn customer(&self) -> Option<CustomerId> {
        match self.is {
            Is::OfCustomer(customer) => Some(customer),
            Is::Poison(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Poison;

    #[test]
    fn a_record_is_read_in_place_of_the_one_before() {
        let (mut decoder, policy) = (Decoder::default(), Policy::default());
        let mut input = Input::default();
        let good = br#"{"type":"cart_updated","customer":"ana"}"#;
        for value in [&good[..], b"{", good, b"[]"] {
            input.read(&Record { offset: 0, time: 0, key: None, value }, &mut decoder, &policy);
            match input.kind() {
                Kind::OfCustomer(id, event) => {
                    assert_eq!((id, &*event.customer), (CustomerId::of("ana"), "ana"));
                    assert_eq!((input.customer(), value), (Some(id), &good[..]));
                }
                Kind::Poison(rejected) => {
                    assert_eq!((rejected.reason, input.customer()), (Poison::NotJson, None));
                    assert_ne!(value, good);
                }
            }
        }
    }
}
