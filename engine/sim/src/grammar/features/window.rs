//! Abandonment windows, and what moves them.

use super::EVENTS;
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let Some(Value::Object(trigger)) = journey.get_mut("trigger") else { return };
    trigger.insert("quiet_for".into(), (*draw.pick(&["30m", "1h", "1h", "6h"])).into());
    if draw.chance(70) {
        let moved_by = trigger.entry("moved_by").or_insert_with(|| json!([]));
        if let Value::Array(moved_by) = moved_by {
            moved_by.extend((0..draw.between(1, 2)).map(|_| Value::from(*draw.pick(&EVENTS))));
        }
    }
}
