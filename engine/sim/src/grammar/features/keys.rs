//! Runs of several keys: one path, or one for each event type.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value};

const PATHS: [&str; 4] =
    ["event.cart.id", "event.cart.id", "event.order.cart_id", "event.product.id"];

/// Where events may have a key.
pub(super) fn path(draw: &mut Draw) -> Value {
    (*draw.pick(&PATHS)).into()
}

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    if draw.chance(40) {
        journey.insert("key".into(), path(draw));
        return;
    }
    let starts = journey.get("trigger").and_then(|trigger| trigger.get("event"));
    let is_start = |kind: &String| match starts {
        Some(Value::Array(starts)) => starts.iter().any(|start| start == kind.as_str()),
        Some(start) => start == kind.as_str(),
        None => false,
    };
    let goal = journey.get("goal").and_then(|goal| goal["on"].as_str()).unwrap_or_default();
    let mut paths = Map::new();
    for kind in Config::heard(journey) {
        // What only the goal hears of needs no key.
        if is_start(&kind) || (kind != goal && draw.chance(70)) {
            paths.insert(kind, path(draw));
        }
    }
    journey.insert("key".into(), Value::Object(paths));
}
