//! A JSON value as the bytes that stand in the record, read only on demand.

use crate::value::Value;
use std::borrow::Cow;

/// The raw text of one JSON value, already known to be valid JSON, without white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a>(pub &'a str);

impl<'a> Raw<'a> {
    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    /// Whether it is an array.
    pub fn is_array(self) -> bool {
        self.0.starts_with('[')
    }

    /// Whether it is a string.
    pub fn is_string(self) -> bool {
        self.0.starts_with('"')
    }

    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        matches!(self.0.as_bytes().first(), Some(b'-' | b'0'..=b'9'))
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The string; none for another type.
    pub fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if !inner.contains('\\') {
            return Some(Cow::Borrowed(inner));
        }
        sonic_rs::from_str::<String>(self.0).ok().map(Cow::Owned)
    }

    /// The number; none for another type.
    pub fn number(self) -> Option<f64> {
        if !self.is_number() {
            return None;
        }
        self.0.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The integer; none for another type or a fraction.
    pub fn integer(self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The boolean; none for another type.
    pub fn boolean(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The scalar; arrays and objects are null.
    pub fn scalar(self) -> Value {
        match self.0.as_bytes().first() {
            Some(b'"') => self.string().map_or(Value::Null, |text| Value::Text(text.as_ref().into())),
            Some(b't' | b'f') => self.boolean().map_or(Value::Null, Value::Bool),
            Some(b'-' | b'0'..=b'9') => self.number().map_or(Value::Null, Value::Number),
            _ => Value::Null,
        }
    }

    /// Elements of an array, keys of an object, characters of a string; 0 for anything else.
    pub fn size(self) -> usize {
        match self.0.as_bytes().first() {
            Some(b'[') => sonic_rs::to_array_iter(self.0).filter(Result::is_ok).count(),
            Some(b'{') => sonic_rs::to_object_iter(self.0).filter(Result::is_ok).count(),
            Some(b'"') => self.string().map_or(0, |text| text.chars().count()),
            _ => 0,
        }
    }

    /// The value at a path of object keys below this one; none where it is absent or null.
    pub fn get<S: AsRef<str>>(self, path: &[S]) -> Option<Raw<'a>> {
        if path.is_empty() {
            return Some(self);
        }
        let value = sonic_rs::get_from_str(self.0, path.iter().map(AsRef::as_ref)).ok()?;
        borrowed(&value).filter(|raw| !raw.is_null())
    }
}

/// The keys and values of an object, in order. Stops at the first malformed entry (there is none in validated JSON).
pub fn object_entries(raw: Raw<'_>) -> impl Iterator<Item = (Cow<'_, str>, Raw<'_>)> {
    sonic_rs::to_object_iter(raw.0).map_while(Result::ok).filter_map(|(name, value)| {
        let value = borrowed(&value)?;
        Some((Cow::Owned(name.to_string()), value))
    })
}

/// The text of a lazy value; it always borrows from the input when that is a string slice.
pub(super) fn borrowed<'a>(value: &sonic_rs::LazyValue<'a>) -> Option<Raw<'a>> {
    match value.as_raw_cow() {
        Cow::Borrowed(text) => Some(Raw(text)),
        Cow::Owned(_) => None,
    }
}
