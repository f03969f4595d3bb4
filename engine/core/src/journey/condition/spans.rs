//! Durations in a condition, such as `1h30m`, which CEL has no word for: they are hidden from its parser and found again by their places.

use super::fault::Fault;
use crate::time::{DAY, Span};

/// Longest duration that is written out.
const LONGEST: Span = Span(3_650 * DAY);

/// The text with a name in the place of each duration, byte for byte, and where durations are.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) text: String,
    /// Start and duration, in order.
    pub(super) spans: Vec<(usize, Span)>,
}

impl Hidden {
    /// Finds and hides the durations; `bare` is the text without the insides of its strings.
    pub(super) fn of(text: &str, bare: &str) -> Result<Self, Fault> {
        let mut hidden = Self { text: text.to_owned(), spans: Vec::new() };
        let bytes = bare.as_bytes();
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let len = bytes[at..].iter().take_while(|byte| in_word(byte)).count();
            if byte.is_ascii_digit() && !is_number(&bare[at..at + len]) {
                hidden.hide(bare, at, len)?;
            }
            at += len.max(1);
        }
        Ok(hidden)
    }

    fn hide(&mut self, bare: &str, at: usize, len: usize) -> Result<(), Fault> {
        let word = &bare[at..at + len];
        let span = Span::parse(word)
            .map_err(|error| Fault::error(at..at + len, error.to_string()).help(REMEDY))?;
        if bare[..at].ends_with('.') {
            let digits = bare[..at - 1].bytes().rev().take_while(u8::is_ascii_digit).count();
            let start = at - 1 - digits;
            return Err(Fault::error(start..at + len, "a duration has no fraction")
                .help("write it in a smaller unit, such as 36h for a day and a half"));
        }
        if span > LONGEST {
            return Err(Fault::error(at..at + len, "the duration is longer than ten years")
                .help("write a shorter one"));
        }
        self.text.replace_range(at..at + 1, "_");
        self.spans.push((at, span));
        Ok(())
    }

    /// The duration that starts there.
    pub(super) fn at(&self, start: usize) -> Option<Span> {
        let place = self.spans.binary_search_by_key(&start, |(at, _)| *at).ok()?;
        self.spans.get(place).map(|(_, span)| *span)
    }
}

const REMEDY: &str =
    "a duration is a number and a unit without a space, such as 23h; text stands in quotes";

/// Whether CEL reads it as a number: `17`, `17u`, `0x1f`, `1e5`.
fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let exponent = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    match digits.as_bytes() {
        [] | [b'u' | b'U'] => true,
        [b'x' | b'X', ..] => word.starts_with('0'),
        [b'e' | b'E', ..] => exponent(&digits[1..]),
        _ => false,
    }
}

/// The text with the insides of string literals blanked, byte for byte.
pub(super) fn without_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let (len, inside) = match letter {
            '"' | '\'' => string_len(rest, is_raw(&out)),
            _ => (letter.len_utf8(), 0..0),
        };
        let literal = &rest[..len];
        out.push_str(&literal[..inside.start]);
        out.extend(std::iter::repeat_n('_', inside.len()));
        out.push_str(&literal[inside.end..]);
        rest = &rest[len..];
    }
    out
}

/// Whether the string that follows takes backslashes as they are: `r"..."`.
fn is_raw(before: &str) -> bool {
    let prefix = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let prefix = &before[prefix.len()..];
    prefix.len() <= 2 && prefix.contains(['r', 'R'])
}

/// The length of the string literal at the start, and the bytes between its quotes. One that does not end ends with the text.
fn string_len(text: &str, raw: bool) -> (usize, std::ops::Range<usize>) {
    let quote = &text[..1];
    let triple = [quote, quote, quote].concat();
    let quote = if text.starts_with(&triple) { triple.as_str() } else { quote };
    let start = quote.len();
    let mut at = start;
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if text[at..].starts_with(quote) {
            return (at + quote.len(), start..at);
        }
        at += letter.len_utf8();
        if letter == '\\' && !raw {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    (text.len(), start..text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> (String, Vec<(usize, String)>) {
        let hidden = Hidden::of(text, &without_strings(text)).unwrap();
        (hidden.text, hidden.spans.iter().map(|(at, span)| (*at, span.to_string())).collect())
    }

    #[test]
    fn durations_are_hidden_and_nothing_else() {
        for (text, shown, spans) in [
            ("age(x) > 60d", "age(x) > _0d", vec![(9, "60d")]),
            ("1h30m+2w", "_h30m+_w", vec![(0, "1h30m"), (6, "14d")]),
            ("x == '5d' || y == \"7d\"", "x == '5d' || y == \"7d\"", vec![]),
            (r"x == 'it\'s 5d' && 1m > 2", r"x == 'it\'s 5d' && _m > 2", vec![(19, "1m")]),
            (r"x == r'\' && 1m > 2", r"x == r'\' && _m > 2", vec![(13, "1m")]),
            ("x == '''a'5d'''", "x == '''a'5d'''", vec![]),
            ("x5d + 1e5 + 0x1d + 7u + 1.5", "x5d + 1e5 + 0x1d + 7u + 1.5", vec![]),
            ("é + 5d", "é + _d", vec![(5, "5d")]),
        ] {
            let spans = spans.into_iter().map(|(at, span)| (at, span.to_owned())).collect();
            assert_eq!(hidden(text), (shown.to_owned(), spans), "{text}");
        }
    }

    #[test]
    fn a_string_without_an_end_is_a_string() {
        for text in ["'5d", "\"\"\"5d\"", "'\\", "\"é", "'''"] {
            assert_eq!(hidden(text), (text.to_owned(), vec![]), "{text}");
        }
    }
}
