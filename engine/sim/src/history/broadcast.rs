//! What everybody is told while a history goes on: mostly something new, seldom what was told before, or what says nothing.

use super::draw::Draw;
use cartwheel_core::time::{HOUR, Millis, format_rfc3339};
use serde_json::{Value, json};

/// Makes the records of the stream `broadcast`.
#[derive(Default)]
pub struct Broadcasts {
    last: u64,
}

impl Broadcasts {
    /// A record's value.
    pub fn next(&mut self, draw: &mut Draw, time: Millis) -> Vec<u8> {
        self.last += 1;
        let number = if draw.chance(15) { draw.below(self.last) } else { self.last };
        let id = if draw.chance(10) { json!(7) } else { json!(format!("b{number}")) };
        let name = draw.pick(&["sale", "sale", "sale", "news", ""]);
        let told = json!({ "id": id, "name": name, "share": draw.pick(&[json!(20), json!("5"), Value::Null]) });
        let at = match draw.below(6) {
            0 => time - draw.between(0, 40) * HOUR,
            1 => time + draw.between(0, 3) * HOUR,
            _ => time,
        };
        let record = json!({ "type": "broadcast", "stream": "broadcast", "epoch": "e", "sequence": self.last, "time": format_rfc3339(at), "broadcast": told });
        record.to_string().into_bytes()
    }
}
