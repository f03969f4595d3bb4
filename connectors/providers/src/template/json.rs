//! Where in JSON a value stands: inside of a string or not.

use super::place::Place;

/// Reads JSON piece by piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    in_string: bool,
    escaped: bool,
}

impl Scanner {
    /// Goes on over static JSON.
    pub(super) fn feed(&mut self, json: &str) {
        for char in json.chars() {
            match char {
                _ if self.escaped => self.escaped = false,
                '\\' if self.in_string => self.escaped = true,
                '"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
    }

    /// The place of a value that is printed here.
    pub(super) fn place(&self) -> Place {
        if self.in_string { Place::JsonText } else { Place::JsonValue }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_told_from_values() {
        for (json, expected) in [
            ("{\"a\": ", Place::JsonValue),
            ("{\"a\": \"", Place::JsonText),
            ("{\"a\": \"b\\\"", Place::JsonText),
            ("{\"a\": \"b\\\\\"", Place::JsonValue),
        ] {
            let mut scanner = Scanner::default();
            scanner.feed(json);
            assert_eq!(scanner.place(), expected, "{json}");
        }
    }
}
