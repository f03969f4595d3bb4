//! Waits for events and for days.

use super::{CONDITIONS, EVENTS};
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let name = journey["journey"].as_str().unwrap_or_default().to_owned();
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    if draw.chance(25) {
        steps.push(json!({ "wait": { "days": draw.between(1, 2) } }));
        return;
    }
    let number = steps.len();
    let mut wait = json!({ "for": [draw.pick(&EVENTS), "message_clicked"], "at_most": draw.pick(&["2h", "3d"]) });
    if draw.chance(30) {
        wait["where"] = (*draw.pick(&CONDITIONS)).into();
    }
    let answer = json!({ "branch": [
        { "when": "waited.for == null", "steps": [{ "exit": true }] },
        { "when": "waited.event.cart.total >= 40", "steps": [
            { "send": format!("{name}_answer{number}"), "channels": ["push", "webhook"] },
        ] },
    ] });
    steps.extend([json!({ "wait": wait }), answer]);
}
