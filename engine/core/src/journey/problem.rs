//! What is wrong in a journey's file, and where.

use std::ops::Range;

/// A file as given to the loader.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path, for messages only.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The plan is usable; a person should look.
    Warning,
    /// There is no plan.
    Error,
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// The file; of the policy, which has no text here, `policy` or the key, such as `policy.caps.1`.
    pub path: String,
    /// Byte range in the file's text, on character borders; empty where the problem has no place.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    pub(super) fn error(path: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: path.into(),
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn warning(path: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, span, message) }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column (in characters) of its start, both from 1, given the file's text.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }
}

/// Line and column of a byte, both from 1.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (1 + before.matches('\n').count(), 1 + before[line..].chars().count())
}
