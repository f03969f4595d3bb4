//! What a journey asks of a customer, judged without an event: for people who want to know why nothing has begun. It decides nothing.

use super::Core;
use super::by_time::Armed;
use crate::control::{Control, Standing};
use crate::customer::Customer;
use crate::journey::condition::{Condition, Field, KeyField, Reader};
use crate::journey::plan::Journey;
use crate::time::{Millis, format_rfc3339};
use crate::value::{Value, ValueRef};
use compact_str::CompactString;

/// How a customer stands to a journey now.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The journey's name.
    pub journey: CompactString,
    /// Whether it runs.
    pub standing: Standing,
    /// The condition of its trigger, or for whom it begins.
    pub when: Option<Judged>,
    /// The condition that must hold before every send.
    pub while_: Option<Judged>,
    /// Where time alone begins it: by which instant, and what comes of that.
    pub at: Option<Expected>,
}

/// A condition, judged now.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// As it is written.
    pub text: CompactString,
    /// Whether it is true, whatever the event says; none: the event has a say in it.
    pub holds: Option<bool>,
    /// What it reads, as written, in order of first appearance.
    pub values: Vec<Compare>,
}

/// A value that a condition reads.
pub type Compare = (CompactString, Known);

/// What is known of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// The event, or the run, says it.
    OfEvent,
    /// It is this; instants are texts in RFC 3339.
    Value(Value),
}

/// An instant by which time begins a journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// As it is written.
    pub text: CompactString,
    /// What it reads.
    pub values: Vec<Compare>,
    /// What comes of it.
    pub comes: Comes,
}

/// What comes of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comes {
    /// There is none: what it reads is not known, or the journey has begun by it.
    Nothing,
    /// The journey begins then.
    At(Millis),
    /// It lies before the journey was active.
    NotActive(Millis),
    /// It was long past when it became known.
    Stale(Millis),
}

impl Core {
    /// How the customer stands at `t` to the journey with this number in the plan; none if there is none.
    pub fn outlook(
        &self,
        customer: &Customer,
        journey: u16,
        control: &Control,
        t: Millis,
    ) -> Option<Outlook> {
        let found = self.plan.journeys.get(usize::from(journey))?;
        let reader = self.reader(customer, t);
        let judged =
            |condition: Option<&Condition>| condition.map(|condition| judge(&reader, condition));
        Some(Outlook {
            journey: found.name.clone(),
            standing: control.standing(&found.name),
            when: judged(found.begins_if()),
            while_: judged(found.while_.as_ref()),
            at: self.expected(customer, journey, found, &reader),
        })
    }

    fn expected(
        &self,
        customer: &Customer,
        number: u16,
        journey: &Journey,
        reader: &Reader<'_>,
    ) -> Option<Expected> {
        let at = &journey.by_time.as_ref()?.at;
        let comes = match self.armed(customer, number, reader.t) {
            Armed::Nothing => Comes::Nothing,
            Armed::At(at, _) => Comes::At(at),
            Armed::NotActive(moment) => Comes::NotActive(moment.at),
            Armed::Stale(moment) => Comes::Stale(moment.at),
        };
        Some(Expected { text: at.text.clone(), values: values(reader, &at.fields), comes })
    }
}

fn judge(reader: &Reader<'_>, condition: &Condition) -> Judged {
    let known = |field| !is_of_event(field);
    Judged {
        text: condition.text.clone(),
        holds: condition.holds_whatever(known, |field| reader.read(field)),
        values: values(reader, &condition.fields),
    }
}

fn values(reader: &Reader<'_>, fields: &[(CompactString, Field)]) -> Vec<Compare> {
    let known = |field: Field| match reader.read(field) {
        _ if is_of_event(field) => Known::OfEvent,
        ValueRef::Instant(at) => Known::Value(Value::Text(format_rfc3339(at).into())),
        value => Known::Value(value.to_value()),
    };
    fields.iter().map(|(name, field)| (name.clone(), known(*field))).collect()
}

