//! How many messages somebody wants, and quiet hours for some.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let list = |config: &mut Config, name: &str, item: Value| {
        let items = config.policy.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(items) = items {
            items.push(item);
        }
    };
    if draw.chance(70) {
        let number = config.policy.get("caps").and_then(Value::as_array).map_or(0, Vec::len);
        let limit = *draw.pick(&[
            "profile.most",
            "profile.most * 2 - 1",
            "profile.vip == true ? 3 : profile.most",
            "customer.orders + 1",
        ]);
        let per = *draw.pick(&["5h", "2d", "day", "week"]);
        let cap = json!({ "name": format!("chosen{number}"), "limit": limit, "per": per });
        list(config, "caps", cap);
    }
    if draw.chance(50) {
        let where_ =
            *draw.pick(&["profile.vip == true", "customer.orders > 0", "local.weekday != 'mon'"]);
        let (from, to) = *draw.pick(&[("20:00", "09:00"), ("10:00", "10:30")]);
        let quiet =
            json!({ "channels": ["email", "sms"], "where": where_, "from": from, "to": to });
        list(config, "quiet_hours", quiet);
    }
}

/// The choice, which may be unreadable.
pub(super) fn event(draw: &mut Draw, event: &mut Map<String, Value>) {
    let most = draw
        .pick(&[
            json!(0),
            json!(1),
            json!(2.7),
            json!("2"),
            json!(" 3 "),
            json!("often"),
            json!(true),
            json!(-1),
            Value::Null,
        ])
        .clone();
    if let Some(Value::Object(profile)) = event.get_mut("profile").filter(|_| draw.chance(60)) {
        profile.insert("most".into(), most);
    }
}
