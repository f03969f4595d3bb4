//! Records of control that bring codes, as a careless writer sends them: some again, some that cannot be read, some about other things.

use super::draw::Draw;
use serde_json::{Value, json};

/// Pools that are asked for, and one that is not.
pub const POOLS: [&str; 3] = ["x", "y", "z"];

/// The records of one history.
#[derive(Default)]
pub struct Codes {
    sequence: u64,
    codes: u64,
}

impl Codes {
    /// A record's value.
    pub fn next(&mut self, draw: &mut Draw) -> Vec<u8> {
        self.sequence += 1;
        let codes: Vec<Value> = (0..draw.between(1, 3)).map(|_| self.code(draw)).collect();
        let pool = json!(draw.pick(&POOLS[..]));
        let control = match draw.below(16) {
            0 => json!({ "coupons": pool, "codes": [] }),
            1 => {
                json!({ "coupons": pool, "codes": [codes[0], draw.pick(&[json!(7), json!(""), json!(" a"), json!("a\tb"), json!("c".repeat(65))])] })
            }
            2 => {
                json!({ "coupons": draw.pick(&[json!(""), json!(3), Value::Null, json!("p".repeat(65))]), "codes": codes })
            }
            3 => json!({ "pause": "a" }),
            4 => json!(draw.pick(&["pause", "coupons"])),
            5 => json!({ "coupons": pool, "codes": codes[0] }),
            _ => json!({ "coupons": pool, "codes": codes }),
        };
        // Seldom one is missing, and comes no more.
        self.sequence += u64::from(draw.chance(1));
        let sequence = self.sequence;
        json!({ "type": "control", "stream": "control", "epoch": "e", "sequence": sequence, "control": control })
            .to_string()
            .into_bytes()
    }

    /// Mostly a new one.
    fn code(&mut self, draw: &mut Draw) -> Value {
        self.codes += 1;
        let number = if draw.chance(20) { draw.below(self.codes) } else { self.codes };
        format!("C-{number}").into()
    }
}
