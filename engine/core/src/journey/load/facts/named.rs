//! What is made of other names: segments and levels. Each is compiled behind those whose names it has in it.

use crate::journey::at::At;
use crate::journey::facts_file::FactsFile;
use crate::journey::problem::{Problem, SourceFile};

/// The lines of a level: names with conditions.
pub(super) type Lines = [(At<String>, At<String>)];

/// Something that is made of other names.
#[derive(Clone, Copy)]
pub(super) enum Named<'f> {
    Segment(&'f At<String>, &'f At<String>),
    Level(&'f At<String>, &'f Lines),
}

impl<'f> Named<'f> {
    fn name(self) -> &'f At<String> {
        match self {
            Named::Segment(name, _) | Named::Level(name, _) => name,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Named::Segment(..) => "segment",
            Named::Level(..) => "level",
        }
    }

    /// Whether its conditions have this name in them.
    fn reads(self, name: &str) -> bool {
        let has = |text: &str| words(text).any(|word| word == name);
        match self {
            Named::Segment(_, text) => has(text),
            Named::Level(_, lines) => lines.iter().any(|(_, text)| has(text)),
        }
    }
}

/// All of the file, each behind those that it reads. What is made of itself is left out, after a problem.
pub(super) fn in_order<'f>(
    source: &SourceFile,
    file: &'f FactsFile,
    problems: &mut Vec<Problem>,
) -> Vec<Named<'f>> {
    let segments = file.segments.iter().map(|(name, text)| Named::Segment(name, text));
    let levels = file
        .facts
        .iter()
        .filter_map(|(name, fact)| Some(Named::Level(name, fact.level.as_deref()?)));
    let mut waiting: Vec<Named<'f>> = segments.chain(levels).collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let ready =
            waiting.iter().position(|one| !waiting.iter().any(|other| one.reads(other.name())));
        let Some(place) = ready else {
            circle(source, &waiting, problems);
            break;
        };
        ordered.push(waiting.remove(place));
    }
    ordered
}

/// None of them can be first.
fn circle(source: &SourceFile, waiting: &[Named<'_>], problems: &mut Vec<Problem>) {
    let read_by = |one: Named<'_>| waiting.iter().find(|other| one.reads(other.name())).copied();
    // Whoever follows what each reads comes to the circle, and then around it.
    let mut way: Vec<Named<'_>> = waiting.iter().take(1).copied().collect();
    while let Some(next) = way.last().and_then(|last| read_by(*last)) {
        let seen = way.iter().position(|one| one.name() == next.name());
        way.push(next);
        if let Some(first) = seen {
            way.drain(..first);
            break;
        }
    }
    let Some(first) = way.first() else { return };
    let (name, word) = (first.name(), first.word());
    let names: Vec<&str> = way.iter().map(|one| one.name().as_str()).collect();
    let message = format!("the {word} `{}` is made of itself: {}", name.value, names.join(" → "));
    let problem = Problem::error(&source.path, name.span.clone(), message);
    problems.push(problem.help(format!(
        "a {word} is made of facts and of other segments and levels that do not need it"
    )));
}

/// The names at which paths begin.
fn words(text: &str) -> impl Iterator<Item = &str> {
    // What stands in quotes is no name.
    let outside = text.split(['"', '\'']).step_by(2);
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    let words = outside.flat_map(move |part| part.split(move |letter| !is_word(letter)));
    words.filter_map(|word| word.split('.').next())
}
