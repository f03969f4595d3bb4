//! The fields of an event that some condition, key or capture reads.

use super::decode::Event;
use super::raw::{Raw, array_elements, trimmed};
use super::vocabulary::{Envelope, Known, Subject, Type};
use crate::value::{Value, whole};
use compact_str::CompactString;
use std::borrow::Cow;

/// A field of an event, such as `event.cart.total` or `size(event.cart.items)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventField {
    /// As written, without `event.`: `["cart", "total"]`.
    pub path: Vec<CompactString>,
    /// The number of elements of the array, keys of the object or characters of the string instead of the value; 0 if absent.
    pub size: bool,
    /// Where the first part of the path leads, so that no event compares names.
    place: FieldPlace,
    /// It is a number, whether or not the event writes it as a string.
    number: bool,
}

/// Where an event has a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldPlace {
    /// It is the type.
    Type,
    /// At or below a field that the product reads anyway; the rest of the path begins at 2.
    Known(Known),
    /// At or below a subject; the rest of the path begins at 1.
    Subject(Subject),
    /// Anywhere else.
    Anywhere,
}

impl EventField {
    /// The field at this path.
    pub fn new(path: Vec<CompactString>, size: bool) -> Self {
        let subject = path.first().and_then(|name| Subject::parse(name.as_bytes()));
        let known = subject
            .zip(path.get(1))
            .and_then(|(subject, name)| Known::of(subject, name.as_bytes()));
        let place = match (path.as_slice(), known, subject) {
            ([name], ..) if name == Envelope::Type.name() => FieldPlace::Type,
            (_, Some(known), _) => FieldPlace::Known(known),
            (_, None, Some(subject)) => FieldPlace::Subject(subject),
            (_, None, None) => FieldPlace::Anywhere,
        };
        let number = path.len() == 2 && known.is_some_and(|known| known.kind() == Type::Number);
        Self { path, size, place, number }
    }
}

/// Reads the fields `wanted` (indices into `fields`) of the event into their places of `values`, which is as long as `fields`.
pub fn read_fields(event: &Event<'_>, fields: &[EventField], wanted: &[u16], values: &mut [Value]) {
    for &index in wanted {
        let index = usize::from(index);
        if let (Some(field), Some(place)) = (fields.get(index), values.get_mut(index)) {
            *place = read(event, field);
        }
    }
}

/// The raw value of a field; none where it is absent, null or odd. What it is the size of, where the size is asked for.
pub fn field_raw<'a>(event: &Event<'a>, field: &EventField) -> Option<Raw<'a>> {
    find(event, field)
}

/// The value of a field.
pub fn field_value(event: &Event<'_>, field: &EventField) -> Value {
    read(event, field)
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
        (Some(raw), false) if field.number => raw.number().map_or(Value::Null, Value::Number),
        (Some(raw), false) => raw.scalar(),
        (Some(raw), true) => Value::Number(raw.size() as f64),
    }
}

#[inline]
fn find<'a>(event: &Event<'a>, field: &EventField) -> Option<Raw<'a>> {
    match field.place {
        // As most are. One that is odd is absent.
        FieldPlace::Known(place) if field.path.len() == 2 => event.known_at(place),
        _ => find_below(event, field),
    }
}

fn find_below<'a>(event: &Event<'a>, field: &EventField) -> Option<Raw<'a>> {
    if event.odd().cover(&field.path) {
        return None;
    }
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

/// The elements of a list of the event; none where it has no such list.
pub fn array<'a>(event: &Event<'a>, field: &EventField) -> Option<impl Iterator<Item = Raw<'a>>> {
    find(event, field).filter(|raw| raw.is_array()).map(array_elements)
}

/// The text of a key's value, so that what means the same is the same: a string's content without the blanks around it, a boolean, a number (a whole
/// one without a point, however it is written). None where the event has no such scalar, or an empty text.
pub fn key_text<'a>(event: &Event<'a>, field: &EventField) -> Option<Cow<'a, str>> {
    let raw = find(event, field)?;
    key_text_by(raw, |raw| event.string(raw))
}

/// The same of a value that stands somewhere in an event, such as in a list.
pub fn key_text_of(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    key_text_by(raw, Raw::string)
}

fn key_text_by<'a>(
    raw: Raw<'a>,
    string: impl Fn(Raw<'a>) -> Option<Cow<'a, str>>,
) -> Option<Cow<'a, str>> {
    match raw.0.as_bytes().first() {
        Some(b'"') => string(raw).map(trimmed).filter(|text| !text.is_empty()),
        Some(b'{' | b'[') => None,
        Some(b't' | b'f') => Some(Cow::Borrowed(raw.0)),
        _ => Some(number_text(raw)),
    }
}

/// A number as a key.
fn number_text(raw: Raw<'_>) -> Cow<'_, str> {
    if raw.0.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(raw.0);
    }
    let whole = raw.number().and_then(whole);
    whole.map_or(Cow::Borrowed(raw.0), |whole| Cow::Owned(whole.to_string()))
}
