//! The fields of an event that some condition, key or capture reads.

use super::decode::Event;
use super::raw::Raw;
use crate::journey::plan::{EventField, FieldPlace};
use crate::value::Value;
use compact_str::CompactString;
use std::borrow::Cow;

/// Reads the fields `wanted` (indices into `fields`) of the event into their places of `values`, which is as long as `fields`.
pub fn read_fields(event: &Event<'_>, fields: &[EventField], wanted: &[u16], values: &mut [Value]) {
    for &index in wanted {
        let index = usize::from(index);
        if let (Some(field), Some(place)) = (fields.get(index), values.get_mut(index)) {
            *place = read(event, field);
        }
    }
}

fn read(event: &Event<'_>, field: &EventField) -> Value {
    if field.place == FieldPlace::Type && !field.size {
        return Value::Text(event.kind.as_ref().into());
    }
    if let FieldPlace::Known(place) = field.place
        && field.size
        && field.path.len() == 2
        && let Some(size) = event.known_size(place)
    {
        return Value::Number(size as f64);
    }
    match (find(event, field), field.size) {
        (None, false) => Value::Null,
        (None, true) => Value::Number(0.0),
        (Some(raw), false) => raw.scalar(),
        (Some(raw), true) => Value::Number(raw.size() as f64),
    }
}

fn find<'a>(event: &Event<'a>, field: &EventField) -> Option<Raw<'a>> {
    let below = |parts| field.path.get(parts..).unwrap_or_default();
    match field.place {
        FieldPlace::Known(place) => deeper(event.known_at(place)?, below(2)),
        FieldPlace::Subject(subject) => deeper(event.subject(subject)?, below(1)),
        FieldPlace::Type | FieldPlace::Anywhere => event.whole().get(&field.path),
    }
}

fn deeper<'a>(raw: Raw<'a>, path: &[CompactString]) -> Option<Raw<'a>> {
    if path.is_empty() { Some(raw) } else { raw.get(path) }
}

/// The text of a key's value: a string's content, or a number's or boolean's raw text; none where the event has no such scalar.
pub fn key_text<'a>(event: &Event<'a>, field: &EventField) -> Option<Cow<'a, str>> {
    let raw = find(event, field)?;
    match raw.0.as_bytes().first() {
        Some(b'"') => event.string(raw),
        Some(b'{' | b'[') => None,
        _ => Some(Cow::Borrowed(raw.0)),
    }
}
