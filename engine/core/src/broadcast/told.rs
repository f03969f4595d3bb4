//! What a record of the stream `broadcast` says.

use crate::event::{Poison, Raw, Rejected};
use crate::fact::key_hash;
use crate::time::Millis;
use compact_str::CompactString;

/// Longest name, in bytes.
const MAX_NAME: usize = 64;
/// Longest id, in bytes.
const MAX_ID: usize = 128;

/// Something that is told to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Its name, by which journeys hear of it.
    pub name: CompactString,
    /// The hash of its id, as of a key: one is told once.
    pub key: u64,
    /// All that it carries, as the fields of an event: a JSON object.
    pub text: String,
    /// When it was told.
    pub at: Millis,
}

impl Broadcast {
    /// Reads the record's content. Errors: the field that is wrong.
    pub fn read(content: Option<Raw<'_>>, at: Millis) -> Result<Self, Rejected> {
        let bad = |field: &'static str| Rejected::new(Poison::BadValue, field);
        let content = content.filter(|raw| raw.is_object()).ok_or_else(|| bad("broadcast"))?;
        let text = |field: &str, most: usize| {
            let text = content.get(&[field]).and_then(Raw::string);
            text.filter(|text| (1..=most).contains(&text.len()))
        };
        let name = text("name", MAX_NAME).ok_or_else(|| bad("broadcast.name"))?;
        let id = text("id", MAX_ID).ok_or_else(|| bad("broadcast.id"))?;
        Ok(Self {
            name: name.as_ref().into(),
            key: key_hash(id.trim()),
            text: format!(r#"{{"broadcast":{}}}"#, content.0),
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_has_a_name_and_an_id() {
        let read = |text: &'static str| Broadcast::read(Some(Raw(text)), 7);
        let told = read(r#"{"id":"a","name":"sale","share":20}"#).expect("sound");
        assert_eq!((told.name.as_str(), told.key, told.at), ("sale", key_hash("a"), 7));
        assert_eq!(told.text, r#"{"broadcast":{"id":"a","name":"sale","share":20}}"#);
        for (text, field) in [
            (r#"{"id":"a"}"#, "broadcast.name"),
            (r#"{"name":"sale"}"#, "broadcast.id"),
            (r#"{"name":"","id":"a"}"#, "broadcast.name"),
            (r#"{"name":"sale","id":7}"#, "broadcast.id"),
            ("[]", "broadcast"),
        ] {
            assert_eq!(read(text), Err(Rejected::new(Poison::BadValue, field)), "{text}");
        }
        assert!(Broadcast::read(None, 7).is_err());
    }
}
