//! Customers who are treated differently by lot.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let name = journey["journey"].as_str().unwrap_or_default().to_owned();
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    let number = steps.len();
    let arm = |word: &str| json!([{ "send": format!("{name}_{word}{number}"), "channels": ["email", "webhook"] }]);
    steps.push(json!({ "split": format!("lot{number}"), "arms": {
        "some": { "share": "30%", "steps": arm("some") },
        "others": { "share": "70%", "steps": [{ "wait": "1h" }] },
    } }));
}
