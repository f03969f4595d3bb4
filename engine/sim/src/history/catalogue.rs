//! Records of the catalogue as a careless writer sends them: twice, with some missing, of another journal, late, with values that are none.

use super::draw::Draw;
use cartwheel_core::time::{HOUR, Millis, format_rfc3339};
use serde_json::{Map, Value, json};

/// Ids of products, as events of a shop write them, too.
const PRODUCTS: [&str; 5] = ["p0", "p1", "p2", "k", "l"];

/// Makes records of one stream, and seldom of others.
pub struct Records {
    epoch: u64,
    /// The last number that was given.
    last: u64,
    /// The records of this epoch, to be sent again.
    sent: Vec<Vec<u8>>,
}

impl Default for Records {
    fn default() -> Self {
        Self { epoch: 1, last: 0, sent: Vec::new() }
    }
}

impl Records {
    /// A record's value.
    pub fn next(&mut self, draw: &mut Draw, record_time: Millis) -> Vec<u8> {
        match draw.below(20) {
            // Again: what was missing is there then.
            0..=3 if !self.sent.is_empty() => {
                let newest = draw.below(self.sent.len().min(5) as u64) as usize;
                return self.sent[self.sent.len() - 1 - newest].clone();
            }
            // One gets lost, or is late.
            4 => {
                let lost = self.record(draw, record_time);
                self.sent.push(lost);
            }
            5 => {
                (self.epoch, self.last) = (self.epoch + 1, draw.below(2) * 7);
                self.sent.clear();
            }
            6 => return self.odd(draw, record_time),
            _ => {}
        }
        let value = self.record(draw, record_time);
        self.sent.push(value.clone());
        value
    }

    fn record(&mut self, draw: &mut Draw, record_time: Millis) -> Vec<u8> {
        self.last += 1;
        let mut record = self.envelope("catalogue", self.last);
        let at = match draw.below(6) {
            0 => record_time - draw.between(0, 40) * HOUR,
            1 => record_time + draw.between(0, 3) * HOUR,
            _ => record_time,
        };
        record.insert("time".into(), format_rfc3339(at).into());
        // Where a journal begins anew in the middle it says so.
        if self.sent.is_empty() && draw.chance(80) {
            record.insert("first".into(), true.into());
        }
        record.insert("product".into(), product(draw));
        written(record)
    }

    fn envelope(&self, stream: &str, sequence: u64) -> Map<String, Value> {
        let record = json!({ "type": "catalogue", "stream": stream, "epoch": format!("e{}", self.epoch), "sequence": sequence });
        match record {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// Of another stream, or no record of a stream.
    fn odd(&self, draw: &mut Draw, record_time: Millis) -> Vec<u8> {
        let mut record = self.envelope("catalogue", self.last + 1);
        let (name, value) = match draw.below(10) {
            0 => ("sequence", json!(0)),
            1 => ("sequence", json!("1")),
            2 => ("epoch", json!(7)),
            3 => ("stream", json!("")),
            4 => ("time", json!("soon")),
            5 => ("time", json!(record_time + 30 * HOUR)),
            6 => ("stream", json!(null)),
            7 => ("type", json!("x".repeat(65))),
            _ => ("stream", json!(format!("s{}", draw.below(20)))),
        };
        record.insert("product".into(), product(draw));
        record.insert(name.into(), value);
        written(record)
    }
}

fn written(record: Map<String, Value>) -> Vec<u8> {
    Value::Object(record).to_string().into_bytes()
}

/// A product, or seldom what names none.
fn product(draw: &mut Draw) -> Value {
    let id = match draw.below(20) {
        0 => json!(2),
        1 => json!(" p1 "),
        2 => json!(2.0),
        3 => draw.pick(&[json!(""), json!([1]), json!(null), json!(true)]).clone(),
        _ => json!(draw.pick(&PRODUCTS)),
    };
    let mut product = Map::new();
    product.insert("id".into(), id);
    let fields: [(&str, [Value; 6]); 8] = [
        ("stock", [json!(0), json!(3), json!("12"), json!(-1), json!(null), json!("many")]),
        (
            "price",
            [json!(20.5), json!("19.99"), json!(0.00004), json!(40), json!(null), json!([1])],
        ),
        ("supply_days", [json!(10), json!(30), json!("2"), json!(0), json!(null), json!(true)]),
        (
            "category",
            [
                json!("shoes"),
                json!("Zoë"),
                json!(7),
                json!("x".repeat(257)),
                json!(null),
                json!(""),
            ],
        ),
        (
            "badges",
            [
                json!(["new"]),
                json!(["sale", 7, true]),
                json!([]),
                json!("new"),
                json!(null),
                json!([null]),
            ],
        ),
        ("currency", [json!("EUR"), json!("usd"), json!(1), json!("USD"), json!(null), json!({})]),
        (
            "tags",
            [
                json!(["new", "x"]),
                json!("new"),
                json!(vec!["a"; 17]),
                json!(["y".repeat(65)]),
                json!(null),
                json!({ "a": 1 }),
            ],
        ),
        (
            "until",
            [
                json!("2026-06-12T00:00:00Z"),
                json!(1_781_170_000),
                json!(2.5),
                json!(false),
                json!(null),
                json!("soon"),
            ],
        ),
    ];
    for (name, values) in &fields {
        if draw.chance(45) {
            product.insert((*name).into(), draw.pick(values).clone());
        }
    }
    match draw.below(30) {
        0 => json!("p1"),
        1 => Value::Null,
        _ => product.into(),
    }
}
