//! Attributes that steps write, and events that they let happen.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    let step = match draw.below(3) {
        0 => {
            json!({ "set": { "vip": draw.chance(50), "of": "event.cart.id", "seen": "now", "day": "local.date" } })
        }
        1 => json!({ "emit": draw.pick(&["go", "stop"]) }),
        _ => {
            json!({ "emit": { "event": "go", "with": { "cart.id": "event.cart.id", "cart.total": 40, "hour": "local.hour" } } })
        }
    };
    let place = draw.below(steps.len() as u64 + 1) as usize;
    steps.insert(place, step);
}
