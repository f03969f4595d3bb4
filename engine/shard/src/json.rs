//! JSON, written field by field into one buffer: of what a record is made is known, so that nothing is built first.

use cartwheel_core::time::{Millis, write_rfc3339};

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

    /// The name of the next field; its value is to follow at once, in the buffer that this gives.
    pub fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(self.before);
        self.before = b',';
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// A field whose value is JSON already.
    pub fn json(&mut self, name: &str, value: &str) {
        self.name(name).extend_from_slice(value.as_bytes());
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) {
        string(self.name(name), value);
    }

    /// A text of letters, digits and what else needs no escape.
    pub fn plain(&mut self, name: &str, value: &[u8]) {
        let out = self.name(name);
        out.push(b'"');
        out.extend_from_slice(value);
        out.push(b'"');
    }

    /// An instant.
    pub fn time(&mut self, name: &str, at: Millis) {
        let out = self.name(name);
        out.push(b'"');
        write_rfc3339(out, at);
        out.push(b'"');
    }

    /// A list of texts.
    pub fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.list(name, texts, |text, out| string(out, text));
    }

    /// A list of what `write` writes.
    pub fn list<T>(
        &mut self,
        name: &str,
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
fn string(out: &mut Vec<u8>, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        // A text always serialises, and a vector takes everything.
        let _ = serde_json::to_writer(out, text);
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
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
        object.json("cart", r#"{"id":1}"#);
        object.plain("run", b"00ff");
        object.time("at", 1_767_261_600_123);
        object.texts("answers", ["yes", "n\"o"]);
        object.texts("none", []);
        object.text("a\tb", "\u{7f}\u{1}");
        object.end();
        let written = String::from_utf8(out).unwrap();
        let expected = concat!(
            r#"{"name":"Zoë \"Z\"\n\\","cart":{"id":1},"run":"00ff","at":"2026-01-01T10:00:00.123Z","#,
            r#""answers":["yes","n\"o"],"none":[],"a\tb":""#,
            "\u{7f}\\u0001\"}"
        );
        assert_eq!(written, expected);
        let mut empty = Vec::new();
        Object::begin(&mut empty).end();
        assert_eq!(empty, b"{}");
    }
}
