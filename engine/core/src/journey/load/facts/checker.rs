//! What checking one fact needs and fills, and which names facts and segments may have.

use crate::event::vocabulary::{Envelope, Subject};
use crate::fact::Role;
use crate::journey::at::At;
use crate::journey::condition::Alone;
use crate::journey::load::compiler::Compiler;
use crate::journey::problem::{Problem, SourceFile};

/// Roots of conditions, and words of theirs.
const RESERVED: [&str; 14] = [
    "event",
    "profile",
    "customer",
    "local",
    "now",
    "catalogue",
    "waited",
    "item",
    "true",
    "false",
    "null",
    "in",
    "all",
    "any",
];

/// What most ledgers are called. Of an event it is read as `event.points`, so there is nothing to confuse.
const LEDGERS: &str = "points";

/// Says what is wrong with the name of a fact or a segment.
pub(super) fn check_name(
    source: &SourceFile,
    name: &At<String>,
    what: &str,
    problems: &mut Vec<Problem>,
) {
    if !check_shape(source, name, what, problems) {
        return;
    }
    if is_reserved(name) && name.value != LEDGERS {
        let message = format!("the name `{}` is reserved", name.value);
        let problem = Problem::error(&source.path, name.span.clone(), message);
        problems.push(problem.help("choose another name"));
    }
}

/// Whether it is shaped as a name; says so if it is not.
pub(super) fn check_shape(
    source: &SourceFile,
    name: &At<String>,
    what: &str,
    problems: &mut Vec<Problem>,
) -> bool {
    let good =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let starts = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_one = name.len() <= 64 && starts && name.chars().all(good);
    if !is_one {
        let message = format!("`{}` is not the name of a {what}", name.value);
        let help =
            "a name has at most 64 lower case letters, digits and `_` and starts with a letter";
        problems.push(Problem::error(&source.path, name.span.clone(), message).help(help));
    }
    is_one
}

pub(super) fn is_reserved(name: &str) -> bool {
    let bytes = name.as_bytes();
    RESERVED.contains(&name) || Subject::parse(bytes).is_some() || Envelope::parse(bytes).is_some()
}

/// Checks one fact.
pub(super) struct Checker<'c> {
    pub(super) compiler: Compiler<'c>,
    /// The fact's name.
    pub(super) name: &'c At<String>,
    /// What it has met so far.
    pub(super) conditions: Vec<(Role, Alone)>,
    /// The same, of amounts.
    pub(super) amounts: Vec<(Role, Alone)>,
    /// What is wrong with these where somebody wants them to be in force.
    pub(super) in_vain: Vec<Problem>,
}
