//! Journeys that begin for many by what everybody is told.

use super::facts;
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

/// For whom.
const WHO: [&str; 6] = [
    "profile.vip == true",
    "customer.orders < 2",
    "event.broadcast.share == 20 || customer.orders > 0",
    "event.broadcast.name == 'sale' && size(wishes) < 2",
    "catalogue['k'].stock != 0 && profile.consent.email == true",
    "customer.days_since_order < 2 || local.hour < 12",
];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    // Where another feature has it, the set is as that has made it.
    if config.facts.get("facts").is_none_or(|own| own["wishes"].is_null()) {
        facts::define(config, "wishes");
    }
    let mut trigger = json!({ "broadcast": draw.pick(&["sale", "sale", "news"]) });
    // Without it the journey begins for everybody.
    if draw.chance(80) {
        trigger["who"] = (*draw.pick(&WHO)).into();
    }
    if draw.chance(60) {
        trigger["spread"] = (*draw.pick(&["30m", "3h", "1d", "0s"])).into();
    }
    let name = ["m", "n", "o"]
        .into_iter()
        .find(|name| config.journeys.iter().all(|it| it["journey"] != *name));
    let Some(name) = name else { return };
    let mut journey = json!({
        "journey": name,
        "trigger": trigger,
        "priority": draw.pick(&[10, 50, 50, 90]),
        "steps": [{ "send": format!("{name}_tells"), "channels": [draw.pick(&["email", "push", "webhook"])] }],
    });
    if draw.chance(60) {
        let rules = [json!("always"), json!("never"), json!({ "after": "1d" })];
        journey["reentry"] = draw.pick(&rules).clone();
    }
    if draw.chance(50) {
        journey["exit"] = json!([{ "on": draw.pick(&["order_placed", "stop", "product_viewed"]) }]);
    }
    if draw.chance(20) {
        journey["max_runs"] = 1.into();
    }
    if draw.chance(40)
        && let Value::Array(steps) = &mut journey["steps"]
    {
        steps.insert(0, json!({ "wait": draw.pick(&["1h", "3h"]) }));
        steps.push(json!({ "branch": [{ "when": "event.broadcast.share > 10", "steps": [{ "exit": true }] }] }));
    }
    if let Value::Object(fields) = journey {
        config.journeys.push(fields);
    }
}
