//! How the events of a history are numbered (`engine/docs/semantics.md`, "Past events").

use super::facts::Facts;
use cartwheel_core::stream::{PAST, Past};
use serde_json::json;
use xxhash_rust::xxh3::Xxh3;

/// Its numbers begin once: it is the same history, or it is another one.
const EPOCH: &str = "1";

/// What a history is known by: the facts, with what feeds them, and its events, in their order. So it is the same, and counts once, whoever writes it, in whatever files,
/// and however often.
pub struct Identity(Xxh3);

impl Identity {
    /// Of a history for these facts; `again` tells it from the same one that was read in before.
    pub fn new(facts: &Facts, again: Option<&str>) -> Self {
        let mut own = Self(Xxh3::new());
        own.add(json!([again, facts]).to_string().as_bytes());
        own
    }

    /// With this event behind the others.
    pub fn add(&mut self, event: &[u8]) {
        self.0.update(&(event.len() as u64).to_le_bytes());
        self.0.update(event);
    }

    /// The name of its stream.
    pub fn name(&self) -> String {
        format!("{PAST}{:032x}", self.0.digest128())
    }
}

/// Makes the records of one history.
pub struct Records {
    head: String,
    facts: String,
}

impl Records {
    /// Of the history of this name.
    pub fn new(name: &str, facts: &Facts) -> Self {
        let names: Vec<&String> = facts.keys().collect();
        let head = json!({ "type": Past::KIND, "stream": name, "epoch": EPOCH }).to_string();
        Self { head, facts: json!(names).to_string() }
    }

    /// The record with this number in its partition; `event` is a JSON object.
    pub fn record(&self, sequence: u64, event: &str) -> Vec<u8> {
        let head = self.head.strip_suffix('}').unwrap_or(&self.head);
        let facts = &self.facts;
        format!(r#"{head},"sequence":{sequence},"facts":{facts},"event":{event}}}"#).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn facts(names: &[&str]) -> Facts {
        let kinds = BTreeSet::from(["order_placed".to_owned()]);
        names.iter().map(|name| ((*name).to_owned(), kinds.clone())).collect()
    }

    #[test]
    fn a_history_is_the_same_or_another_one() {
        let name = |facts: &Facts, again, events: &[&str]| {
            let mut identity = Identity::new(facts, again);
            events.iter().for_each(|event| identity.add(event.as_bytes()));
            identity.name()
        };
        let one = facts(&["orders", "net"]);
        let own = name(&one, None, &["a", "b"]);
        assert_eq!((own.len(), &own[..9]), (41, "backfill:"));
        assert_eq!(own, name(&facts(&["net", "orders"]), None, &["a", "b"]));
        let others = [
            name(&one, None, &["b", "a"]),
            name(&one, None, &["ab"]),
            name(&one, None, &["a"]),
            name(&one, Some("again"), &["a", "b"]),
            name(&facts(&["orders"]), None, &["a", "b"]),
        ];
        assert!(!others.contains(&own));
    }

    #[test]
    fn a_record_holds_the_event_as_it_was_written() {
        let records = Records::new("backfill:a", &facts(&["orders", "net"]));
        let record = String::from_utf8(records.record(7, r#"{"type": "x", "n": 1.50}"#)).unwrap();
        assert!(record.ends_with(
            r#","sequence":7,"facts":["net","orders"],"event":{"type": "x", "n": 1.50}}"#
        ));
        let read: serde_json::Value = serde_json::from_str(&record).unwrap();
        assert_eq!((&read["type"], &read["stream"]), (&json!("backfill"), &json!("backfill:a")));
    }
}
