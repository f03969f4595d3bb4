//! A line that tells everybody something: `broadcast NAME [id=ID] [name=value ...]`. The records of a scenario are numbered as they come.

use super::event::insert;
use super::fault::{Wrong, no_assignment};
use super::json::{Fields, Json};
use super::word::Word;
use cartwheel_core::time::{Millis, format_rfc3339};

/// What a line begins with that tells everybody something.
pub const BROADCAST: &str = "broadcast";

/// What everybody is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Broadcast {
    fields: Fields,
}

impl Broadcast {
    /// Reads the words behind `broadcast`, which is `first`.
    pub fn read(first: Word<'_>, words: &[Word<'_>]) -> Result<Self, Wrong> {
        let help = || Some("10:00 broadcast spring_sale share=20".to_owned());
        let needed = || (first.span(), "a broadcast needs its name".to_owned(), help());
        let (name, rest) = words.split_first().ok_or_else(needed)?;
        if name.text.contains('=') {
            return Err(needed());
        }
        let mut fields = Fields::new();
        for word in rest {
            let Some((field, value)) = word.assignment() else {
                return Err(no_assignment(word));
            };
            insert(&mut fields, field, Json::read(value)?)?;
        }
        fields.entry("id".into()).or_insert_with(|| Json::text(name.text));
        fields.insert("name".into(), Json::text(name.text));
        Ok(Self { fields })
    }

    /// The record with this number, recorded at `at`.
    pub fn json(&self, at: Millis, sequence: u64) -> Vec<u8> {
        let record = [
            ("type", Json::text(BROADCAST)),
            ("stream", Json::text(BROADCAST)),
            ("epoch", Json::text("trace")),
            ("sequence", Json::Written(sequence.to_string())),
            ("time", Json::text(&format_rfc3339(at))),
            (BROADCAST, Json::Object(self.fields.clone())),
        ];
        let record = record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut text = String::new();
        Json::Object(record).write(&mut text);
        text.into_bytes()
    }
}
