//! Holds, by what is known of the customer and by the clock.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

/// What is remembered for these conditions.
fn remembered() -> [(&'static str, Value); 2] {
    let drop = json!({ "on": "customer_updated", "key": "event.product.id" });
    let open = json!({ "set": ["go", "product_viewed"], "key": "event.product.id", "keys": 3, "for": "5h", "drop": drop });
    let seen = json!({ "last": ["cart_updated", "order_placed"], "up_to": 3 });
    [("open", open), ("seen", seen)]
}

/// Conditions whose end is known, by time or by the next event.
const WHILE: [&str; 8] = [
    "size(open) > 0",
    "size(open) > 0",
    "profile.vip == true",
    "age(seen) < 2h",
    "age(seen) < 2h || size(open) > 1",
    "local.hour < 9",
    "profile.pause_until > now",
    "size(open) > 0 && !(local.weekday == 'sun')",
];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let own = config.facts.entry("facts").or_insert_with(|| json!({}));
    remembered().into_iter().for_each(|(name, fact)| own[name] = fact);
    let holds = config.policy.entry("holds").or_insert_with(|| json!([]));
    let Value::Array(holds) = holds else { return };
    let mut hold = json!({ "name": format!("hold{}", holds.len()), "while": draw.pick(&WHILE) });
    if draw.chance(60) {
        hold["at_most"] = (*draw.pick(&["1h", "6h", "2d"])).into();
    }
    if draw.chance(70) {
        hold["missed_within"] = (*draw.pick(&["0s", "2h", "1d"])).into();
    }
    holds.push(hold);
}

/// Until when somebody wants no messages.
pub(super) fn event(draw: &mut Draw, event: &mut Map<String, Value>) {
    let until = *draw.pick(&[
        "2026-03-08T09:00:00Z",
        "2026-06-10T20:00:00Z",
        "2026-10-25T06:30:00Z",
        "2026-11-01T06:00:00Z",
        "2027-01-01T00:00:00Z",
    ]);
    if let Some(Value::Object(profile)) = event.get_mut("profile").filter(|_| draw.chance(50)) {
        profile.insert("pause_until".into(), until.into());
    }
}
