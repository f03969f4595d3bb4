//! What a record of the events topic is. The shard asks once, before it looks a customer up, and each kind goes its own way.

use crate::event::{Decoder, Event, Poison, Record, Rejected};
use crate::id::CustomerId;
use crate::policy::Policy;
use crate::stream::Streamed;

/// A record that has been read. It is kept and read into again and again: an event is large, and is decoded where it will be used.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    event: Event<'a>,
    customer: CustomerId,
    /// What it is if it is no event. Apart, and a pointer: of an event no more is asked than whether there is one.
    other: Option<Box<Other<'a>>>,
}

/// [`Kind`] of what is no event.
#[derive(Clone, Debug)]
enum Other<'a> {
    OfStream(Streamed<'a>),
    Poison(Rejected),
}

/// What a record is. Customers handed over by another shard become a variant here when something is done with them.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'i, 'a> {
    /// An event of a customer.
    OfCustomer(CustomerId, &'i Event<'a>),
    /// A record that every partition gets.
    OfStream(&'i Streamed<'a>),
    /// What cannot be applied, and why.
    Poison(&'i Rejected),
}

impl Default for Input<'_> {
    /// Of no record: to be read into.
    fn default() -> Self {
        Self { event: Event::default(), customer: CustomerId(0), other: None }
    }
}

impl<'a> Input<'a> {
    /// Reads a record in place of the one before.
    #[inline]
    pub fn read(&mut self, record: &Record<'a>, decoder: &mut Decoder, policy: &Policy) {
        match decoder.decode(record.value, record.time, policy, &mut self.event) {
            Ok(()) => {
                self.customer = CustomerId::of(&self.event.customer);
                if self.other.is_some() {
                    self.other = None;
                }
            }
            Err(rejected) => self.other = Some(of_nobody(record, rejected, policy)),
        }
    }

    /// What it is.
    #[inline]
    pub fn kind(&self) -> Kind<'_, 'a> {
        match self.other.as_deref() {
            None => Kind::OfCustomer(self.customer, &self.event),
            Some(Other::OfStream(streamed)) => Kind::OfStream(streamed),
            Some(Other::Poison(rejected)) => Kind::Poison(rejected),
        }
    }

    /// Whose slot will be needed; none for a record that concerns no single customer.
    #[inline]
    pub fn customer(&self) -> Option<CustomerId> {
        self.other.is_none().then_some(self.customer)
    }
}

/// What a record is that is no event. Only here is it asked whether it belongs to a stream: events do not pay for it.
#[cold]
fn of_nobody<'a>(record: &Record<'a>, rejected: Rejected, policy: &Policy) -> Box<Other<'a>> {
    let streamed = match rejected.reason {
        Poison::MissingCustomer => Streamed::read(record.value, record.time, policy),
        Poison::NotJson
        | Poison::TooLarge
        | Poison::TooDeep
        | Poison::MissingType
        | Poison::BadValue
        | Poison::BadTime
        | Poison::TimeInFuture
        | Poison::Misplaced
        | Poison::TooManyCustomers
        | Poison::RecordInFuture => None,
    };
    Box::new(match streamed {
        None => Other::Poison(rejected),
        Some(Ok(streamed)) => Other::OfStream(streamed),
        Some(Err(rejected)) => Other::Poison(rejected),
    })
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
        let streamed = br#"{"type":"catalogue","stream":"s","epoch":"e","sequence":1}"#;
        for value in [&good[..], b"{", good, &streamed[..], b"[]"] {
            input.read(&Record { offset: 0, time: 0, key: None, value }, &mut decoder, &policy);
            match input.kind() {
                Kind::OfCustomer(id, event) => {
                    assert_eq!((id, &*event.customer), (CustomerId::of("ana"), "ana"));
                    assert_eq!((input.customer(), value), (Some(id), &good[..]));
                }
                Kind::OfStream(record) => {
                    assert_eq!((&*record.stream, input.customer()), ("s", None));
                    assert_eq!(value, &streamed[..]);
                }
                Kind::Poison(rejected) => {
                    assert_eq!((rejected.reason, input.customer()), (Poison::NotJson, None));
                    assert_ne!(value, good);
                }
            }
        }
    }
}
