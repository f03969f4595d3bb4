//! Journeys of which one event starts several, that matter differently, and a cap under which there is no room for all of them.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let mut cap = json!({ "name": "contest", "limit": 1, "per": draw.pick(&["3h", "1d", "day"]) });
    if draw.chance(30) {
        cap["reserve"] = "horizon".into();
        cap["limit"] = 2.into();
    }
    let caps = config.policy.entry("caps").or_insert_with(|| json!([]));
    if let Value::Array(caps) = caps
        && caps.iter().all(|other| other["name"] != cap["name"])
    {
        caps.push(cap);
    }
    for (journey, priority) in config.journeys.iter_mut().zip([30, 60, 45]) {
        journey.insert("priority".into(), priority.into());
        // Without a key there is none to be missing.
        if !journey.contains_key("key")
            && let Some(trigger) = journey.get_mut("trigger")
        {
            trigger["event"] = "order_placed".into();
        }
        if draw.chance(70)
            && let Some(Value::Array(steps)) = journey.get_mut("steps")
        {
            steps.insert(0, json!({ "wait": draw.pick(&["1h", "2h"]) }));
        }
    }
}
