//! A record that brings a past event to the partition of its customer.

use super::record::Streamed;
use crate::event::{Event, Poison, Raw, Rejected, array_elements, decode};
use crate::policy::Policy;
use crate::time::Millis;
use std::borrow::Cow;

/// Most facts that a record names.
const MAX_FACTS: usize = 64;
/// Longest name of a fact in bytes.
const MAX_FACT: usize = 256;

/// A past event, and for which facts it is brought.
#[derive(Clone, Debug)]
pub struct Past<'a> {
    /// What has happened.
    pub event: Event<'a>,
    facts: Vec<Cow<'a, str>>,
}

impl<'a> Past<'a> {
    /// The type of such records.
    pub const KIND: &'static str = "backfill";

    /// Reads what a record of this type brings. `record_time` bounds how far ahead the event may lie.
    ///
    /// # Errors
    /// The first thing that cannot be read: its facts, or its event for a reason that any event may have.
    pub fn read(
        streamed: &Streamed<'a>,
        record_time: Millis,
        policy: &Policy,
    ) -> Result<Self, Rejected> {
        let facts = streamed.field("facts").and_then(names);
        let facts = facts.ok_or_else(|| Rejected::new(Poison::BadValue, "facts"))?;
        let event = streamed.field("event").filter(|raw| raw.is_object());
        let Raw(event) = event.ok_or_else(|| Rejected::new(Poison::BadValue, "event"))?;
        Ok(Self { event: decode(event.as_bytes(), record_time, policy)?, facts })
    }

    /// Whether it is brought for the fact of this name.
    pub fn is_for(&self, fact: &str) -> bool {
        self.facts.iter().any(|name| name == fact)
    }
}

fn names(raw: Raw<'_>) -> Option<Vec<Cow<'_, str>>> {
    let elements = raw.is_array().then(|| array_elements(raw))?;
    let names: Vec<_> = elements.map(name).collect::<Option<_>>()?;
    (1..=MAX_FACTS).contains(&names.len()).then_some(names)
}

fn name(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    raw.string().filter(|text| (1..=MAX_FACT).contains(&text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Past<'static>, Rejected> {
        let policy = Policy::default();
        let streamed = Streamed::read(text.as_bytes(), 0, &policy);
        Past::read(&streamed.expect("a stream").expect("sound"), 0, &policy)
    }

    /// A record with this behind its envelope.
    macro_rules! record {
        ($rest:literal) => {
            concat!(
                r#"{"type":"backfill","stream":"backfill:a","epoch":"1","sequence":1"#,
                $rest,
                "}"
            )
        };
    }

    #[test]
    fn a_past_event_is_read_with_the_facts_that_it_is_for() {
        let past = read(record!(
            r#","facts":["orders","n\u0065t"],"event":{"type":"order_placed","customer":"ana","time":-5,"order":{"id":1}}"#
        ));
        let past = past.expect("sound");
        assert_eq!(["orders", "net", "views"].map(|fact| past.is_for(fact)), [true, true, false]);
        let event = &past.event;
        assert_eq!(
            (&*event.kind, &*event.customer, event.time),
            ("order_placed", "ana", Some(-5_000))
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, reason, detail) in [
            (record!(""), Poison::BadValue, "facts"),
            (record!(r#","facts":[]"#), Poison::BadValue, "facts"),
            (record!(r#","facts":"orders""#), Poison::BadValue, "facts"),
            (record!(r#","facts":["orders",7]"#), Poison::BadValue, "facts"),
            (record!(r#","facts":[""]"#), Poison::BadValue, "facts"),
            (record!(r#","facts":["orders"]"#), Poison::BadValue, "event"),
            (record!(r#","facts":["orders"],"event":[1]"#), Poison::BadValue, "event"),
            (
                record!(r#","facts":["orders"],"event":{"type":"x"}"#),
                Poison::MissingCustomer,
                "customer",
            ),
            (
                record!(r#","facts":["orders"],"event":{"customer":"x"}"#),
                Poison::MissingType,
                "type",
            ),
            (
                record!(r#","facts":["orders"],"event":{"type":"x","customer":"y","time":"soon"}"#),
                Poison::BadTime,
                "time",
            ),
        ] {
            let rejected = read(text).expect_err(text);
            assert_eq!(rejected, Rejected::new(reason, detail), "{text}");
        }
    }
}
