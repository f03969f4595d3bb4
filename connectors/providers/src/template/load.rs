//! Reads templates from disk and compiles them; everything that can be known to be wrong is said now.

use super::compiled::Compiled;
use super::data::VARIABLES;
use super::error::{Part, TemplateProblem};
use super::limits::{MAX_SOURCE, MAX_WRITTEN};
use super::mjml::to_html;
use super::rewrite::{Piece, rewrite};
use super::source::{Lines, check};
use super::{language, scan};
use liquid_core::Language;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::string::FromUtf8Error;

/// The compiled parts of one template.
pub(super) struct Template {
    pub(super) parts: BTreeMap<Part, Compiled>,
}

/// Every template under the folder, by name.
pub(super) fn load(dir: &Path) -> Result<BTreeMap<String, Template>, Vec<TemplateProblem>> {
    let mut problems = Vec::new();
    let mut all = BTreeMap::new();
    for (name, is_dir) in entries(dir).map_err(|problem| vec![problem])? {
        let path = dir.join(&name);
        if !is_dir {
            let problem = TemplateProblem::new(
                &path,
                None,
                "is not a folder; every template has one of its own",
            );
            problems.push(problem.help("make a folder of its own for it, or take it away"));
            continue;
        }
        match read_template(&path) {
            Ok(template) => drop(all.insert(name, template)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// The one template of this name under the folder.
pub(super) fn load_one(
    dir: &Path,
    name: &str,
) -> Result<BTreeMap<String, Template>, Vec<TemplateProblem>> {
    Ok(BTreeMap::from([(name.to_owned(), read_template(&dir.join(name))?)]))
}

/// Names and whether they are folders, in order; hidden ones are passed over.
fn entries(dir: &Path) -> Result<Vec<(String, bool)>, TemplateProblem> {
    let problem = |error: std::io::Error| {
        let problem = TemplateProblem::new(dir, None, format!("cannot be read: {error}"));
        problem.help("`templates_dir` of cartwheel.yaml names a folder that is there and may be read, with a folder for each template")
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let name = entry.file_name().into_string().map_err(|_| {
            let problem = TemplateProblem::new(&entry.path(), None, "the name is not UTF-8");
            problem.help("rename it: journeys name templates in letters, digits, `_` and `-`")
        })?;
        if !name.starts_with('.') {
            found.push((name, entry.path().is_dir()));
        }
    }
    found.sort();
    Ok(found)
}

fn read_template(dir: &Path) -> Result<Template, Vec<TemplateProblem>> {
    let (mut parts, mut problems) = (BTreeMap::new(), Vec::new());
    for (name, _) in entries(dir).map_err(|problem| vec![problem])? {
        let path = dir.join(&name);
        match Part::ALL.into_iter().find(|part| part.file() == name) {
            Some(part) => match read_part(&path, part) {
                Ok(compiled) => drop(parts.insert(part, compiled)),
                Err(found) => problems.extend(found),
            },
            None => {
                let known = Part::ALL.map(Part::file).join(", ");
                let problem = TemplateProblem::new(
                    &path,
                    None,
                    format!("is not a part of a template; the parts are {known}"),
                );
                problems.push(problem.help("rename it, or take it out of the folder"));
            }
        }
    }
    if parts.is_empty() && problems.is_empty() {
        let problem = TemplateProblem::new(dir, None, "has no parts");
        let known = Part::ALL.map(Part::file).join(", ");
        problems.push(problem.help(format!("write one into it, or remove the folder: {known}")));
    }
    if problems.is_empty() { Ok(Template { parts }) } else { Err(problems) }
}

fn read_part(path: &Path, part: Part) -> Result<Compiled, Vec<TemplateProblem>> {
    let one = |line, message: String| vec![TemplateProblem::new(path, line, message)];
    let unreadable = |error: std::io::Error| {
        let problem = TemplateProblem::new(path, None, format!("cannot be read: {error}"));
        vec![problem.help("make it a file that the user who runs cartwheel may read")]
    };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_SOURCE as u64 {
        let problem =
            TemplateProblem::new(path, None, format!("is longer than {} KiB", MAX_SOURCE / 1024));
        return Err(vec![problem.help("write less; pictures and styles may lie on a server")]);
    }
    let written = String::from_utf8(fs::read(path).map_err(unreadable)?)
        .map_err(|error| one(Some(line_of_byte(&error)), not_utf8(&error)))?;
    let source = super::marks::without(&written);
    let lines = Lines::of(&source);
    check(&source, MAX_SOURCE).map_err(|(at, text)| one(Some(lines.at(at)), text))?;
    let language = language::authors(part);
    // The source as written is parsed first, so that errors name its own lines.
    if let Err(error) = language::parse(&source, &language) {
        let (line, text) = liquid_problem(&error.to_string());
        return Err(one(line.or_else(|| line_of(&text, &source, &lines, &language)), text));
    }
    let names = scan::names(&source);
    let unknown = unknown_variables(path, &lines, &names);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let tags = scan::tags(&source);
    let written = if part == Part::Html {
        let html = to_html(&source, &lines).map_err(|(line, text)| one(line, text))?;
        rewrite(part, html.pieces())
    } else {
        rewrite(part, Piece::all(&source, &lines, &tags))
    };
    let written = written.map_err(|mut problems| {
        problems.dedup();
        let placed = |(line, why): &(usize, &str)| TemplateProblem::new(path, Some(*line), *why);
        problems.iter().map(placed).collect::<Vec<_>>()
    })?;
    // MJML may have joined rows of blanks, around comments.
    check(&written, MAX_WRITTEN)
        .map_err(|(_, text)| one(None, format!("MJML makes of it: {text}")))?;
    let template = language::parse(&written, &language::compiled(&language))
        .map_err(|error| one(None, liquid_problem(&error.to_string()).1))?;
    let line = |(name, offset): (String, usize)| (name, lines.at(offset));
    Ok(Compiled::new(
        template,
        names.read.into_iter().map(line).collect(),
        names.fields.into_iter().map(line).collect(),
        names.below,
    ))
}

/// The line of the first byte that is no text's.
fn line_of_byte(error: &FromUtf8Error) -> usize {
    let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
    1 + before.filter(|byte| **byte == b'\n').count()
}

fn not_utf8(error: &FromUtf8Error) -> String {
    let byte = error.as_bytes().get(error.utf8_error().valid_up_to()).copied().unwrap_or_default();
    format!("is not in UTF-8: the byte 0x{byte:02X} begins no letter; save it in UTF-8")
}

fn unknown_variables(path: &Path, lines: &Lines, names: &scan::Names) -> Vec<TemplateProblem> {
    let known = |name: &str| VARIABLES.contains(&name) || names.given.contains(name);
    let unknown = names.read.iter().filter(|(name, _)| !known(name));
    unknown.map(|(name, offset)| TemplateProblem::unknown(path, lines.at(*offset), name)).collect()
}

/// The line and the gist of a message of the Liquid parser. One about syntax draws the source: `--> LINE:COLUMN` and `= WHAT`. Others name
/// what was asked for: `requested filter=NAME`.
fn liquid_problem(text: &str) -> (Option<usize>, String) {
    let line = text
        .split("--> ")
        .nth(1)
        .and_then(|rest| rest.split(':').next())
        .and_then(|line| line.trim().parse().ok());
    let starting =
        |start: &str| text.lines().find_map(|line| line.trim_start().strip_prefix(start));
    let what = starting("= ").or_else(|| starting("liquid: ")).unwrap_or(text).trim();
    let requested = starting("requested ").map(|name| format!(" ({name})")).unwrap_or_default();
    (line, format!("{what}{requested}"))
}

/// The line of the first tag that has the same problem when it stands alone.
fn line_of(problem: &str, source: &str, lines: &Lines, language: &Language) -> Option<usize> {
    let alone = |tag: &scan::Tag| {
        language::parse(&source[tag.outer.clone()], language)
            .err()
            .map(|error| liquid_problem(&error.to_string()).1)
    };
    scan::tags(source)
        .iter()
        .find(|tag| alone(tag).as_deref() == Some(problem))
        .map(|tag| lines.at(tag.outer.start))
}