/// Whether it takes an event, or a run, to read it.
fn is_of_event(field: Field) -> bool {
    match field {
        Field::Event(_)
        | Field::Capture(_)
        | Field::Waited(_)
        | Field::EventTime
        | Field::List(_)
        | Field::Item(_) => true,
        Field::FactAt(_, _, key) | Field::Product(_, key) => is_key_of_event(key),
        Field::Attribute(_)
        | Field::Consent(_)
        | Field::Fact(..)
        | Field::Now
        | Field::Local(_) => false,
    }
}

fn is_key_of_event(key: KeyField) -> bool {
    match key {
        KeyField::Event(_)
        | KeyField::Capture(_)
        | KeyField::Waited(_)
        | KeyField::Item(_)
        | KeyField::Run => true,
        KeyField::Hash(_) | KeyField::Attribute(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Customer;
    use crate::id::CustomerId;
    use crate::journey::load::{SourceFile, Sources, load};
    use crate::policy::Policy;
    use std::sync::Arc;

    fn core(journey: &str) -> Core {
        let source = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let facts = source(
            "facts.yaml",
            "facts:\n  orders: { count: order_placed }\n  last_order: { last: order_placed }\n",
        );
        let journeys = [source("j.yaml", journey)];
        let sources = Sources { journeys: &journeys, facts: Some(&facts) };
        Core::new(Arc::new(load(&Policy::default(), sources).unwrap()))
    }

    fn outlook(journey: &str) -> Outlook {
        let core = core(journey);
        core.outlook(&Customer::new(CustomerId::of("ana")), 0, &Control::default(), 0).unwrap()
    }

    const STEPS: &str = "steps:\n  - { send: a, channels: [email] }\n";

    #[test]
    fn a_condition_on_the_customer_is_judged_and_one_on_the_event_is_not() {
        let of = outlook(&format!(
            "journey: j\ntrigger: {{ event: cart_updated, when: orders >= 2 }}\nwhile: profile.vip == true || orders == 0\n{STEPS}"
        ));
        let when = of.when.unwrap();
        assert_eq!((when.text.as_str(), when.holds), ("orders >= 2", Some(false)));
        assert_eq!(when.values, [("orders".into(), Known::Value(Value::Number(0.0)))]);
        assert_eq!(of.while_.unwrap().holds, Some(true));
        assert_eq!(of.at, None);
        let of = outlook(&format!(
            "journey: j\ntrigger: {{ event: cart_updated, when: event.cart.total >= 20 && orders == 0 }}\n{STEPS}"
        ));
        let when = of.when.unwrap();
        assert_eq!(when.holds, None);
        assert_eq!(when.values[0], ("event.cart.total".into(), Known::OfEvent));
        assert_eq!(when.values[1].1, Known::Value(Value::Number(0.0)));
    }

    #[test]
    fn what_the_event_says_makes_no_difference_where_the_customer_settles_it() {
        for (when, holds) in [
            ("event.cart.total >= 20 && orders >= 2", Some(false)),
            ("orders >= 2 && event.cart.total >= 20", Some(false)),
            ("event.cart.total >= 20 || orders == 0", Some(true)),
            ("!(event.cart.total >= 20 || orders == 0)", Some(false)),
            ("event.cart.total >= 20 || orders >= 2", None),
            ("(event.cart.total >= 20 || orders >= 2) && orders == 0", None),
            ("(event.cart.total >= 20 && orders >= 2) || orders >= 3", Some(false)),
        ] {
            let of = outlook(&format!(
                "journey: j\ntrigger: {{ event: cart_updated, when: '{when}' }}\n{STEPS}"
            ));
            assert_eq!(of.when.unwrap().holds, holds, "{when}");
        }
    }

    #[test]
    fn a_journey_that_begins_by_time_has_no_instant_where_its_base_is_unknown() {
        let of = outlook(&format!("journey: j\ntrigger: {{ at: last_order.at + 60d }}\n{STEPS}"));
        let at = of.at.unwrap();
        assert_eq!((at.text.as_str(), at.comes), ("last_order.at + 60d", Comes::Nothing));
        assert_eq!(at.values, [("last_order.at".into(), Known::Value(Value::Null))]);
    }
}
