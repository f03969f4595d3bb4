//! Events that end runs.

use super::{CONDITIONS, EVENTS};
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let mut rule = json!({ "on": draw.pick(&EVENTS) });
    if draw.chance(30) {
        rule["when"] = (*draw.pick(&CONDITIONS)).into();
    }
    let exits = config.journey(draw).entry("exit").or_insert_with(|| json!([]));
    if let Value::Array(exits) = exits {
        exits.push(rule);
    }
}
