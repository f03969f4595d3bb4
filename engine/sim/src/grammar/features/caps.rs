//! Frequency caps.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let caps = config.policy.entry("caps").or_insert_with(|| json!([]));
    let Value::Array(caps) = caps else { return };
    let mut cap = json!({
        "name": format!("cap{}", caps.len()),
        "scope": draw.pick(&["all", "all", "channel:email", "channel:sms", "journey:a"]),
        "limit": draw.between(1, 3),
        "per": draw.pick(&["30m", "5h", "1d", "3d", "day", "week", "month"]),
    });
    if draw.chance(25) {
        cap["blocked"] = "skip".into();
    }
    if draw.chance(30) {
        cap["reserve"] = "horizon".into();
    }
    caps.push(cap);
    if draw.chance(30) {
        let longest = *draw.pick(&["0s", "1h", "4d"]);
        config.policy.insert("max_defer".into(), longest.into());
    }
}
