//! The catalogue: conditions that read it where an event starts, while a run goes on, and where it ends.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

/// Of an event; the last two of a list of it.
const OF_EVENT: [&str; 7] = [
    "catalogue[event.product.id].stock > 0",
    "catalogue[event.cart.id].price <= 20.5 && has(catalogue[event.cart.id].category)",
    "size(catalogue[event.product.id].badges) > 0 || 'new' in catalogue['k'].tags",
    "catalogue[event.product.id].until > now - 3d",
    "catalogue[event.order.id].price * 2 != catalogue['2'].stock",
    "event.order.items.exists(i, catalogue[i.product].stock > 0)",
    "event.order.items.sum(i, catalogue[i.product].price * i.quantity) > 20",
];
/// Of a run, whatever has begun it.
const OF_CUSTOMER: [&str; 5] = [
    "catalogue['k'].stock > 0",
    "!('sale' in catalogue['l'].badges)",
    "catalogue[profile.favourite].category == 'shoes'",
    "catalogue['k'].supply_days < 30 || catalogue['k'].currency.lowerAscii() == 'usd'",
    "catalogue['p1'].stock >= customer.orders",
];
/// Of a run with a key.
const OF_KEY: [&str; 3] =
    ["catalogue[key].stock > 0", "catalogue[key].price == null", "size(catalogue[key].tags) < 2"];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    if draw.chance(15) {
        config.policy.insert("max_products".into(), draw.below(4).into());
    }
    let journey = config.journey(draw);
    let by_time = journey["trigger"].get("event").is_none();
    let keyed = journey.contains_key("key");
    let any = |draw: &mut Draw| match draw.below(3) {
        0 if keyed => *draw.pick(&OF_KEY),
        1 if !by_time => *draw.pick(&OF_EVENT[..5]),
        _ => *draw.pick(&OF_CUSTOMER),
    };
    let name = journey["journey"].as_str().unwrap_or_default().to_owned();
    let place = draw.below(6);
    match (place, journey.get_mut("steps")) {
        (0, _) => {
            let text =
                if keyed && draw.chance(50) { draw.pick(&OF_KEY) } else { draw.pick(&OF_CUSTOMER) };
            drop(journey.insert("while".into(), (*text).into()));
        }
        (1 | 2, Some(Value::Array(steps))) => {
            let number = steps.len();
            let send = json!({ "send": format!("{name}_stock{number}"), "channels": ["email"] });
            steps.push(json!({ "wait": "1h" }));
            steps.push(json!({ "branch": [{ "when": any(draw), "steps": [send] }] }));
        }
        (3, Some(Value::Array(steps))) => {
            let text = "now + days(catalogue['k'].supply_days) - 2h";
            steps.insert(0, json!({ "wait": { "at": text } }));
        }
        (4, _) => {
            let exits = journey.entry("exit").or_insert_with(|| json!([]));
            if let Value::Array(exits) = exits {
                let when = *draw.pick(&OF_EVENT);
                exits.push(json!({ "on": "customer_updated", "when": when }));
            }
        }
        _ => {
            let when = if by_time { *draw.pick(&OF_CUSTOMER) } else { *draw.pick(&OF_EVENT) };
            let Some(trigger) = journey.get_mut("trigger") else { return };
            match trigger.get("who").and_then(Value::as_str) {
                Some(who) => trigger["who"] = format!("{who} && ({when})").into(),
                None => trigger["when"] = when.into(),
            }
        }
    }
}

/// Items, and a product that somebody likes.
pub(super) fn event(draw: &mut Draw, event: &mut Map<String, Value>) {
    super::deadlines::event(draw, event);
    if let Some(Value::Object(profile)) = event.get_mut("profile") {
        let liked = draw.pick(&[json!("k"), json!("p1"), json!(2), json!(true)]).clone();
        profile.insert("favourite".into(), liked);
    }
}
