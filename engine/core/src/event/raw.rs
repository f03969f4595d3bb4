//! A JSON value as the bytes that stand in the record, read only on demand.

use super::block::plain_len;
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

    /// The string, of a text that is known to have no escapes; none for another type.
    pub fn plain_string(self) -> Option<&'a str> {
        self.0.strip_prefix('"')?.strip_suffix('"')
    }

    /// The string; none for another type.
    pub fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.plain_string()?;
        if !inner.contains('\\') {
            return Some(Cow::Borrowed(inner));
        }
        serde_json::from_str::<String>(self.0).ok().map(Cow::Owned)
    }

    /// The number, also one that is written as a string, as shops write money; none for another type.
    pub fn number(self) -> Option<f64> {
        let number: f64 = if self.is_string() {
            return decimal(&self.string()?);
        } else if self.is_number() {
            self.0.parse().ok()?
        } else {
            return None;
        };
        Some(number).filter(|number| number.is_finite())
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
            Some(b'"') => {
                self.string().map_or(Value::Null, |text| Value::Text(text.as_ref().into()))
            }
            Some(b't' | b'f') => self.boolean().map_or(Value::Null, Value::Bool),
            Some(b'-' | b'0'..=b'9') => self.number().map_or(Value::Null, Value::Number),
            _ => Value::Null,
        }
    }

    /// Elements of an array, keys of an object, characters of a string; 0 for anything else.
    pub fn size(self) -> usize {
        match self.0.as_bytes().first() {
            Some(b'[') => array_elements(self).count(),
            Some(b'{') => object_entries(self).count(),
            Some(b'"') => self.string().map_or(0, |text| text.chars().count()),
            _ => 0,
        }
    }

    /// The value at a path of object keys below this one; none where it is absent or null. Of repeated names the last counts.
    pub fn get<S: AsRef<str>>(self, path: &[S]) -> Option<Raw<'a>> {
        let mut at = self;
        for name in path {
            if !at.is_object() {
                return None;
            }
            at = object_entries(at).filter(|(key, _)| key == name.as_ref()).last()?.1;
        }
        Some(at).filter(|raw| !raw.is_null())
    }
}

/// The number that a text says, blanks around it aside; none where it says none.
pub fn decimal(text: &str) -> Option<f64> {
    let number: f64 = Some(text.trim()).filter(|text| is_decimal(text))?.parse().ok()?;
    Some(number).filter(|number| number.is_finite())
}

/// Whether a text is written as JSON writes numbers, without an exponent. Currencies and separators of thousands are not guessed.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) =
        number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

/// The keys and values of an object, in order. The text is valid JSON already, so this only looks for the ends of values.
pub fn object_entries<'a>(raw: Raw<'a>) -> impl Iterator<Item = (Cow<'a, str>, Raw<'a>)> {
    let bytes = raw.0.as_bytes();
    let mut at = 1;
    std::iter::from_fn(move || {
        at = skip(bytes, at, |byte| byte.is_ascii_whitespace() || byte == b',');
        let (len, plain) = string_len(bytes.get(at..)?);
        let name_end = at + len;
        let name = Raw(raw.0.get(at..name_end)?);
        let name = if plain { Cow::Borrowed(name.plain_string()?) } else { name.string()? };
        let start = skip(bytes, name_end, |byte| byte.is_ascii_whitespace() || byte == b':');
        at = value_end(bytes, start);
        Some((name, Raw(raw.0.get(start..at)?)))
    })
}

/// The elements of an array, in order, of valid JSON like an object's entries.
pub fn array_elements(raw: Raw<'_>) -> impl Iterator<Item = Raw<'_>> {
    let bytes = raw.0.as_bytes();
    let mut at = 1;
    std::iter::from_fn(move || {
        let start = skip(bytes, at, |byte| byte.is_ascii_whitespace() || byte == b',');
        if bytes.get(start).is_none_or(|byte| *byte == b']') {
            return None;
        }
        at = value_end(bytes, start);
        raw.0.get(start..at).map(Raw)
    })
}

fn skip(bytes: &[u8], from: usize, blank: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !blank(*byte)).unwrap_or(rest.len())
}

/// Where the value that starts at `from` ends.
fn value_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let len = match rest.first() {
        Some(b'"') => string_len(rest).0,
        Some(b'{' | b'[') => nested_len(rest),
        Some(b't' | b'n') => "true".len().min(rest.len()),
        Some(b'f') => "false".len().min(rest.len()),
        _ => rest
            .iter()
            .position(|byte| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace())
            .unwrap_or(rest.len()),
    };
    from + len
}

