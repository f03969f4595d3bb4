//! A fact of the shop's own, and a condition that reads it.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

/// A fact and how conditions read it; the last of these reads the event as well.
struct Known {
    name: &'static str,
    fact: fn() -> Value,
    read: &'static [&'static str],
}

/// What has folded is exact while nothing more comes: of such facts so many contributions stay open as a history has.
const FACTS: [Known; 7] = [
    Known {
        name: "orders",
        fact: || json!({ "count": "order_placed", "key": "event.order.id", "undo": "order_cancelled", "up_to": 20 }),
        read: &["orders >= 2", "orders < 3", "orders == size(event.cart.items) + 1"],
    },
    Known {
        name: "net",
        fact: || {
            let undo = json!({ "on": ["order_refunded", "order_cancelled"], "add": "event.refund.amount", "id": "event.refund.id" });
            json!({ "sum": "order_placed", "key": "event.order.id", "add": "event.order.total", "undo": undo, "up_to": 20 })
        },
        read: &["net > 60", "net < 100", "net >= event.cart.total"],
    },
    Known {
        name: "spend",
        fact: || json!({ "sum": "order_placed", "add": "event.order.total", "over": "5h", "up_to": 3 }),
        read: &["spend >= 60", "spend == 0", "spend > event.order.total"],
    },
    Known {
        name: "latest",
        fact: || {
            json!({ "last": ["order_placed", "product_viewed"], "key": "event.order.id", "undo": "order_cancelled",
                "keep": ["event.order.id", "event.order.total"], "up_to": 3 })
        },
        read: &["age(latest) < 2h", "latest.total >= 40", "latest.order.id == event.order.id"],
    },
    Known {
        name: "views",
        fact: || json!({ "count": ["product_viewed", "go"], "by": "event.product.id", "over": "1d", "keys": 2, "up_to": 3 }),
        read: &["views['k'] >= 2", "top(views) == 'k'", "views[event.product.id] > 0"],
    },
    Known {
        name: "wishes",
        fact: || {
            json!({ "set": ["product_viewed", "cart_updated"], "key": "event.product.id", "keys": 2, "for": "1d",
                "drop": { "on": "order_placed", "key": "event.order.cart_id" } })
        },
        read: &["size(wishes) > 0", "'k' in wishes", "event.product.id in wishes"],
    },
    Known {
        name: "points",
        fact: || {
            json!({ "ledger": { "expire": "1d", "lots": 40 },
                "earn": [{ "on": "order_placed", "add": "floor(event.order.total / 10)", "key": "event.order.id" },
                    { "on": ["product_viewed", "stop"], "add": 3, "key": "event.product.id" }],
                "spend": [{ "on": "cart_updated", "take": "event.cart.total / 20" }],
                "undo": ["order_cancelled", "order_refunded"],
                "reset": { "on": "stop", "to": 5 } })
        },
        read: &[
            "points.balance >= 5",
            "points.expiring(5h) > 0",
            "points.next_expiry > now + 7h",
            "points.debt > 0",
            "points.balance > event.cart.total / 20",
        ],
    },
];

/// Puts the fact of this name into the configuration.
pub(super) fn define(config: &mut Config, name: &str) {
    let own = config.facts.entry("facts").or_insert_with(|| json!({}));
    if let Some(known) = FACTS.iter().find(|known| known.name == name) {
        own[name] = (known.fact)();
    }
}

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let Known { name, read, .. } = draw.pick(&FACTS);
    define(config, name);
    if draw.chance(30) {
        config.policy.insert("currency".into(), "EUR".into());
    }
    let (with_event, alone) = read.split_last().unwrap_or((&"true", &[]));
    let mut alone = (*draw.pick(alone)).to_owned();
    if draw.chance(30) {
        config.facts.entry("segments").or_insert_with(|| json!({}))["such"] = alone.into();
        alone = "such".into();
    }
    let any = if draw.chance(30) { (*with_event).to_owned() } else { alone.clone() };
    let place = draw.below(4);
    let journey = config.journey(draw);
    let hello = journey["journey"].as_str().unwrap_or_default().to_owned();
    match (place, journey.get_mut("steps")) {
        (0, _) => drop(journey.insert("while".into(), alone.into())),
        (1, Some(Value::Array(steps))) => {
            let number = steps.len();
            let send = json!({ "send": format!("{hello}_known{number}"), "channels": ["email"] });
            steps.push(json!({ "wait": "1h" }));
            steps.push(json!({ "branch": [{ "when": any, "steps": [send] }] }));
        }
        (2, _) => {
            let exits = journey.entry("exit").or_insert_with(|| json!([]));
            if let Value::Array(exits) = exits {
                exits.push(json!({ "on": "customer_updated", "when": any }));
            }
        }
        _ => {
            if let Some(trigger) = journey.get_mut("trigger") {
                trigger["when"] = any.into();
            }
        }
    }
}

/// What partial undoings and currencies need.
pub(super) fn event(draw: &mut Draw, event: &mut Map<String, Value>) {
    if draw.chance(30) {
        let refund = json!({ "id": draw.below(3), "amount": draw.below(4) * 10 });
        event.insert("refund".into(), refund);
    }
    let currency = *draw.pick(&["EUR", "eur", "USD"]);
    if let Some(Value::Object(order)) = event.get_mut("order").filter(|_| draw.chance(40)) {
        order.insert("currency".into(), currency.into());
    }
}
