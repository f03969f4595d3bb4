//! Segments and levels, each compiled behind those that it reads. A segment's condition takes the place of its name in those that are compiled later; a
//! level is read by its number.

use super::checker::check_name;
use super::levels;
use super::named::{Named, in_order};
use crate::fact::Layout;
use crate::journey::condition::{Scope, Slots};
use crate::journey::facts_file::FactsFile;
use crate::journey::level::Levels;
use crate::journey::load::compiler::Compiler;
use crate::journey::problem::{Problem, SourceFile};

/// Says what is wrong with the segments' names.
pub(super) fn check_names(source: &SourceFile, file: &FactsFile, problems: &mut Vec<Problem>) {
    for (name, _) in &file.segments {
        check_name(source, name, "segment", problems);
        if let Some((first, _)) = file.facts.iter().find(|(fact, _)| fact.value == name.value) {
            let message = format!("`{}` is a fact already", first.value);
            let problem = Problem::error(&source.path, name.span.clone(), message);
            problems.push(problem.help("choose another name"));
        }
    }
}

/// Adds the segments to the names of `slots`; returns the levels, of whose changes `heard` says whether somebody wants them.
pub(super) fn compile(
    source: &SourceFile,
    file: &FactsFile,
    (slots, layout): (&mut Slots, &mut Layout),
    heard: impl Fn(&str) -> bool,
    problems: &mut Vec<Problem>,
) -> Levels {
    let mut all = Vec::new();
    for named in in_order(source, file, problems) {
        let mut compiler =
            Compiler { source, slots: &mut *slots, captures: Vec::new(), problems: &mut *problems };
        match named {
            Named::Segment(name, text) => {
                let condition = compiler.condition(Some(text), Scope::Customer);
                let Some(condition) = condition else { continue };
                if let Some((number, _)) = layout.named(name)
                    && levels::check_number(&mut compiler, name, all.len())
                {
                    levels::check_foreseen(&mut compiler, text, &condition);
                    all.push(levels::level(name, number, vec![condition.clone()]));
                }
                slots.names.segments.push((name.as_str().into(), condition.into()));
            }
            Named::Level(name, lines) => {
                let text = file.facts.iter().find(|(fact, _)| fact.value == name.value);
                let distance = text.and_then(|(_, fact)| fact.distance.as_ref());
                let level = levels::compile(&mut compiler, name, (lines, distance), layout);
                if levels::check_number(&mut compiler, name, all.len()) {
                    all.extend(level);
                }
            }
        }
    }
    levels::connect(all, layout, heard)
}
