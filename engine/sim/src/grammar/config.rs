//! A configuration that is being drawn: YAML as values, so that features can add to it and a failure can take it apart.

use crate::history::Draw;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::sync::Arc;

/// Event types that bare journeys start with. They are few, so that what one does often meets another.
const STARTS: [&str; 4] = ["cart_updated", "order_placed", "product_viewed", "go"];

/// A policy and journeys.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The policy's fields.
    pub policy: Map<String, Value>,
    /// The fields of each journey.
    pub journeys: Vec<Map<String, Value>>,
}

impl Config {
    /// One to three bare journeys under a policy that forbids nothing.
    pub fn bare(draw: &mut Draw) -> Self {
        let policy = fields(json!({ "zone": "UTC", "quiet_hours": [] }));
        let names = ["a", "b", "c"].into_iter().take(draw.between(1, 3) as usize);
        let journeys = names.map(|name| {
            let channel = draw.pick(&["email", "email", "sms", "push", "webhook"]);
            fields(json!({
                "journey": name,
                "trigger": { "event": draw.pick(&STARTS) },
                "reentry": "always",
                "steps": [{ "send": format!("{name}_hello"), "channels": [channel] }],
            }))
        });
        Self { policy, journeys: journeys.collect() }
    }

    /// One of the journeys.
    pub fn journey(&mut self, draw: &mut Draw) -> &mut Map<String, Value> {
        let place = draw.below(self.journeys.len() as u64) as usize;
        &mut self.journeys[place]
    }

    /// The event types by which this journey is started, moved, ended or rewarded, or for which it waits.
    pub fn heard(journey: &Map<String, Value>) -> Vec<String> {
        let texts = |value: &Value| match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        let trigger = journey.get("trigger");
        let of_trigger = |field| trigger.and_then(|trigger| trigger.get(field));
        let mut heard: Vec<String> =
            ["event", "moved_by"].into_iter().filter_map(of_trigger).flat_map(texts).collect();
        let exits = journey.get("exit").and_then(Value::as_array).into_iter().flatten();
        let goal = journey.get("goal").into_iter();
        heard.extend(exits.chain(goal).filter_map(|rule| rule.get("on")).flat_map(texts));
        let steps = journey.get("steps").and_then(Value::as_array).into_iter().flatten();
        let waits = steps.filter_map(|step| step.get("wait")?.get("for"));
        heard.extend(waits.flat_map(texts));
        heard
    }

    /// The compiled plan, or why there is none.
    pub fn plan(&self) -> Result<Arc<Plan>, String> {
        let policy = Value::Object(self.policy.clone());
        let policy: Policy = serde_json::from_value(policy).map_err(|error| error.to_string())?;
        let source = |journey: &Map<String, Value>| SourceFile {
            path: "drawn.yaml".into(),
            text: written(journey),
        };
        let sources: Vec<SourceFile> = self.journeys.iter().map(source).collect();
        load(&policy, &sources).map(Arc::new).map_err(|problems| format!("{problems:#?}"))
    }
}

/// A mapping as YAML: a line a field, its value as JSON, which is YAML as well.
pub fn written(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    text
}

/// The fields of an object.
pub fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
