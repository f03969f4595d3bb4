//! A line that loads codes: `coupons POOL CODE ...`. The records of a scenario are numbered as they come.

use super::fault::Wrong;
use super::json::Json;
use super::word::Word;
use serde_json::Value;

/// What a line begins with that loads codes.
pub const COUPONS: &str = "coupons";

/// What a record of control says that brings codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupons {
    pool: String,
    codes: Vec<String>,
}

impl Coupons {
    /// Reads the words behind `coupons`, which is `first`.
    pub fn read(first: Word<'_>, words: &[Word<'_>]) -> Result<Self, Wrong> {
        let needed = |missing: &str| {
            let help = "10:00 coupons winback20 W-1 W-2".to_owned();
            (first.span(), missing.to_owned(), Some(help))
        };
        let (pool, codes) = words.split_first().ok_or_else(|| needed("a pool needs its name"))?;
        if codes.is_empty() {
            return Err(needed("there is no code"));
        }
        let codes = codes.iter().map(|word| word.text.to_owned()).collect();
        Ok(Self { pool: pool.text.to_owned(), codes })
    }

    /// The record with this number.
    pub fn json(&self, sequence: u64) -> Vec<u8> {
        let named = |fields: Vec<(&str, Json)>| {
            Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let codes = Json::Written(Value::from(self.codes.clone()).to_string());
        let control = named(vec![("coupons", Json::text(&self.pool)), ("codes", codes)]);
        let record = named(vec![
            ("type", Json::text("control")),
            ("stream", Json::text("coupons")),
            ("epoch", Json::text("trace")),
            ("sequence", Json::Written(sequence.to_string())),
            ("control", control),
        ]);
        let mut text = String::new();
        record.write(&mut text);
        text.into_bytes()
    }
}
