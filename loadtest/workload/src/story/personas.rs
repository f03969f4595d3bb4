//! A few people whose story is told at the end: each shows one rule. Their days are written down, not drawn.

use super::catalogue::CATALOGUE;
use super::facts::Fact;
use super::shopper::{Consent, Profile, Shopper};
use super::visit::Plan;
use crate::names::zone_with_hour;
use cartwheel_core::time::{HOUR, Millis, SECOND};

const MINUTE: Millis = 60 * SECOND;

/// A person to follow, and what they show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persona {
    /// The customer string.
    pub customer: &'static str,
    /// What their story shows, in one sentence.
    pub shows: &'static str,
}

/// What a scripted shopper does with the mail they get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Opens the first, buys after the second.
    BuysAfterSecond,
    /// Opens everything, does nothing.
    OnlyReads,
    /// Unsubscribes after the first.
    Unsubscribes,
    /// Takes no notice.
    Ignores,
}

/// The scripted people, in the order in which the recap tells of them.
pub const PERSONAS: [Persona; 10] = [
    Persona {
        customer: "ana",
        shows: "abandons a cart, reads the reminder, buys after the second mail; the third is never sent",
    },
    Persona { customer: "ben", shows: "buys before the abandonment window ends; no run begins" },
    Persona { customer: "cho", shows: "gave no consent; the reminder is dropped" },
    Persona {
        customer: "dee",
        shows: "does not open the reminder; the text message that follows falls into quiet hours and waits for the morning",
    },
    Persona {
        customer: "eve",
        shows: "leaves a bicycle worth 1,299 dollars in the cart; takes the branch for high values and buys",
    },
    Persona { customer: "fay", shows: "gets the whole sequence and never buys" },
    Persona {
        customer: "gil",
        shows: "signs up and abandons two carts within hours; re-entry rules, priority and caps decide what he gets",
    },
    Persona { customer: "hal", shows: "empties the cart; the window closes" },
    Persona {
        customer: "ivy",
        shows: "unsubscribes after the first reminder; the later ones are dropped",
    },
    Persona {
        customer: "jon",
        shows: "has an address that bounces; it is suppressed for every later message",
    },
];

/// The person behind a name, and their days from `start` (epoch milliseconds) on.
pub(super) fn script(customer: &str, start: Millis) -> Option<(Shopper, Plan)> {
    let script = match customer {
        "ana" => {
            (person("ana", "Ana", Role::BuysAfterSecond, start), cart(start + 45 * MINUTE, "p14"))
        }
        "ben" => (person("ben", "Ben", Role::Ignores, start), bought(start + 50 * MINUTE, "p38")),
        "cho" => (
            without_consent(person("cho", "Cho", Role::Ignores, start)),
            cart(start + 55 * MINUTE, "p25"),
        ),
        "dee" => (
            in_the_afternoon(person("dee", "Dee", Role::Ignores, start), start + HOUR),
            cart(start + HOUR, "p37"),
        ),
        "eve" => {
            (person("eve", "Eve", Role::BuysAfterSecond, start), cart(start + 65 * MINUTE, "p55"))
        }
        "fay" => (person("fay", "Fay", Role::OnlyReads, start), cart(start + 30 * MINUTE, "p20")),
        "gil" => (person("gil", "Gil", Role::Ignores, start), two_carts(start + 35 * MINUTE)),
        "hal" => (person("hal", "Hal", Role::Ignores, start), emptied(start + 70 * MINUTE, "p03")),
        "ivy" => {
            (person("ivy", "Ivy", Role::Unsubscribes, start), cart(start + 75 * MINUTE, "p39"))
        }
        "jon" => {
            (bouncing(person("jon", "Jon", Role::Ignores, start)), cart(start + 80 * MINUTE, "p26"))
        }
        _ => return None,
    };
    let (shopper, mut plan) = script;
    let known = if customer == "gil" {
        (start + 20 * MINUTE, Fact::Created)
    } else {
        (start, Fact::Imported)
    };
    plan.insert(0, known);
    Some((shopper, plan))
}

/// Somebody who consents to e-mail and lives where the story begins at ten in the morning.
fn person(customer: &str, first_name: &str, persona: Role, start: Millis) -> Shopper {
    let (time_zone, offset) = zone_with_hour(start, 10);
    let profile = Profile {
        email: format!("{customer}@example.test"),
        phone: None,
        first_name: first_name.to_owned(),
        last_name: "Example".to_owned(),
        time_zone,
        country: "US",
        locale: "en-US",
        push_token: None,
        consent: Consent { email: true, sms: false, push: false },
    };
    let mut shopper = Shopper::with(customer.to_owned(), profile, offset);
    shopper.persona = Some(persona);
    shopper
}

fn without_consent(mut shopper: Shopper) -> Shopper {
    shopper.profile.consent.email = false;
    shopper
}

fn bouncing(mut shopper: Shopper) -> Shopper {
    shopper.bounces = true;
    shopper
}

/// Moves them to where the clock shows five in the afternoon at this instant, and gives them a phone.
fn in_the_afternoon(mut shopper: Shopper, at: Millis) -> Shopper {
    (shopper.profile.time_zone, shopper.offset) = zone_with_hour(at, 17);
    shopper.profile.phone = Some("+12075550142".to_owned());
    shopper.profile.consent.sms = true;
    shopper
}

/// A view, and the product in the cart two minutes later.
fn cart(at: Millis, id: &str) -> Plan {
    let product = CATALOGUE.iter().position(|product| product.id == id).unwrap_or_default();
    vec![
        (at, Fact::Viewed(product)),
        (at + 2 * MINUTE, Fact::Added(product)),
        (at + 2 * MINUTE + SECOND, Fact::CartUpdated),
    ]
}

fn bought(at: Millis, id: &str) -> Plan {
    let mut plan = cart(at, id);
    plan.push((at + 30 * MINUTE, Fact::CheckedOut(None)));
    plan.push((at + 33 * MINUTE, Fact::Ordered(None)));
    plan
}

fn emptied(at: Millis, id: &str) -> Plan {
    let mut plan = cart(at, id);
    plan.push((at + 20 * MINUTE, Fact::Emptied));
    plan
}

/// Two carts, the second on another device, so that it is a cart of its own.
fn two_carts(at: Millis) -> Plan {
    let mut plan = cart(at, "p02");
    for (time, fact) in cart(at + 5 * HOUR, "p29") {
        let fact =
            if let Fact::Added(product) = fact { Fact::AddedElsewhere(product) } else { fact };
        plan.push((time, fact));
    }
    plan
}
