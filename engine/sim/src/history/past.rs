//! Past events that are read in, as a careless writer sends them: twice, some too early, for facts that there are and that there are not, and some that
//! cannot be read.

use super::draw::Draw;
use cartwheel_core::time::{HOUR, Millis, format_rfc3339};
use serde_json::{Map, Value, json};

/// Makes the records of one history that is read in, and seldom of another.
pub struct PastEvents {
    facts: Vec<String>,
    sent: Vec<Vec<u8>>,
}

impl PastEvents {
    /// For these facts.
    pub fn new(facts: Vec<String>) -> Self {
        Self { facts, sent: Vec::new() }
    }

    /// A record's value that brings this event, which has happened long before or just now.
    pub fn next(
        &mut self,
        draw: &mut Draw,
        record_time: Millis,
        mut event: Map<String, Value>,
    ) -> Vec<u8> {
        if draw.chance(15) && !self.sent.is_empty() {
            return draw.pick(&self.sent).clone();
        }
        if draw.chance(50) {
            let at = record_time - draw.between(1, 400) * HOUR;
            event.insert("time".into(), format_rfc3339(at).into());
        }
        let stream = if draw.chance(90) { "backfill:a" } else { "backfill:b" };
        let sequence = self.sent.len() as u64 + 1 + u64::from(draw.chance(2));
        let mut record = json!({ "type": "backfill", "stream": stream, "epoch": "1", "sequence": sequence,
            "facts": self.names(draw), "event": event });
        match draw.below(30) {
            0 => record["facts"] = json!([7]),
            1 => record["event"] = json!("order_placed"),
            2 => record["event"]["customer"] = Value::Null,
            3 => record["event"]["time"] = json!(record_time + 30 * HOUR),
            _ => {}
        }
        let value = record.to_string().into_bytes();
        self.sent.push(value.clone());
        value
    }

    /// Mostly all of them.
    fn names(&self, draw: &mut Draw) -> Vec<String> {
        let mut names = self.facts.clone();
        if draw.chance(30) {
            names.retain(|_| draw.chance(50));
        }
        if names.is_empty() || draw.chance(20) {
            names.push((*draw.pick(&["customer.orders", "never_heard_of"])).to_owned());
        }
        names
    }
}
