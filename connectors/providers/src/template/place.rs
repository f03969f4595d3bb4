//! Where a value stands, and what it becomes there. This is the one place that escapes.

use super::marks::{mark, sign, unmark};

/// A place that a value is printed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A text part, a subject, a text message.
    Plain,
    /// Text of an HTML element.
    Text,
    /// The quoted value of an attribute.
    Attribute,
    /// The beginning of an attribute that holds an address.
    Url,
    /// An address whose scheme is not over yet: something stands before, but neither `:` nor `/`, `?`, `#`.
    UrlRest,
    /// Between the quotes of a JSON string.
    JsonText,
    /// Where a JSON value stands.
    JsonValue,
    /// A value that is JSON already: `| json`.
    Json,
}

impl Place {
    const ALL: [(Place, &'static str); 8] = [
        (Place::Plain, "plain"),
        (Place::Text, "text"),
        (Place::Attribute, "attribute"),
        (Place::Url, "url"),
        (Place::UrlRest, "url_rest"),
        (Place::JsonText, "json_text"),
        (Place::JsonValue, "json_value"),
        (Place::Json, "json"),
    ];

    /// The word for it in a `print` tag.
    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(place, _)| *place == self).map_or("text", |(_, name)| name)
    }

    /// The place with this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(place, _)| *place)
    }

    /// What a value becomes at this place.
    pub(super) fn write(self, value: &str) -> String {
        match self {
            Place::Plain | Place::Json => unmark(value),
            Place::Text => html(value, |_| true),
            // Markup cannot stand in an attribute; an entity can.
            Place::Attribute => html(value, |mark| mark == '&'),
            Place::Url => address(value, runs(value)),
            Place::UrlRest => address(value, ends_scheme(value)),
            Place::JsonText => json(&unmark(value)),
            Place::JsonValue => value.chars().map(json_part).collect(),
        }
    }

    /// What a value becomes at this place inside of `capture`: data, which is escaped where the captured text is printed. Only what must be
    /// known here is done here: whether an address runs something, and that a JSON value is no data.
    pub(super) fn capture(self, value: &str) -> String {
        match self {
            Place::Url if runs(value) => String::new(),
            Place::UrlRest if ends_scheme(value) => String::new(),
            Place::Json => mark(&unmark(value), JSON_SIGNS),
            Place::Plain
            | Place::Text
            | Place::Attribute
            | Place::Url
            | Place::UrlRest
            | Place::JsonText
            | Place::JsonValue => value.to_owned(),
        }
    }
}

/// Signs of HTML that an author's text is marked by.
pub(super) const HTML_SIGNS: &str = "<>&\"'";
/// Signs of JSON that an author's text is marked by.
pub(super) const JSON_SIGNS: &str = "\"\\\n\r\t";

/// Data escaped for HTML; those marks for which `markup` says so become the signs that they stand for.
fn html(value: &str, markup: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(value.len() + 16);
    for char in value.chars() {
        let (char, is_markup) = match sign(char) {
            Some(sign) => (sign, markup(sign)),
            None => (char, false),
        };
        match char {
            _ if is_markup => out.push(char),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => {}
            char => out.push(char),
        }
    }
    out
}

fn address(value: &str, refused: bool) -> String {
    if refused { String::new() } else { Place::Attribute.write(value) }
}

/// Whether an address would run its own text. Other schemes pass: a shop may well link into its app.
fn runs(value: &str) -> bool {
    let head = scheme_letters(value).take(11).collect::<String>();
    ["javascript:", "vbscript:", "data:"].iter().any(|scheme| head.starts_with(scheme))
}

/// Whether a scheme that began before could end in here.
fn ends_scheme(value: &str) -> bool {
    scheme_letters(value).find(|char| matches!(char, ':' | '/' | '?' | '#')) == Some(':')
}

/// Browsers ignore blanks and control characters in a scheme, and read entities; so this does too.
fn scheme_letters(value: &str) -> impl Iterator<Item = char> {
    let value = unmark(value).replace("&colon;", ":").replace("&Tab;", "").replace("&NewLine;", "");
    let letters = value
        .chars()
        .filter(|char| !char.is_control() && !char.is_whitespace())
        .map(|char| char.to_ascii_lowercase())
        .collect::<Vec<_>>();
    letters.into_iter()
}

/// Text for the inside of a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

fn json_part(char: char) -> String {
    sign(char).map_or_else(|| json(char.encode_utf8(&mut [0; 4])), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_own_form() {
        let data = "<a href=\"x\">O'Brien & Co</a>";
        let escaped = "&lt;a href=&quot;x&quot;&gt;O&#39;Brien &amp; Co&lt;/a&gt;";
        for (place, shown) in [
            (Place::Plain, data),
            (Place::Text, escaped),
            (Place::Attribute, escaped),
            (Place::Url, escaped),
            (Place::UrlRest, escaped),
            (Place::JsonText, "<a href=\\\"x\\\">O'Brien & Co</a>"),
            (Place::JsonValue, "<a href=\\\"x\\\">O'Brien & Co</a>"),
            (Place::Json, data),
        ] {
            assert_eq!(place.write(data), shown, "{place:?}");
            assert_eq!(Place::parse(place.name()), Some(place));
        }
    }

    #[test]
    fn only_addresses_are_looked_at_for_schemes() {
        for (value, begins, goes_on) in [
            ("https://shop.example/a:b", true, false),
            ("/path:1", true, true),
            ("myshop://cart", true, false),
            ("mailto:a@b.example", true, false),
            ("JavaScript: The Good Parts", false, false),
            (" java\tscript\n:alert(1)", false, false),
            ("\u{1}vbscript:x", false, false),
            ("Data: A Love Story", false, false),
            ("data&colon;text/html", false, false),
            ("javascripts", true, true),
            ("?q=javascript:", true, true),
            ("", true, true),
        ] {
            assert_eq!(!Place::Url.write(value).is_empty() || value.is_empty(), begins, "{value}");
            assert_eq!(
                !Place::UrlRest.write(value).is_empty() || value.is_empty(),
                goes_on,
                "{value}"
            );
            assert_eq!(Place::Url.capture(value).is_empty(), !begins || value.is_empty());
            assert!(!Place::Text.write(value).is_empty() || value.is_empty(), "{value} is a text");
            assert!(
                !Place::Attribute.write(value).is_empty() || value.is_empty(),
                "{value} is a text"
            );
        }
    }

    #[test]
    fn markup_is_written_and_data_escaped() {
        let captured = format!(
            "{}{}{}",
            mark("<b class=\"x\">Mug &amp; ", HTML_SIGNS),
            "<Ana & \"Bea\">",
            mark("</b>", HTML_SIGNS)
        );
        assert_eq!(
            Place::Text.write(&captured),
            "<b class=\"x\">Mug &amp; &lt;Ana &amp; &quot;Bea&quot;&gt;</b>"
        );
        assert_eq!(
            Place::Attribute.write(&captured),
            "&lt;b class=&quot;x&quot;&gt;Mug &amp; &lt;Ana &amp; &quot;Bea&quot;&gt;&lt;/b&gt;"
        );
        let json = format!("{}a\"b{}", mark("{\"name\": \"", JSON_SIGNS), mark("\"}", JSON_SIGNS));
        assert_eq!(Place::JsonValue.write(&json), "{\"name\": \"a\\\"b\"}");
        assert_eq!(Place::JsonText.write(&json), "{\\\"name\\\": \\\"a\\\"b\\\"}");
    }
}
