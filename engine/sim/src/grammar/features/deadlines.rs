//! Instants that are computed: waits, and trigger events that let a run enter later, also one for each item of an order.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

/// Of whatever began the run.
const OF_CUSTOMER: [&str; 7] = [
    "profile.day",
    "profile.day + 5h",
    "next(profile.day) - 2d",
    "next(profile.day)",
    "now + (profile.vip == true ? 3h : 1d)",
    "local.date + 1d + 10h",
    "2h + instant(profile.moment)",
];
const OF_EVENT: [&str; 5] = [
    "event.time + 3h",
    "event.time + hours(event.cart.total) - 30m",
    "event.due",
    "event.due + 1h",
    "next(event.due) + 1d",
];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let by_time = journey["trigger"].get("event").is_none();
    let any = |draw: &mut Draw| {
        let of_event = !by_time && draw.chance(50);
        if of_event { *draw.pick(&OF_EVENT) } else { *draw.pick(&OF_CUSTOMER) }
    };
    if by_time || draw.chance(50) {
        let wait = json!({ "wait": { "at": any(draw) } });
        if let Some(Value::Array(steps)) = journey.get_mut("steps") {
            let place = draw.below(steps.len() as u64 + 1) as usize;
            steps.insert(place, wait);
        }
        return;
    }
    let Some(Value::Object(trigger)) = journey.get_mut("trigger") else { return };
    trigger.remove("quiet_for");
    trigger.remove("moved_by");
    trigger.insert("at".into(), any(draw).into());
    let heard = Config::heard(journey);
    if let Some(Value::Object(paths)) = journey.get_mut("key") {
        paths.retain(|kind, _| heard.contains(kind));
    }
    let Some(Value::Object(trigger)) = journey.get_mut("trigger") else { return };
    if draw.chance(50) {
        trigger.insert("each".into(), "event.order.items as item".into());
        trigger.insert("at".into(), "event.time + hours(item.supply * item.quantity) - 2h".into());
        if draw.chance(60) {
            trigger.insert("when".into(), "item.supply > 0".into());
        }
        journey.insert("key".into(), "item.product".into());
        if draw.chance(50) {
            journey.insert("reentry".into(), "restart".into());
        }
        if draw.chance(30)
            && let Some(Value::Array(steps)) = journey.get_mut("steps")
        {
            steps.insert(0, json!({ "set": { "of": "item.product" } }));
        }
    }
}

/// Items with their supplies, days and moments.
pub(super) fn event(draw: &mut Draw, event: &mut Map<String, Value>) {
    let item = |draw: &mut Draw| {
        json!({ "product": draw.pick(&[json!("k"), json!("l"), json!(2), Value::Null]),
            "quantity": draw.below(3), "supply": draw.pick(&[json!(3), json!(30), json!("x"), Value::Null]) })
    };
    if let Some(Value::Object(order)) = event.get_mut("order") {
        let items: Vec<Value> = (0..draw.below(4)).map(|_| item(draw)).collect();
        order.insert("items".into(), items.into());
    }
    let day = |draw: &mut Draw| {
        draw.pick(&[
            json!("1992-02-29"),
            json!("2026-03-09"),
            json!("1990-12-31"),
            json!("2026-06-11"),
            json!("2026-10-26T01:00:00Z"),
            json!("1980-03-29T00:00:00Z"),
            json!("2026-11-01"),
            json!("soon"),
            json!(1_781_170_000),
            Value::Null,
        ])
        .clone()
    };
    if draw.chance(50) {
        event.insert("due".into(), day(draw));
    }
    if let Some(Value::Object(profile)) = event.get_mut("profile") {
        if draw.chance(60) {
            profile.insert("day".into(), day(draw));
        }
        if draw.chance(40) {
            profile.insert("moment".into(), day(draw));
        }
    }
}
