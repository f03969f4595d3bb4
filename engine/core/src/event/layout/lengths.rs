//! Which values always have the same length: ids, keys, codes of currencies. Such a value is no piece of its own, but stands in a literal, with it compared.
//!
//! What is said here decides how layouts are learned, and nothing else: a value of another length is none of the layout's record, and the one pass reads that.

use super::part::TEXT;
use std::collections::HashMap;

/// Longest value that may stand in a literal, in bytes.
const MAX_LEN: usize = 64;
/// Most values that are told apart. Of others every length is taken for one of many.
const MAX_VALUES: usize = 500;

/// What is known of the values that were seen, by their paths.
#[derive(Clone, Debug, Default)]
pub struct Lengths {
    /// None where there are several, or where it cannot stand in a literal.
    by_path: HashMap<u64, Option<u8>>,
    /// What was said of one before holds no more.
    pub changed: bool,
}

impl Lengths {
    /// Whether the inside of a string has the length that it has always had.
    pub fn of_text(&mut self, path: u64, inside: &[u8]) -> bool {
        let fits =
            inside.len() <= MAX_LEN && inside.iter().all(|byte| byte.is_ascii() && *byte >= TEXT);
        self.note(path, fits.then_some(inside.len() as u8))
    }

    /// Whether a number is one digit, as it has always been.
    pub fn of_number(&mut self, path: u64, number: &[u8]) -> bool {
        // Not the path of a text.
        self.note(!path, matches!(number, [b'0'..=b'9']).then_some(1))
    }

    fn note(&mut self, path: u64, len: Option<u8>) -> bool {
        if self.by_path.len() >= MAX_VALUES && !self.by_path.contains_key(&path) {
            return false;
        }
        let known = self.by_path.entry(path).or_insert(len);
        if *known != len {
            self.changed |= known.is_some();
            *known = None;
        }
        known.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_the_only_one_until_there_is_another() {
        let mut lengths = Lengths::default();
        let long = [b'x'; MAX_LEN + 1];
        for (path, inside, only, changed) in [
            (1, &b"abc"[..], true, false),
            (1, b"xyz", true, false),
            (2, b"", true, false),
            (1, b"four", false, true),
            (1, b"abc", false, false),
            (3, "é".as_bytes(), false, false),
            (3, b"ee", false, false),
            (2, "é".as_bytes(), false, true),
            (5, b"#\x7f", true, false),
            (5, b"a b", false, true),
            (6, b"!", false, false),
            (4, &long[1..], true, false),
            (4, &long, false, true),
        ] {
            lengths.changed = false;
            assert_eq!(lengths.of_text(path, inside), only, "{inside:?}");
            assert_eq!(lengths.changed, changed, "{inside:?}");
        }
        for (number, only) in [(&b"1"[..], true), (b"9", true), (b"10", false), (b"1", false)] {
            assert_eq!(lengths.of_number(1, number), only, "{number:?}");
        }
        assert!(!lengths.of_number(2, b"-"));
        for path in 10..10 + MAX_VALUES as u64 {
            lengths.of_text(path, b"a");
        }
        assert_eq!(lengths.by_path.len(), MAX_VALUES);
        assert!(lengths.of_text(10, b"b") && !lengths.of_text(u64::MAX / 2, b"a"));
    }
}
