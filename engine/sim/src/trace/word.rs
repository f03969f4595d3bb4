//! A line cut into words that know where they stand.

use std::ops::Range;

/// A word and its bytes in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// The text.
    pub text: &'t str,
    /// Offset of its first byte in the file.
    pub start: usize,
}

impl<'t> Word<'t> {
    /// Its bytes in the file.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// `name=value`, where it has that form.
    pub fn assignment(&self) -> Option<(Word<'t>, Word<'t>)> {
        let (name, value) = self.text.split_once('=')?;
        let name = Word { text: name, start: self.start };
        Some((name, Word { text: value, start: self.start + name.text.len() + 1 }))
    }
}

/// The words of a line that begins at `start` in the file. A comment ends it. Quotes, brackets and braces hold their blanks together.
pub fn words(line: &str, start: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = line[at..].find(|c: char| !c.is_whitespace()) {
        at += first;
        if line[at..].starts_with('#') {
            break;
        }
        let length = length(&line[at..]);
        words.push(Word { text: &line[at..at + length], start: start + at });
        at += length;
    }
    words
}

/// The length of the word that the text begins with.
fn length(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && depth == 0 => return at,
            _ => {}
        }
    }
    text.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<&str> {
        words(line, 0).iter().map(|word| word.text).collect()
    }

    #[test]
    fn blanks_separate_but_not_inside_of_json() {
        assert_eq!(texts("  10:00 ana x=1  # and so on"), ["10:00", "ana", "x=1"]);
        assert_eq!(
            texts(r#"a=[{"p": "x ] \" #"}, 2] b="c d""#),
            [r#"a=[{"p": "x ] \" #"}, 2]"#, r#"b="c d""#]
        );
        assert_eq!(texts("a=[1, 2 "), ["a=[1, 2"]);
        assert_eq!(texts("# only"), [""; 0]);
    }

    #[test]
    fn a_word_knows_its_place() {
        let line = "10:00 ana cart.id=k1";
        let word = words(line, 100)[2];
        let (name, value) = word.assignment().unwrap();
        assert_eq!((name.text, name.start, value.text, value.start), ("cart.id", 110, "k1", 118));
    }
}
