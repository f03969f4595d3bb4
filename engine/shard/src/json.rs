//! JSON, written field by field into one buffer: of what a record is made is known, so that nothing is built first.

/// An object that is being written.
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    /// What stands before the next field.
    before: u8,
}

impl<'o> Object<'o> {
    /// Begins it.
    pub fn begin(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    /// Goes on with one that has fields already.
    pub fn go_on(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b',' }
    }

    /// The name of the next field, one that needs no escape, as our own do not; its value is to follow at once, in the buffer that this gives.
    #[inline]
    pub fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.begin_field();
        plain(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// The same of any name.
    pub fn any_name(&mut self, name: &str) -> &mut Vec<u8> {
        self.begin_field();
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    #[inline]
    fn begin_field(&mut self) {
        self.out.push(self.before);
        self.before = b',';
    }

    /// A text.
    pub fn text(&mut self, name: &'static str, value: &str) {
        string(self.name(name), value);
    }

    /// A list of texts.
    pub fn texts<'t>(&mut self, name: &'static str, texts: impl IntoIterator<Item = &'t str>) {
        self.list(name, texts, |text, out| string(out, text));
    }

    /// A list of what `write` writes.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(T, &mut Vec<u8>),
    ) {
        let out = self.name(name);
        out.push(b'[');
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            write(item, out);
        }
        out.push(b']');
    }

    /// Ends it.
    pub fn end(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// A text in its quotes.
#[inline]
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    if needs_escape(text.as_bytes()) {
        // A text always serialises, and a vector takes everything.
        let _ = serde_json::to_writer(out, text);
    } else {
        plain(out, text);
    }
}

/// The same of a text of letters, digits and what else needs no escape.
#[inline]
fn plain(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Whether a control character is in it, a quote or a backslash. Eight bytes at a time.
#[inline]
fn needs_escape(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The highest bit of each byte that is less than `n`, 128 at most; behind the first of them there may be others.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGH;
    let special = |word: u64| {
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        below(word, 0x20) | below(quote, 1) | below(backslash, 1)
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    let found = words.iter().fold(0, |found, word| found | special(u64::from_ne_bytes(*word)));
    found | special(u64::from_ne_bytes(last)) != 0
}

/// Our own records always serialise: their maps have string keys.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_written_as_by_the_library() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.text("name", "Zoë \"Z\"\n\\");
        object.name("cart").extend_from_slice(br#"{"id":1}"#);
        object.texts("answers", ["yes", "n\"o"]);
        object.texts("none", []);
        object.any_name("a\tb").extend_from_slice(b"null");
        Object::go_on(&mut out).text("c", "\u{7f}\u{1}");
        Object::go_on(&mut out).end();
        let written = String::from_utf8(out).unwrap();
        let expected = concat!(
            r#"{"name":"Zoë \"Z\"\n\\","cart":{"id":1},"#,
            r#""answers":["yes","n\"o"],"none":[],"a\tb":null,"c":""#,
            "\u{7f}\\u0001\"}"
        );
        assert_eq!(written, expected);
        let mut empty = Vec::new();
        Object::begin(&mut empty).end();
        assert_eq!(empty, b"{}");
    }

    #[test]
    fn whatever_needs_an_escape_is_seen_wherever_it_stands() {
        for length in 0..20 {
            for place in 0..length {
                for character in (0..0x180).filter_map(char::from_u32) {
                    let mut text = "x".repeat(length);
                    text.replace_range(place..=place, &character.to_string());
                    let mut out = Vec::new();
                    string(&mut out, &text);
                    assert_eq!(out, serde_json::to_vec(&text).unwrap());
                }
            }
        }
    }
}
