//! What people say of journeys while a history goes on: sound orders, and seldom such as are none.

use super::draw::Draw;
use serde_json::{Value, json};

/// A split, its journey and the names of its arms.
#[derive(Clone, Debug)]
pub struct Split {
    /// The journey.
    pub journey: String,
    /// Its name.
    pub name: String,
    /// Its arms.
    pub arms: Vec<String>,
}

/// Makes the records of the stream `control`.
pub struct Orders {
    journeys: Vec<String>,
    splits: Vec<Split>,
    last: u64,
}

impl Orders {
    /// About these.
    pub fn new(journeys: Vec<String>, splits: Vec<Split>) -> Self {
        Self { journeys, splits, last: 0 }
    }

    /// A record's value.
    pub fn next(&mut self, draw: &mut Draw) -> Vec<u8> {
        self.last += 1;
        let order = self.order(draw);
        let record = json!({ "type": "control", "stream": "control", "epoch": "e", "sequence": self.last, "control": order });
        record.to_string().into_bytes()
    }

    fn order(&self, draw: &mut Draw) -> Value {
        let journey = draw.pick(&self.journeys).as_str();
        match draw.below(24) {
            0 => draw
                .pick(&[
                    json!({}),
                    json!({ "pause": 7 }),
                    json!("stop"),
                    json!({ "pause": "a", "resume": "a" }),
                ])
                .clone(),
            1 => json!({ "pause": "nobody" }),
            2 | 3 => json!({ "stop": journey }),
            4..=10 => json!({ "pause": journey }),
            11..=14 => {
                json!({ "resume": journey, "missed_within": draw.pick(&["0s", "10m", "5h", "3d", "soon"]) })
            }
            15..=19 => json!({ "resume": journey }),
            _ => self.winner(draw).unwrap_or_else(|| json!({ "resume": journey })),
        }
    }

    fn winner(&self, draw: &mut Draw) -> Option<Value> {
        let split = self.splits.get(draw.below(self.splits.len().max(1) as u64) as usize)?;
        let arms: Vec<Value> = split.arms.iter().map(|arm| json!(arm)).collect();
        let strangers = [Value::Null, json!("nobody")];
        let arm = if draw.chance(80) { draw.pick(&arms) } else { draw.pick(&strangers) };
        Some(json!({ "winner": { "journey": split.journey, "split": split.name, "arm": arm } }))
    }
}
