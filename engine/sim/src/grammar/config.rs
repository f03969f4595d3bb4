//! A configuration that is being drawn: YAML as values, so that features can add to it and a failure can take it apart.

use crate::history::Draw;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
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
    /// What is remembered of customers: the fields of a facts file.
    pub facts: Map<String, Value>,
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
        Self { policy, journeys: journeys.collect(), facts: Map::new() }
    }

    /// One of the journeys.
    pub fn journey(&mut self, draw: &mut Draw) -> &mut Map<String, Value> {
        let place = draw.below(self.journeys.len() as u64) as usize;
        &mut self.journeys[place]
    }

    /// The event types by which this journey is started, moved, ended or rewarded, or for which it waits.
    pub fn heard(journey: &Map<String, Value>) -> Vec<String> {
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

    /// The names of the shop's own facts.
    pub fn fact_names(&self) -> Vec<String> {
        let facts = self.facts.get("facts").and_then(Value::as_object);
        facts.into_iter().flat_map(Map::keys).cloned().collect()
    }

    /// The event types that facts are made of.
    pub fn counted(&self) -> Vec<String> {
        let facts = self.facts.get("facts").and_then(Value::as_object).into_iter();
        let fields = facts.flat_map(Map::values).filter_map(Value::as_object);
        let feeds = |fact: &Map<String, Value>| {
            let names = ["count", "sum", "last", "set", "undo", "drop"];
            let feed = |name| fact.get(name).map(|feed| feed.get("on").unwrap_or(feed));
            names.into_iter().filter_map(feed).flat_map(texts).collect::<Vec<_>>()
        };
        let lines = |fact: &Map<String, Value>| {
            let lists = ["earn", "spend"].into_iter().filter_map(|name| fact.get(name)?.as_array());
            let lines = lists.flatten().chain(fact.get("reset"));
            lines.filter_map(|line| line.get("on")).flat_map(texts).collect::<Vec<_>>()
        };
        fields.flat_map(|fact| [feeds(fact), lines(fact)].concat()).collect()
    }

    /// The compiled plan, or why there is none.
    pub fn plan(&self) -> Result<Arc<Plan>, String> {
        let policy = Value::Object(self.policy.clone());
        let policy: Policy = serde_json::from_value(policy).map_err(|error| error.to_string())?;
        let source = |path: &str, fields| SourceFile { path: path.into(), text: written(fields) };
        let journeys: Vec<SourceFile> =
            self.journeys.iter().map(|journey| source("drawn.yaml", journey)).collect();
        let facts = (!self.facts.is_empty()).then(|| source("facts.yaml", &self.facts));
        let sources = Sources { journeys: &journeys, facts: facts.as_ref() };
        load(&policy, sources).map(Arc::new).map_err(|problems| format!("{problems:#?}"))
    }
}

/// A text, or some.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// What steps read: in quotes it would be a text.
const READ: [&str; 6] =
    ["event.cart.id", "now", "local.date", "local.hour", "tier.to_next", "item.product"];

/// A mapping as YAML: a line a field, its value as JSON, which is YAML as well.
pub fn written(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    let plain = |text: String, read| text.replace(&format!(":\"{read}\""), &format!(": {read}"));
    READ.into_iter().fold(text, plain)
}

/// The fields of an object.
pub fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
