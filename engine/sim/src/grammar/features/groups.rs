//! Journeys about the same thing, of which one writes.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

const KEYS: [&str; 4] =
    ["event.cart.id", "event.order.cart_id", "event.product.id", "event.cart.total"];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let names = config.journeys.iter().map(|journey| journey["journey"].clone());
    let mut order: Vec<Value> = names.collect();
    if order.len() < 2 || config.policy.contains_key("groups") {
        return;
    }
    if draw.chance(50) {
        order.reverse();
    }
    let mut keys = Map::new();
    for name in order.iter().filter_map(Value::as_str) {
        if draw.chance(60) {
            keys.insert(name.into(), (*draw.pick(&KEYS)).into());
        }
    }
    config.policy.insert("groups".into(), json!([{ "name": "one", "keys": keys, "order": order }]));
    // So that they live beside each other: all hear of much the same, and some take their time.
    for journey in &mut config.journeys {
        if draw.chance(60)
            && let Some(Value::Array(steps)) = journey.get_mut("steps")
        {
            steps.insert(0, json!({ "wait": draw.pick(&["20m", "1h", "3h"]) }));
        }
        if draw.chance(50) {
            journey.insert("class".into(), "marketing".into());
            journey.remove("holdout");
        }
    }
}
