//! Journeys that begin by time alone.

use super::facts;
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

const AT: [&str; 9] = [
    "latest.at + 5h",
    "latest.at + (customer.orders > 1 ? 2h : 1d)",
    "latest.at + (profile.vip == true ? 0s : 2d)",
    "profile.day",
    "profile.day - 36h",
    "next(profile.day)",
    "next(profile.day) + 2d",
    "points.expiry - 14h",
    "2h + points.expiry",
];

/// What is judged as they begin.
const WHEN: [&str; 5] = [
    "age(latest) < 1d",
    "profile.vip == true",
    "local.hour < 12",
    "customer.orders < 2",
    "points.expiring(14h) >= 3",
];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    config.facts.entry("facts").or_insert_with(|| json!({}))["latest"] = json!({
        "last": ["order_placed", "product_viewed"], "key": "event.order.id", "undo": "order_cancelled",
        "keep": ["event.order.id", "event.order.total"], "up_to": 3 });
    facts::define(config, "points");
    let mut trigger = json!({ "at": draw.pick(&AT) });
    if draw.chance(40) {
        trigger["when"] = (*draw.pick(&WHEN)).into();
    }
    if draw.chance(30) {
        let since = *draw.pick(&["3d", "400d", "2026-03-01T00:00:00Z"]);
        trigger["backlog"] = json!({ "since": since, "spread": draw.pick(&["1h", "2d", "30d"]) });
    }
    let name = ["t", "s", "u"]
        .into_iter()
        .find(|name| config.journeys.iter().all(|it| it["journey"] != *name));
    let mut journey = json!({
        "journey": name.unwrap_or("v"),
        "trigger": trigger,
        "priority": draw.pick(&[10, 50, 50, 90]),
        "steps": [{ "send": "time_hello", "channels": ["email"] }],
    });
    if draw.chance(30) {
        journey["reentry"] = draw.pick(&[json!("never"), json!({ "after": "1d" })]).clone();
    }
    if draw.chance(50) {
        journey["exit"] = json!([{ "on": draw.pick(&["order_placed", "stop", "product_viewed"]) }]);
    }
    if draw.chance(60)
        && let Value::Array(steps) = &mut journey["steps"]
    {
        steps.insert(0, json!({ "wait": draw.pick(&["1h", "3h"]) }));
    }
    if config.journeys.iter().all(|it| it["journey"] != journey["journey"])
        && let Value::Object(fields) = journey
    {
        config.journeys.push(fields);
    }
}
