//! Reads templates from disk and compiles them; everything that can be known to be wrong is said now.

use super::data::VARIABLES;
use super::error::{Part, RenderFault, TemplateProblem};
use super::mjml::{line_at, to_html};
use super::output::Capped;
use super::{language, scan};
use liquid::{Object, Parser};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The longest source of a part: 256 KiB.
pub const MAX_SOURCE: u64 = 256 * 1024;

/// The compiled parts of one template.
pub(super) struct Template {
    pub(super) parts: BTreeMap<Part, Compiled>,
}

/// A part, ready to render.
pub(super) struct Compiled {
    template: liquid::Template,
    /// Names that stand after a dot somewhere in it: they exist in every object, nil if the data lacks them.
    fields: BTreeSet<String>,
}

impl Compiled {
    pub(super) fn render(&self, globals: &Object) -> Result<String, RenderFault> {
        let globals = super::data::complete(globals, &self.fields);
        let mut out = Capped::default();
        let result = self.template.render_to(&mut out, &globals);
        if out.is_full() {
            return Err(RenderFault::TooLarge);
        }
        // The message may quote the data, so only its kind is kept.
        result.map_err(|error| {
            if error.to_string().starts_with("liquid: Unknown") {
                RenderFault::Missing
            } else {
                RenderFault::Failed
            }
        })?;
        out.into_string().ok_or(RenderFault::Failed)
    }
}

/// Every template under the folder, by name.
pub(super) fn load(dir: &Path) -> Result<BTreeMap<String, Template>, Vec<TemplateProblem>> {
    let parser = language::parser()
        .map_err(|error| vec![TemplateProblem::new(dir, None, error.to_string())])?;
    let mut problems = Vec::new();
    let mut all = BTreeMap::new();
    for (name, is_dir) in entries(dir).map_err(|problem| vec![problem])? {
        let path = dir.join(&name);
        if !is_dir {
            problems.push(TemplateProblem::new(
                &path,
                None,
                "is not a folder; every template has one of its own",
            ));
            continue;
        }
        match read_template(&path, &parser) {
            Ok(template) => drop(all.insert(name, template)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// Names and whether they are folders, in order; hidden ones are passed over.
fn entries(dir: &Path) -> Result<Vec<(String, bool)>, TemplateProblem> {
    let problem =
        |error: std::io::Error| TemplateProblem::new(dir, None, format!("cannot be read: {error}"));
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| TemplateProblem::new(&entry.path(), None, "the name is not UTF-8"))?;
        if !name.starts_with('.') {
            found.push((name, entry.path().is_dir()));
        }
    }
    found.sort();
    Ok(found)
}

fn read_template(dir: &Path, parser: &Parser) -> Result<Template, Vec<TemplateProblem>> {
    let (mut parts, mut problems) = (BTreeMap::new(), Vec::new());
    for (name, _) in entries(dir).map_err(|problem| vec![problem])? {
        let path = dir.join(&name);
        match Part::ALL.into_iter().find(|part| part.file() == name) {
            Some(part) => match read_part(&path, part, parser) {
                Ok(compiled) => drop(parts.insert(part, compiled)),
                Err(found) => problems.extend(found),
            },
            None => {
                let known = Part::ALL.map(Part::file).join(", ");
                problems.push(TemplateProblem::new(
                    &path,
                    None,
                    format!("is not a part of a template; the parts are {known}"),
                ));
            }
        }
    }
    if parts.is_empty() && problems.is_empty() {
        problems.push(TemplateProblem::new(dir, None, "has no parts"));
    }
    if problems.is_empty() { Ok(Template { parts }) } else { Err(problems) }
}

fn read_part(path: &Path, part: Part, parser: &Parser) -> Result<Compiled, Vec<TemplateProblem>> {
    let one = |line, message: String| vec![TemplateProblem::new(path, line, message)];
    let unreadable = |error: std::io::Error| one(None, format!("cannot be read: {error}"));
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_SOURCE {
        return Err(one(None, format!("is longer than {MAX_SOURCE} bytes")));
    }
    let source = fs::read_to_string(path).map_err(unreadable)?;
    // The source as written is parsed first, so that errors name its own lines.
    if let Err(error) = parser.parse(&source) {
        let (line, text) = liquid_problem(&error.to_string());
        return Err(one(line.or_else(|| line_of(&text, &source, parser)), text));
    }
    let names = scan::names(&source);
    let unknown = unknown_variables(path, &source, &names);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let text = match part {
        Part::Html => scan::append_filter(
            &to_html(&source).map_err(|(line, text)| one(line, text))?,
            "html",
            None,
        ),
        Part::Webhook => scan::append_filter(&source, "json_text", Some("json")),
        Part::Subject | Part::Text | Part::Sms | Part::Push => source,
    };
    let template =
        parser.parse(&text).map_err(|error| one(None, liquid_problem(&error.to_string()).1))?;
    Ok(Compiled { template, fields: names.fields })
}

fn unknown_variables(path: &Path, source: &str, names: &scan::Names) -> Vec<TemplateProblem> {
    let known = |name: &str| VARIABLES.contains(&name) || names.given.contains(name);
    let unknown = names.read.iter().filter(|(name, _)| !known(name));
    unknown
        .map(|(name, offset)| {
            let message =
                format!("unknown variable `{name}`; the variables are {}", VARIABLES.join(" "));
            TemplateProblem::new(path, Some(line_at(source, *offset)), message)
        })
        .collect()
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
fn line_of(problem: &str, source: &str, parser: &Parser) -> Option<usize> {
    let alone = |tag: &scan::Tag| {
        parser
            .parse(&source[tag.outer.clone()])
            .err()
            .map(|error| liquid_problem(&error.to_string()).1)
    };
    scan::tags(source)
        .iter()
        .find(|tag| alone(tag).as_deref() == Some(problem))
        .map(|tag| line_at(source, tag.outer.start))
}
