//! Messages with coupons, of pools that have few codes.

use crate::grammar::config::Config;
use crate::history::{Draw, POOLS};
use serde_json::{Map, Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let known: Vec<&str> = POOLS[..2].to_vec();
    config.policy.insert("coupons".into(), json!(known));
    if draw.chance(50) {
        config.policy.insert("max_defer".into(), json!(draw.pick(&["0s", "90m", "2d"])));
    }
    let journey = config.journey(draw);
    let name = journey["journey"].as_str().unwrap_or_default().to_owned();
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    steps.iter_mut().filter_map(Value::as_object_mut).for_each(|step| offer(draw, step));
    let number = steps.len();
    let mut again = json!({ "send": format!("{name}_coupon{number}"), "channels": ["email", { "sms": { "if_no": "opened", "within": "2h" } }] });
    again["with"] = json!({ "coupon": draw.pick(&known) });
    steps.extend([json!({ "wait": draw.pick(&["0s", "30m", "1d"]) }), again]);
}

/// Most sends to customers get one; whatever else the message offers stays.
fn offer(draw: &mut Draw, step: &mut Map<String, Value>) {
    if !step.contains_key("send") || step.contains_key("to") || draw.chance(30) {
        return;
    }
    let with = step.entry("with").or_insert_with(|| json!({}));
    with["coupon"] = json!(draw.pick(&POOLS[..2]));
}
