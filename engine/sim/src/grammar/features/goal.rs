//! What counts as success.

use super::EVENTS;
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::json;

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let goal = json!({ "on": draw.pick(&EVENTS), "within": draw.pick(&["1h", "2d"]) });
    config.journey(draw).insert("goal".into(), goal);
}
