//! Journeys that begin for many by what everybody is told.

use super::{facts, for_many};
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::json;

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
    let rules = [json!("always"), json!("never"), json!({ "after": "1d" })];
    let names = (["m", "n", "o"], "tells");
    let Some(journey) = for_many::journey(draw, config, names, trigger, &rules) else { return };
    let more = json!({ "branch": [{ "when": "event.broadcast.share > 10", "steps": [{ "exit": true }] }] });
    for_many::add(draw, config, journey, Some(more));
}