/// The length of a string with its quotes, and whether it is known to have no escapes.
fn string_len(text: &[u8]) -> (usize, bool) {
    let inside = text.get(1..).unwrap_or_default();
    let plain = plain_len(inside);
    if inside.get(plain) == Some(&b'"') {
        return (1 + plain + 1, true);
    }
    let mut at = 1 + plain;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return (at + 1, false),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    (text.len(), false)
}

/// The length of an object or array with its brackets.
fn nested_len(text: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0u32);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += string_len(&text[at..]).0,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// Without the blanks around it.
#[inline]
pub fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    let visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    if visible(text.as_bytes().first()) && visible(text.as_bytes().last()) {
        return text; // as most are
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::tests::json;
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    #[test]
    fn a_string_may_hold_a_number_and_nothing_else() {
        for (text, number) in [
            (r#""123.45""#, Some(123.45)),
            (r#"" 80\n""#, Some(80.0)),
            (r#""8\u0030""#, Some(80.0)),
            (r#""-0.5""#, Some(-0.5)),
            (r#""0""#, Some(0.0)),
            ("1e3", Some(1000.0)),
            (r#""1e3""#, None),
            (r#""007""#, None),
            (r#""+5""#, None),
            (r#""5.""#, None),
            (r#"".5""#, None),
            (r#""1,234.50""#, None),
            (r#""€80""#, None),
            (r#""8 0""#, None),
            (r#""""#, None),
            (r#""-""#, None),
            (r#""NaN""#, None),
            ("[80]", None),
            ("true", None),
        ] {
            assert_eq!(Raw(text).number(), number, "{text}");
        }
        assert_eq!(Raw(&format!("\"{}\"", "9".repeat(400))).number(), None);
    }

    #[test]
    fn the_end_of_a_string_is_found_wherever_it_stands() {
        let pieces = ["x", "é", "\\\"", "\\\\", "#", "[", "]", "!", "~", "\\u0022"];
        for first in pieces {
            for second in pieces {
                for (before, between) in (0..18).map(|n| ("a".repeat(n), "b".repeat(n % 7))) {
                    let inner = format!("{before}{first}{between}{second}");
                    let text = format!("\"{inner}\",\"");
                    let (length, plain) = string_len(text.as_bytes());
                    assert_eq!(length, inner.len() + 2, "{text}");
                    // What is not ASCII is not looked at more closely.
                    assert_eq!(plain, inner.is_ascii() && !inner.contains('\\'), "{text}");
                }
            }
        }
        assert_eq!(string_len(b"\"open and long"), (14, false));
        assert_eq!(string_len(b"\"open\\"), (6, false));
    }

    #[test]
    fn entries_are_those_of_the_full_parser() {
        let text = r#"{ "a" : 1.5 ,"b":"x\"y, }","c\u0064":{"d":[1,{"e":"]"}]},"f":[],"g":null,"h" : true , "i":{}}"#;
        let full: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
        let read: Vec<(String, serde_json::Value)> = object_entries(Raw(text))
            .map(|(name, raw)| (name.into_owned(), serde_json::from_str(raw.0).unwrap()))
            .collect();
        assert_eq!(read.len(), full.len());
        for (name, value) in read {
            assert_eq!(full[&name], value, "{name}");
        }
        assert_eq!(object_entries(Raw("{}")).count() + object_entries(Raw("{ }")).count(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, rng_seed: RngSeed::Fixed(16), ..ProptestConfig::default() })]

        #[test]
        fn entries_of_any_object_are_those_of_the_full_parser(fields in prop::collection::btree_map("[ -~é]{0,40}", json(), 0..6), pretty in any::<bool>()) {
            let object = serde_json::Value::Object(fields.into_iter().collect());
            let text = if pretty { format!("{object:#}") } else { object.to_string() };
            let read: serde_json::Map<String, serde_json::Value> = object_entries(Raw(&text))
                .map(|(name, raw)| (name.into_owned(), serde_json::from_str(raw.0).unwrap()))
                .collect();
            prop_assert_eq!(serde_json::Value::Object(read), serde_json::from_str::<serde_json::Value>(&text).unwrap());
        }
    }
}
