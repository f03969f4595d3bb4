//! Segments: each is compiled behind those whose names it has in it, and takes the place of its name in the conditions that are compiled later.

use super::checker::check_name;
use crate::journey::at::At;
use crate::journey::condition::{Slots, compile_segment};
use crate::journey::facts_file::FactsFile;
use crate::journey::load::compiler::Compiler;
use crate::journey::problem::{Problem, SourceFile};

/// Adds them to the names of `slots`.
pub(super) fn compile(
    source: &SourceFile,
    file: &FactsFile,
    slots: &mut Slots,
    problems: &mut Vec<Problem>,
) {
    for (name, _) in &file.segments {
        check_name(source, name, "segment", problems);
        if let Some((first, _)) = file.facts.iter().find(|(fact, _)| fact.value == name.value) {
            let message = format!("`{}` is a fact already", first.value);
            let problem = Problem::error(&source.path, name.span.clone(), message);
            problems.push(problem.help("choose another name"));
        }
    }
    let mut waiting: Vec<&(At<String>, At<String>)> = file.segments.iter().collect();
    while !waiting.is_empty() {
        let reads = |text: &str, name: &str| words(text).any(|word| word == name);
        let ready =
            waiting.iter().position(|(_, text)| !waiting.iter().any(|(name, _)| reads(text, name)));
        let Some(place) = ready else { return circle(source, &waiting, problems) };
        let (name, text) = waiting.remove(place);
        let (segment, faults) = compile_segment(text, slots);
        let mut compiler =
            Compiler { source, slots: &mut *slots, captures: Vec::new(), problems: &mut *problems };
        for fault in faults {
            compiler.fault(text, fault);
        }
        let named = segment.map(|segment| (name.as_str().into(), segment));
        slots.names.segments.extend(named);
    }
}

/// None of them can be first.
fn circle(source: &SourceFile, waiting: &[&(At<String>, At<String>)], problems: &mut Vec<Problem>) {
    let reads = |text: &str| {
        let of = |name: &&At<String>| words(text).any(|word| word == name.as_str());
        waiting.iter().map(|(name, _)| name).find(of)
    };
    // Whoever follows what each reads comes to the circle, and then around it.
    let mut way: Vec<&At<String>> = waiting.iter().map(|(name, _)| name).take(1).collect();
    while let Some(next) = way
        .last()
        .and_then(|last| waiting.iter().find(|(name, _)| name == *last))
        .and_then(|(_, text)| reads(text))
    {
        let seen = way.iter().position(|name| *name == next);
        way.push(next);
        if let Some(first) = seen {
            way.drain(..first);
            break;
        }
    }
    let Some(first) = way.first() else { return };
    let names: Vec<&str> = way.iter().map(|name| name.as_str()).collect();
    let message = format!("the segment `{}` is made of itself: {}", first.value, names.join(" → "));
    let problem = Problem::error(&source.path, first.span.clone(), message);
    problems
        .push(problem.help("a segment is made of facts and of other segments that do not need it"));
}

/// The names at which paths begin.
fn words(text: &str) -> impl Iterator<Item = &str> {
    // What stands in quotes is no name.
    let outside = text.split(['"', '\'']).step_by(2);
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    let words = outside.flat_map(move |part| part.split(move |letter| !is_word(letter)));
    words.filter_map(|word| word.split('.').next())
}
