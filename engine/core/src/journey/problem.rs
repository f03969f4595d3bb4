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
    /// The file; of the policy, which has no text here, `policy` or the key, such as `policy.caps.1.limit`.
    pub path: String,
    /// Byte range in the file's text, on character borders; empty where the problem has no place. Of the policy in the value at the key, where that is a text
    /// and a part of it is meant.
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
            message: visible(message.into()),
            help: None,
        }
    }

    pub(super) fn warning(path: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, span, message) }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(visible(help.into()));
        self
    }

    /// Line and column (in characters) of its start, both from 1, given the file's text.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }
}

/// The text, with what a terminal would obey or nobody would see as escapes: names come from files.
pub(super) fn visible(text: String) -> String {
    if !text.contains(is_hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match is_hidden(letter) {
            true => shown.extend(letter.escape_default()),
            false => shown.push(letter),
        }
    }
    shown
}

/// Control characters but for ends of lines, marks of the direction of writing, and such as have no width.
fn is_hidden(letter: char) -> bool {
    letter.is_control() && letter != '\n'
        || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Most problems that are told at once.
const MOST: usize = 200;

/// Keeps so many problems as a person may read, errors before warnings, and says how many there are beside them.
pub(super) fn bounded(problems: &mut Vec<Problem>) {
    let before = problems.len();
    if before <= MOST {
        return;
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    if errors >= MOST {
        problems.retain(|problem| problem.severity == Severity::Error);
    } else {
        let mut room = MOST - errors;
        problems.retain(|problem| {
            let is_error = problem.severity == Severity::Error;
            let has_room = room > 0;
            room = room.saturating_sub(usize::from(!is_error));
            is_error || has_room
        });
    }
    problems.truncate(MOST);
    if let Some(last) = problems.last() {
        let message = format!("there are {} more problems", before - MOST);
        let more = Problem {
            severity: last.severity,
            ..Problem::error(&last.path, last.span.clone(), message)
        };
        problems.push(more.help("mend those before it first"));
    }
}

/// Line and column of a byte, both from 1.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (1 + before.matches('\n').count(), 1 + before[line..].chars().count())
}
