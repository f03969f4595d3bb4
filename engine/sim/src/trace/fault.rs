//! What is wrong in a trace, with its place. How a person is told is the matter of whoever asked.

use super::word::Word;
use std::ops::Range;

/// A fault with its place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file's path as shown.
    pub path: String,
    /// The file's whole text.
    pub text: String,
    /// The bytes concerned.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A fault's place, words and remedy: what a part of the reader knows, which does not know the file.
pub type Wrong = (Range<usize>, String, Option<String>);

/// A word that must be `name=value` and is not.
pub fn no_assignment(word: &Word<'_>) -> Wrong {
    let message = format!("`{}` is not of the form name=value", word.text);
    let help = "write name=value without blanks, such as cart.total=80; a value with blanks stands in quotes";
    (word.span(), message, Some(help.into()))
}

impl Fault {
    /// What is wrong in the file `path` with this text.
    pub fn new((span, message, help): Wrong, path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into(), span, message, help }
    }

    /// The number of the line in which it begins, from 1.
    pub fn line(&self) -> usize {
        let before = self.text.as_bytes().iter().take(self.span.start);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}
