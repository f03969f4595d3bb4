//! The histories once more, with the address of a message in every event that may name one: the customer's own, another's, or none at all. They
//! are drawn as before, so that the table of decided histories stays what it was.

use crate::{Drawn, by_core, by_reference, compare, histories};
use cartwheel_core::address::AddressHash;
use cartwheel_core::channel::Channel;
use cartwheel_sim::history::{Draw, Step};
use serde_json::{Map, Value};

/// The history with addresses drawn from its seed.
fn addressed(seed: u64, steps: Vec<Step>) -> Vec<Step> {
    let mut draw = Draw::new(seed);
    let address = |step| match step {
        Step::Record { time, value } => {
            let event = serde_json::from_slice(&value).ok();
            let named = event.and_then(|event| named(event, &mut draw));
            Step::Record { time, value: named.unwrap_or(value) }
        }
        Step::Clock { .. } | Step::Mode(_) => step,
    };
    steps.into_iter().map(address).collect()
}

/// The event with an address in its message; none where it is of a type that names none, or has no room for one.
fn named(mut event: Map<String, Value>, draw: &mut Draw) -> Option<Vec<u8>> {
    let kind = event.get("type")?.as_str()?;
    if !["unsubscribed", "message_bounced", "message_complained"].contains(&kind) {
        return None;
    }
    let channel = *draw.pick(&Channel::PERSONAL);
    // As the generator's profiles have them, and somebody else's.
    let own = match channel {
        Channel::Email => "a@example.com",
        Channel::Push => "t",
        Channel::Sms | Channel::Whatsapp | Channel::Webhook => "+15550100",
    };
    let address = match draw.below(8) {
        0..=4 => AddressHash::of(channel, own).to_string(),
        5 => AddressHash::of(channel, "other@example.com").to_string(),
        6 => AddressHash::of(channel, own).to_string().to_uppercase(),
        _ => own.to_owned(),
    };
    let message = event.entry("message").or_insert_with(|| Value::Object(Map::new()));
    let message = message.as_object_mut()?;
    message.insert("address".into(), address.into());
    if draw.chance(70) {
        message.insert("channel".into(), channel.name().into());
    }
    Some(Value::Object(event).to_string().into_bytes())
}

#[test]
fn with_the_addresses_of_messages_too() {
    let drawn = Drawn::new();
    let (mut told, mut before) = (0, 0);
    for seed in 0..histories() / 2 {
        let (plan, steps) = (drawn.plan(seed), drawn.steps(seed));
        before += by_reference(plan, &steps).suppressions.len();
        let steps = addressed(seed, steps);
        let (core, reference) = (by_core(plan, &steps, u64::MAX), by_reference(plan, &steps));
        told += reference.suppressions.len();
        if let Some((_, difference)) = compare(&core, &reference) {
            panic!("setup {}, seed {seed}: {difference}", drawn.setup(seed));
        }
    }
    assert!(told > before, "addresses that are never told show nothing");
}
