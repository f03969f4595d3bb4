//! A line about a product: `catalogue PRODUCT [recorded TIME] [name=value ...]`. The records of a scenario are numbered as they come.

use super::event::{insert, recorded, time};
use super::fault::{Wrong, no_assignment};
use super::json::{Fields, Json};
use super::word::Word;
use cartwheel_core::time::{Millis, format_rfc3339};

/// What a line begins with that is about a product.
pub const CATALOGUE: &str = "catalogue";

/// What a record of the catalogue says.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    fields: Fields,
    /// When it was so, if not at the line's time.
    time: Option<Json>,
    /// The time that its record bears, if not the line's.
    pub recorded: Option<Millis>,
}

impl Product {
    /// Reads the words behind `catalogue`, which is `first`; `clock` as in [`super::event::Event::read`].
    pub fn read(
        first: Word<'_>,
        words: &[Word<'_>],
        clock: impl Fn(&str) -> Option<Millis>,
    ) -> Result<Self, Wrong> {
        let needed = || {
            let help = "10:00 catalogue p1 price=20.5 stock=12".to_owned();
            (first.span(), "a product needs its id".to_owned(), Some(help))
        };
        let (id, rest) = words.split_first().ok_or_else(needed)?;
        if id.text.contains('=') {
            return Err(needed());
        }
        let (recorded, rest) = recorded(rest, &clock)?;
        let mut fields = Fields::new();
        fields.insert("id".into(), Json::read(*id)?);
        let mut at = None;
        for word in rest {
            let Some((name, value)) = word.assignment() else {
                return Err(no_assignment(word));
            };
            if name.text == "time" {
                at = Some(time(value, &clock)?);
            } else {
                insert(&mut fields, name, Json::read(value)?)?;
            }
        }
        Ok(Self { fields, time: at, recorded })
    }

    /// The record with this number, recorded at `at`, which is its time unless it brings its own.
    pub fn json(&self, at: Millis, sequence: u64) -> Vec<u8> {
        let time = self.time.clone().unwrap_or_else(|| Json::text(&format_rfc3339(at)));
        let record = [
            ("type", Json::text(CATALOGUE)),
            ("stream", Json::text(CATALOGUE)),
            ("epoch", Json::text("trace")),
            ("sequence", Json::Written(sequence.to_string())),
            ("time", time),
            ("product", Json::Object(self.fields.clone())),
        ];
        let record = record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut text = String::new();
        Json::Object(record).write(&mut text);
        text.into_bytes()
    }
}
