//! The full parser: of records that the quick ways decline, and of those that are no events.

use super::odd::OddFields;
use super::raw::Raw;
use super::rejected::{Poison, Rejected};
use super::top::{Extent, Place, Top};
use super::vocabulary::{Known, Subject, Type};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Deepest nesting.
pub const MAX_DEPTH: u32 = 64;

/// Of what was read fully (the one pass declines what has not its type): what is odd, which is absent from now on.
#[cold]
pub fn clear_odd(top: &mut Top, text: &str) -> OddFields {
    let named =
        [(Place::ID, OddFields::ID, Type::Text), (Place::CHANNEL, OddFields::CHANNEL, Type::Text)];
    let subjects = Subject::ALL
        .map(|subject| (Place::subject(subject), OddFields::subject(subject), Type::Object));
    let known =
        Known::ALL.map(|field| (Place::known(field), OddFields::known(field), field.kind()));
    let mut odd = OddFields::default();
    for (place, field, needed) in named.into_iter().chain(subjects).chain(known) {
        if top.get(place).raw(text).is_some_and(|raw| !is(raw, needed)) {
            top.put(place, Extent::default());
            odd = odd.and(field);
        }
    }
    odd
}

fn is(raw: Raw<'_>, needed: Type) -> bool {
    needed.fits(raw.0.as_bytes()) || needed == Type::Number && raw.number().is_some()
}

/// The record as the full parser reads it, and where in it the object stands; or why it is none.
#[cold]
pub fn read_fully<'a>(value: &'a [u8], top: &mut Top) -> Result<(&'a str, Extent), Rejected> {
    if deeper_than(value, MAX_DEPTH) {
        return Err(Rejected::new(Poison::TooDeep, format!("nested deeper than {MAX_DEPTH}")));
    }
    let text =
        std::str::from_utf8(value).map_err(|_| Rejected::new(Poison::NotJson, "not UTF-8"))?;
    let whole = Raw(text.trim_matches([' ', '\t', '\r', '\n']));
    if !whole.is_object() {
        return Err(Rejected::new(Poison::NotJson, "not a JSON object"));
    }
    serde_json::from_str::<Readable>(text).map_err(|error| {
        Rejected::new(
            Poison::NotJson,
            format!("syntax error at line {} column {}", error.line(), error.column()),
        )
    })?;
    *top = Top::read(text, whole);
    Ok((text, Extent::of(whole, text)))
}

/// JSON in which every string and number can be read. Skipping values would let escapes and numbers pass that nobody can read later.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Readable)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Readable>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<Readable, Readable>()?.is_some() {}
        Ok(self)
    }
}

/// Whether brackets nest deeper than `limit`, outside strings.
fn deeper_than(value: &[u8], limit: u32) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for byte in value {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}
