//! A few people whose story is told at the end: each shows one rule. Their days are written down, not drawn.

use super::catalogue::CATALOGUE;
use super::facts::{Fact, Service};
use super::shopper::{Cart, Consent, Profile, Shopper};
use super::visit::Plan;
use crate::names::zone_with_hour;
use cartwheel_core::time::{DAY, HOUR, Millis, SECOND, format_rfc3339};

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
pub const PERSONAS: [Persona; 13] = [
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
    Persona {
        customer: "kim",
        shows: "asks the shop's service something while a cart waits; the reminder is held until she has her answer",
    },
    Persona { customer: "leo", shows: "bought last 75 days ago, as his history says; is won back" },
    Persona { customer: "may", shows: "has her birthday on the second day" },
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
        "kim" => {
            (person("kim", "Kim", Role::OnlyReads, start), with_ticket(start + 40 * MINUTE, "p29"))
        }
        "leo" => {
            (person("leo", "Leo", Role::OnlyReads, start), bought_before(start, 75 * DAY, "p38"))
        }
        "may" => (born(person("may", "May", Role::OnlyReads, start), start + DAY), Plan::new()),
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
        birthday: None,
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

/// Born on the day of the year that it is there at this instant.
fn born(mut shopper: Shopper, at: Millis) -> Shopper {
    let local = format_rfc3339(at + shopper.offset * HOUR);
    // Every year has a 28 February.
    let day = local.get(5..10).filter(|day| *day != "02-29").unwrap_or("02-28");
    shopper.profile.birthday = Some(format!("1990-{day}"));
    shopper
}

/// Moves them to where the clock shows five in the afternoon at this instant, and gives them a phone.
fn in_the_afternoon(mut shopper: Shopper, at: Millis) -> Shopper {
    (shopper.profile.time_zone, shopper.offset) = zone_with_hour(at, 17);
    shopper.profile.phone = Some("+12075550142".to_owned());
    shopper.profile.consent.sms = true;
    shopper
}

/// Where a product stands in the catalogue.
fn place_of(id: &str) -> usize {
    CATALOGUE.iter().position(|product| product.id == id).unwrap_or_default()
}

/// A view, and the product in the cart two minutes later.
fn cart(at: Millis, id: &str) -> Plan {
    let product = place_of(id);
    vec![
        (at, Fact::Viewed(product)),
        (at + 2 * MINUTE, Fact::Added(product)),
        (at + 2 * MINUTE + SECOND, Fact::CartUpdated),
    ]
}

/// A cart, ten minutes later a ticket, and its answer a day after that.
fn with_ticket(at: Millis, id: &str) -> Plan {
    let mut plan = cart(at, id);
    plan.push((at + 10 * MINUTE, Fact::Ticket(1, Service::Opened)));
    plan.push((at + 26 * HOUR, Fact::Ticket(1, Service::Closed)));
    plan
}

/// What they bought long before `at` is read in a minute later.
fn bought_before(at: Millis, ago: Millis, id: &str) -> Plan {
    let cart = Cart::of_before("leo", 0, at - ago, place_of(id));
    vec![(at + MINUTE, Fact::BoughtBefore(ago, cart))]
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
