//! Journeys that are paused, resumed and stopped while people are in them: with something that a pause may find them in.

use crate::grammar::config::Config;
use crate::history::{Draw, Orders, Split};
use serde_json::{Map, Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    if draw.chance(40) {
        super::splits::add(draw, config);
    }
    let journey = config.journey(draw);
    let name = journey["journey"].as_str().unwrap_or_default().to_owned();
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    let number = steps.len();
    let wait = json!(draw.pick(&["20m", "4h", "30h"]));
    let last = json!({ "send": format!("{name}_last{number}"), "channels": ["email", "webhook"] });
    let between = match draw.below(3) {
        0 => json!({ "for": draw.pick(&["go", "order_placed"]), "at_most": wait }),
        _ => wait,
    };
    steps.extend([json!({ "wait": between }), last]);
}

/// Orders about the configuration's journeys, and about the splits that stand in them.
pub fn orders(config: &Config) -> Orders {
    let name = |journey: &Map<String, Value>| {
        journey.get("journey").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let splits = config.journeys.iter().flat_map(|journey| {
        let steps = journey.get("steps").and_then(Value::as_array).into_iter().flatten();
        let split = move |step: &Value| {
            let arms = step.get("arms")?.as_object()?.keys().cloned().collect();
            let split = step.get("split")?.as_str()?.to_owned();
            Some(Split { journey: name(journey), name: split, arms })
        };
        steps.filter_map(split)
    });
    Orders::new(config.journeys.iter().map(name).collect(), splits.collect())
}
