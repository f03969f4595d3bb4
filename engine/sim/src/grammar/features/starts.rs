//! A journey that several event types start.

use super::{EVENTS, keys};
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let more = *draw.pick(&EVENTS);
    let Some(event) = journey.get_mut("trigger").and_then(|trigger| trigger.get_mut("event"))
    else {
        return;
    };
    match event {
        Value::Array(events) => events.push(more.into()),
        one => *one = json!([one.take(), more]),
    }
    if let Some(Value::Object(paths)) = journey.get_mut("key") {
        paths.insert(more.into(), keys::path(draw));
    }
}
