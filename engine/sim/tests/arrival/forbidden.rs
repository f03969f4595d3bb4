//! Any arrival: nothing is sent that something which has arrived forbids. What forbids it is found here by looking at everything that has
//! arrived, with nothing of the core but its clock.

use crate::histories;
use crate::shop::{Event, Shop, event, plan};
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::time::{HOUR, Millis, format_rfc3339, parse_rfc3339};
use cartwheel_sim::history::Draw;
use serde_json::Value;

/// The newest consent: what the customer said, else what came last.
fn may_be_written_to(arrived: &[Event], channel: Channel) -> bool {
    let mut words: Vec<(Millis, bool, bool)> = Vec::new();
    for event in arrived {
        let carried = event.fields.get("profile").and_then(|profile| profile.get("consent"));
        let flag = carried.and_then(|consent| consent.get(channel.name())?.as_bool());
        words.extend(flag.map(|yes| (event.at, event.kind == "consent_changed", yes)));
        let named = event.fields.get("channel").and_then(|name| name.as_str());
        match event.kind {
            "subscribed" if named.unwrap_or("email") == channel.name() => {
                words.push((event.at, true, true));
            }
            "unsubscribed" if named.is_none_or(|name| name == channel.name()) => {
                words.push((event.at, true, false));
            }
            _ => {}
        }
    }
    let newest = |explicit: bool| {
        words.iter().filter(move |word| word.1 == explicit).max_by_key(|word| (word.0, !word.2))
    };
    match (newest(true), newest(false)) {
        (Some((_, _, false)), _) => false,
        (Some(said), Some(carried)) if carried.0 >= said.0 => carried.2,
        (Some((_, _, yes)), _) | (None, Some((_, _, yes))) => *yes,
        (None, None) => false,
    }
}

/// Why a message about a cart must not leave, if there is a reason among what has arrived.
fn forbids(arrived: &[Event], command: &Command) -> Option<String> {
    if !may_be_written_to(arrived, command.channel) {
        return Some("no consent".into());
    }
    let cart = command.data.get("cart")?;
    let named = |event: &Event| event.fields.get("cart").and_then(|cart| cart.get("id")).cloned();
    let of_cart =
        |event: &&Event| event.kind == "cart_updated" && named(event).as_ref() == cart.get("id");
    // What names no cart is about all of them.
    let concerns = |event: &&Event| named(event).is_none_or(|id| Some(&id) == cart.get("id"));
    let total = |event: &Event| event.fields["cart"]["total"].as_i64().unwrap_or(0);
    let worth = |event: &&Event| of_cart(event) && total(event) >= 20;
    let newest = arrived.iter().filter(worth).map(|event| event.at).max()?;
    let ends = |event: &&Event| match event.kind {
        "order_placed" => event.fields["order"]["total"].as_f64().is_some_and(|total| total > 10.0),
        "cart_emptied" => true,
        "cart_updated" => of_cart(event) && total(event) < 20,
        _ => false,
    };
    if is_empty(arrived, cart) {
        return Some("the cart has no items".into());
    }
    let end = arrived.iter().filter(ends).filter(concerns).find(|event| event.at >= newest)?;
    Some(format!("{} at {}", end.kind, format_rfc3339(end.at)))
}

/// Whether the newest word on what is in the cart, since it came as a whole, is that nothing is.
fn is_empty(arrived: &[Event], cart: &Value) -> bool {
    let carried = |event: &Event| event.fields.get("cart").cloned();
    let mut of_cart: Vec<(Millis, bool, Value)> = arrived
        .iter()
        .filter_map(|event| Some((event.at, event.kind == "cart_updated", carried(event)?)))
        .filter(|(.., carried)| carried.get("id") == cart.get("id"))
        .collect();
    of_cart.sort_by_key(|(at, ..)| *at);
    let mut items = None;
    for (_, whole, carried) in of_cart {
        let said = carried.get("items").and_then(Value::as_array).map(Vec::len);
        items = if whole { None } else { said.or(items) };
    }
    items == Some(0)
}

#[test]
fn nothing_is_sent_that_something_which_has_arrived_forbids() {
    let plan = plan();
    let mut sent = 0;
    for seed in 0..histories() / 2 {
        let mut draw = Draw::new(1_000_000 + seed);
        let mut now = parse_rfc3339("2026-06-10T09:00:00Z").expect("a time");
        let (mut shop, mut arrived) = (Shop::open(&plan), Vec::new());
        let mut commands = Vec::new();
        for _ in 0..draw.between(5, 40) {
            now += draw.between(0, HOUR);
            let event = if draw.chance(20) { known(now) } else { event(&mut draw, now) };
            // It may have been on its way for hours.
            shop.clock(now);
            commands.extend(shop.sent().into_iter().map(|command| (arrived.len(), command)));
            shop.record(now, &event);
            arrived.push(event);
        }
        for _ in 0..10 {
            now += 5 * HOUR;
            shop.clock(now);
            commands.extend(shop.sent().into_iter().map(|command| (arrived.len(), command)));
        }
        let about_carts = commands.iter().filter(|(_, command)| command.journey == "cart");
        for (known, command) in about_carts {
            sent += 1;
            if let Some(why) = forbids(&arrived[..*known], command) {
                panic!(
                    "seed {seed}: {} by {} at {}: {why}",
                    command.step,
                    command.channel.name(),
                    format_rfc3339(command.decided_at)
                );
            }
        }
    }
    assert!(sent > histories() / 4, "{sent} messages");
}

/// Somebody who may be written to, as of now.
fn known(now: Millis) -> Event {
    let profile = serde_json::json!({ "profile": {
        "email": "a@example.com", "phone": "+15550100", "push_token": "t",
        "consent": { "email": true, "sms": true, "push": true },
    } });
    let fields = profile.as_object().cloned().unwrap_or_default();
    Event { at: now, kind: "customer_updated", fields }
}
