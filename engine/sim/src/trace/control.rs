//! A line about a journey: `control pause|resume|stop JOURNEY [missed_within=SPAN]` or `control winner JOURNEY SPLIT [ARM]`. The records of a scenario are numbered as they come.

use super::fault::Wrong;
use super::json::{Fields, Json};
use super::word::Word;
use cartwheel_core::time::{Millis, format_rfc3339};

/// What a line begins with that is about a journey.
pub const CONTROL: &str = "control";

/// What is said of a journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    fields: Fields,
}

impl Order {
    /// Reads the words behind `control`, which is `first`.
    pub fn read(first: Word<'_>, words: &[Word<'_>]) -> Result<Self, Wrong> {
        let text = |word: &Word<'_>| Json::text(word.text);
        let mut fields = Fields::new();
        match words {
            [word, journey] if ["pause", "resume", "stop"].contains(&word.text) => {
                fields.insert(word.text.into(), text(journey));
            }
            [word, journey, missed] if word.text == "resume" => {
                let Some((name, value)) =
                    missed.assignment().filter(|(name, _)| name.text == "missed_within")
                else {
                    let message = format!("`{}` is not missed_within=SPAN", missed.text);
                    return Err((missed.span(), message, Some("missed_within=6h".into())));
                };
                fields.insert(word.text.into(), text(journey));
                fields.insert(name.text.into(), text(&value));
            }
            [word, journey, split, arm @ ..] if word.text == "winner" && arm.len() < 2 => {
                let mut winner = Fields::new();
                winner.insert("journey".into(), text(journey));
                winner.insert("split".into(), text(split));
                winner.extend(arm.first().map(|arm| ("arm".into(), text(arm))));
                fields.insert(word.text.into(), Json::Object(winner));
            }
            _ => {
                let help = "control pause win_back; control resume win_back missed_within=6h; control stop win_back; control winner win_back SPLIT ARM";
                let message = "what is to be done with which journey?".into();
                return Err((
                    words.first().map_or(first.span(), Word::span),
                    message,
                    Some(help.into()),
                ));
            }
        }
        Ok(Self { fields })
    }

    /// The record with this number, recorded at `at`.
    pub fn json(&self, at: Millis, sequence: u64) -> Vec<u8> {
        let record = [
            ("type", Json::text(CONTROL)),
            ("stream", Json::text(CONTROL)),
            ("epoch", Json::text("trace")),
            ("sequence", Json::Written(sequence.to_string())),
            ("time", Json::text(&format_rfc3339(at))),
            (CONTROL, Json::Object(self.fields.clone())),
        ];
        let record = record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut text = String::new();
        Json::Object(record).write(&mut text);
        text.into_bytes()
    }
}
