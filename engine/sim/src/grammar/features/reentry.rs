//! Coming again.

use super::keys;
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::json;

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let span = *draw.pick(&["2h", "1d", "3d"]);
    let (rule, needs_key) = match draw.below(8) {
        0 => (json!("never"), false),
        1 => (json!("once_per_key"), true),
        2 => (json!({ "after": span }), false),
        3 => (json!({ "after": span, "per": "key" }), true),
        4 => (json!({ "once_per_key": { "after": span } }), true),
        5 => (json!("always"), false),
        _ => (json!("restart"), false),
    };
    let journey = config.journey(draw);
    if needs_key && !journey.contains_key("key") {
        journey.insert("key".into(), keys::path(draw));
    }
    journey.insert("reentry".into(), rule);
}
