//! `events.yaml` as a team writes it: the shop's own events with their fields and types, and what it adds to those that Cartwheel knows.
//! [`super::load`] reads it and says where it is wrong; the same types give the JSON Schema that an editor completes from
//! ([`super::load::events_schema`]).

use super::at::At;
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// The file. It helps `cartwheel check` alone: what is decided does not depend on it.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsFile {
    /// Event types, each with its fields: `loyalty_joined: { points.balance: number }`. An event that Cartwheel knows has the fields that it knows
    /// besides; of others these are all.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<BTreeMap<String, FieldType>>>")]
    pub events: Vec<(At<String>, Vec<DeclaredField>)>,
    /// Attributes of the profile, beside those that Cartwheel knows: `birthday: text`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, FieldType>")]
    pub profile: Vec<DeclaredField>,
}

/// A field by its dotted name, and what it is.
pub type DeclaredField = (At<String>, At<FieldType>);

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A string; an instant or a date is one, too.
    Text,
    /// A number, or a string that holds one.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    List,
    /// An object.
    Object,
    /// A string or a whole number that names something.
    Id,
    /// Whatever comes.
    Any,
}

impl FieldType {
    /// Each with its word.
    pub const ALL: [(&str, FieldType); 7] = [
        ("text", FieldType::Text),
        ("number", FieldType::Number),
        ("boolean", FieldType::Boolean),
        ("list", FieldType::List),
        ("object", FieldType::Object),
        ("id", FieldType::Id),
        ("any", FieldType::Any),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("any", |(word, _)| word)
    }
}
