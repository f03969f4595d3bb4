//! What the tables of rules (`tests/rules`) cannot say of the reference.
//!
//! Instants are written `MM-DD hh:mm` in UTC of 2026 (1 January is a Thursday), decisions `VERDICT REASON STEP CHANNEL name=value`.

mod intake;
mod modes;
mod zones;

use super::{Effect, Reference};
use cartwheel_core::decision::Decision;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{Millis, parse_rfc3339};
use cartwheel_core::value::Value;
use serde_json::{Map, json};
use std::sync::Arc;

/// An instant of 2026.
fn at(text: &str) -> Millis {
    let full = format!("2026-{}Z", text.replace(' ', "T"));
    let with_seconds = full.replace('Z', ":00Z");
    parse_rfc3339(&with_seconds)
        .or_else(|| parse_rfc3339(&full))
        .unwrap_or_else(|| panic!("{text} is not MM-DD hh:mm"))
}

/// A shard with a customer, ana, who may be reached on every channel.
struct Shop {
    reference: Reference,
    offset: i64,
    /// Everything that came out.
    all: Vec<Effect>,
}

impl Shop {
    /// With ana, created in 2025 in UTC.
    fn new(policy: &str, journeys: &[&str]) -> Self {
        let mut shop = Self::empty(policy, journeys);
        let consent = json!({ "email": true, "sms": true, "push": true, "whatsapp": true });
        shop.event(
            "01-01 00:00",
            "profile_imported",
            json!({
                "profile": { "email": "ana@example.com", "phone": "+15550100", "push_token": "t", "consent": consent }
            }),
        );
        shop
    }

    /// With nobody.
    fn empty(policy: &str, journeys: &[&str]) -> Self {
        let policy: Policy =
            serde_saphyr::from_str(policy).unwrap_or_else(|error| panic!("{error}"));
        let sources: Vec<SourceFile> = journeys
            .iter()
            .map(|text| SourceFile { path: "j.yaml".into(), text: (*text).into() })
            .collect();
        let plan = load(&policy, &sources).unwrap_or_else(|problems| panic!("{problems:#?}"));
        Self { reference: Reference::new(Arc::new(plan)), offset: 0, all: Vec::new() }
    }

    fn shown(&mut self, out: Vec<Effect>) -> Vec<String> {
        let lines = out.iter().filter_map(line).collect();
        self.all.extend(out);
        lines
    }

    /// A record of these bytes.
    fn record(&mut self, when: &str, value: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        self.reference.record(self.offset, at(when), value, &mut out);
        self.offset += 1;
        self.shown(out)
    }

    /// An event of ana that happens when it is recorded.
    fn event(&mut self, when: &str, kind: &str, subjects: serde_json::Value) -> Vec<String> {
        let mut event: Map<String, serde_json::Value> = Map::new();
        event.insert("type".into(), kind.into());
        event.insert("customer".into(), "ana".into());
        event.insert("time".into(), at(when).into());
        event.extend(subjects.as_object().cloned().unwrap_or_default());
        self.record(when, serde_json::Value::Object(event).to_string().as_bytes())
    }
}

/// An outcome as tests write it; commands and what reports count are left out, for a decision stands before each.
fn line(outcome: &Effect) -> Option<String> {
    match outcome {
        Effect::Decision(decision) => Some(decision_line(decision)),
        Effect::Command(_) | Effect::HeldOut(_) | Effect::Converted(_) => None,
        Effect::Suppression(suppression) => {
            let verb = if suppression.active { "suppress" } else { "lift" };
            Some(format!("{verb} {} {:?}", suppression.channel, suppression.reason))
        }
        Effect::Dead { reason, .. } => Some(format!("dead {}", reason.name())),
    }
}

fn decision_line(decision: &Decision) -> String {
    let mut words = vec![decision.decision.name().to_owned(), decision.reason.name().to_owned()];
    words.extend(decision.step.iter().map(ToString::to_string));
    words.extend(decision.channel.iter().map(ToString::to_string));
    for (name, value) in &decision.values {
        words.push(match value {
            Value::Number(number) => format!("{name}={number}"),
            Value::Text(text) if parse_rfc3339(text).is_some() => format!("{name}={}", short(text)),
            Value::Text(text) => format!("{name}={text}"),
            Value::Bool(value) => format!("{name}={value}"),
            Value::Null => format!("{name}=null"),
        });
    }
    words.join(" ")
}

/// As tests write instants; seconds only where there are any.
fn short(instant: &str) -> String {
    let full = instant.replace('T', " ");
    let end = if full.ends_with(":00.000Z") { 16 } else { 23 };
    full[5..end].to_owned()
}
