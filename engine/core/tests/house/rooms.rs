//! Who may import whom inside the core, proven from its source.
//!
//! A room is a module at the top (`event`, `journey`). [`ROOMS`] says for each which others it may import; they stand below it, so
//! there is no circle. Inside a room the files have no circle either: [`KNOWN_CIRCLES`] names the two-way streets that are left.
//! Tests are free: what stands behind `#[cfg(test)]` and in `tests` is not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each room with those that it may import, lower ones first.
const ROOMS: [(&str, &[&str]); 29] = [
    ("closed", &[]),
    ("time", &[]),
    ("id", &["time"]),
    ("value", &["time"]),
    ("compact", &["value"]),
    ("room", &[]),
    ("suggest", &[]),
    ("channel", &["closed"]),
    ("partitioner", &["closed"]),
    ("address", &["channel"]),
    ("policy", &["time", "channel"]),
    ("event", &["closed", "time", "value", "channel", "policy"]),
    ("stream", &["closed", "time", "compact", "policy", "event"]),
    ("control", &["closed", "time", "compact", "event"]),
    ("input", &["id", "policy", "event", "stream"]),
    ("sends", &["closed", "time", "channel", "partitioner", "address", "event"]),
    ("fact", &["time", "value", "compact", "event"]),
    ("broadcast", &["time", "id", "compact", "event", "fact"]),
    ("product", &["closed", "time", "value", "compact", "event", "fact"]),
    ("coupon", &["closed", "compact", "event"]),
    ("customer", &["closed", "time", "id", "value", "compact", "room", "channel", "event", "fact"]),
    ("decision", &["closed", "time", "id", "value", "channel"]),
    (
        "journey",
        &[
            "time", "value", "suggest", "channel", "address", "policy", "event", "sends", "fact",
            "product", "coupon", "customer", "decision",
        ],
    ),
    ("timer", &["time"]),
    ("command", &["time", "id", "channel"]),
    ("receipt", &["closed"]),
    (
        "gate",
        &["time", "id", "value", "channel", "policy", "coupon", "customer", "journey", "decision"],
    ),
    (
        "effect",
        &[
            "time", "id", "value", "compact", "channel", "address", "event", "sends", "customer",
            "journey", "decision",
        ],
    ),
    (
        "apply",
        &[
            "time", "id", "value", "channel", "address", "policy", "event", "control", "sends",
            "fact", "product", "coupon", "customer", "journey", "decision", "gate", "effect",
        ],
    ),
];

/// Files of one room that import each other; to be taken apart, never to be added to.
const KNOWN_CIRCLES: [(&str, &str); 0] = [];

/// A source file: the paths that it names, and the names that it only passes on (`pub use`).
#[derive(Default)]
struct File {
    imports: BTreeSet<Vec<String>>,
    passes_on: BTreeMap<String, Vec<String>>,
}

/// Every file of the core, by its module path such as `event::decode`.
type Files = BTreeMap<String, File>;

#[test]
fn rooms_import_only_those_below_them() {
    let files = files();
    let mut wrong = Vec::new();
    for (module, file) in &files {
        let from = room(module);
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == from) else {
            wrong.push(format!("`{from}` has no row in ROOMS"));
            continue;
        };
        let passed_on = file.passes_on.values();
        for to in file.imports.iter().chain(passed_on).filter_map(|path| path.first()) {
            if to != from && !allowed.contains(&to.as_str()) {
                wrong.push(format!("{module} must not import {to}"));
            }
        }
    }
    for (place, (name, allowed)) in ROOMS.iter().enumerate() {
        let below = |other: &&str| ROOMS[..place].iter().any(|(lower, _)| lower == other);
        wrong.extend(
            allowed
                .iter()
                .filter(|other| !below(other))
                .map(|other| format!("{other} does not stand below {name}")),
        );
        if !files.keys().any(|module| room(module) == *name) {
            wrong.push(format!("there is no room `{name}`"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_of_a_room_have_no_circle() {
    let files = files();
    let mut arrows: BTreeSet<(String, String)> = BTreeSet::new();
    for (module, file) in &files {
        let to = file.imports.iter().map(|path| home(&files, path));
        let inside = to.filter(|to| room(to) == room(module) && to != module);
        arrows.extend(inside.map(|to| (module.clone(), to)));
    }
    for (one, other) in KNOWN_CIRCLES.map(|(one, other)| (one.to_owned(), other.to_owned())) {
        let two_way = arrows.contains(&(one.clone(), other.clone()))
            && arrows.remove(&(other.clone(), one.clone()));
        assert!(two_way, "{one} and {other} no longer import each other: take them off the list");
    }
    // A file that imports none of the others, or that none imports, is in no circle.
    loop {
        let (from, to): (BTreeSet<_>, BTreeSet<_>) = arrows.iter().cloned().unzip();
        let before = arrows.len();
        arrows.retain(|(one, other)| to.contains(one) && from.contains(other));
        if arrows.len() == before {
            break;
        }
    }
    assert!(arrows.is_empty(), "these files import one another in a circle: {arrows:#?}");
}

/// The reader of sources is itself read.
#[test]
fn paths_are_found_as_they_are_written() {
    let file = parse(
        "a::b",
        &["a", "a::b", "a::b::c", "d"].map(str::to_owned).into(),
        r#"use super::{one::Two, Three};
pub use c::{Four, Five as Six};
use crate::d::{
    self, e::{F, G},
};
// use crate::comment::X;
fn f() { c::call('"', crate::d::h("crate::text::Y")); other::c::no() }
mod inner {
    use super::Seven;
}
"#,
    );
    let imports: Vec<String> = file.imports.iter().map(|path| path.join("::")).collect();
    assert_eq!(
        imports,
        [
            "a::Three",
            "a::b::Seven",
            "a::b::c::call",
            "a::one::Two",
            "d",
            "d::e::F",
            "d::e::G",
            "d::h"
        ]
    );
    let passed_on: Vec<(&str, String)> =
        file.passes_on.iter().map(|(name, path)| (name.as_str(), path.join("::"))).collect();
    assert_eq!(
        passed_on,
        [("Four", "a::b::c::Four".to_owned()), ("Six", "a::b::c::Five".to_owned())]
    );
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// The file in which the thing at the end of the path is written, wherever it is passed on.
fn home(files: &Files, path: &[String]) -> String {
    let depth = (1..=path.len()).rev().find(|depth| files.contains_key(&path[..*depth].join("::")));
    let Some(depth) = depth else { return String::new() };
    let module = path[..depth].join("::");
    let elsewhere = path.get(depth).and_then(|name| files[&module].passes_on.get(name));
    elsewhere.map_or_else(|| module.clone(), |path| home(files, path))
}

fn files() -> Files {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = BTreeMap::new();
    read(&source, &mut Vec::new(), &mut texts);
    let modules: BTreeSet<String> = texts.keys().cloned().collect();
    assert!(modules.len() > 60, "the core is read: {modules:?}");
    texts
        .into_iter()
        .map(|(module, text)| (module.clone(), parse(&module, &modules, &text)))
        .collect()
}

/// The texts below a folder by module path; `lib.rs`, which is above all rooms, and tests are left out.
fn read(folder: &Path, module: &mut Vec<String>, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if matches!(name.as_str(), "tests" | "lib") {
            continue;
        }
        module.push(name);
        if path.is_dir() {
            read(&path, module, texts);
        } else {
            let of =
                if module.ends_with(&["mod".into()]) { module.len() - 1 } else { module.len() };
            texts.insert(module[..of].join("::"), fs::read_to_string(&path).expect("a text"));
        }
        module.pop();
    }
}

fn parse(module: &str, modules: &BTreeSet<String>, text: &str) -> File {
    let text = bare(text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default());
    let here: Vec<String> = module.split("::").map(str::to_owned).collect();
    let mut file = File::default();
    let (mut lines, mut code) = (text.lines(), String::new());
    while let Some(line) = lines.next() {
        let Some((before, tree)) = line.trim_start().split_once("use ") else {
            code.extend([line, "\n"]);
            continue;
        };
        // What is set in stands in a module of the file's own.
        let inner = line.starts_with(' ').then(|| "inner".to_owned());
        let at: Vec<String> = here.iter().cloned().chain(inner).collect();
        let mut tree = tree.to_owned();
        while !tree.contains(';') {
            tree.push_str(lines.next().expect("the end of a `use`"));
        }
        for (path, name) in leaves(tree.trim_end_matches(';')) {
            let Some(path) = absolute(&at, modules, &path) else { continue };
            if before.starts_with("pub") {
                file.passes_on.insert(name, path);
            } else {
                file.imports.insert(path);
            }
        }
    }
    // Paths in the code itself.
    let words = code.split(|letter: char| !(letter.is_alphanumeric() || "_:".contains(letter)));
    for written in words.filter(|word| word.contains("::")) {
        let parts: Vec<String> =
            written.trim_end_matches(':').split("::").map(str::to_owned).collect();
        file.imports.extend(absolute(&here, modules, &parts));
    }
    file
}

/// The paths of a `use` tree, each with the name that it gets.
fn leaves(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    if let Some((before, inside)) = tree.split_once('{') {
        let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
        let prefix: Vec<String> = before
            .split("::")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let mut depth = 0;
        let parts = inside.split(|letter| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            letter == ',' && depth == 0
        });
        return parts
            .filter(|part| !part.trim().is_empty())
            .flat_map(leaves)
            .map(|(path, name)| ([prefix.clone(), path].concat(), name))
            .collect();
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, tree));
    let path: Vec<String> =
        path.split("::").map(|part| part.trim().to_owned()).filter(|part| part != "self").collect();
    let name = name.rsplit("::").next().unwrap_or(name).trim().to_owned();
    vec![(path, name)]
}

/// The path from the root of the crate; none for one into another crate.
fn absolute(here: &[String], modules: &BTreeSet<String>, path: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let rest = &path[ups..];
    match rest.first().map(String::as_str) {
        Some("crate") => Some(rest[1..].to_vec()),
        _ if ups > 0 => Some([&here[..here.len().checked_sub(ups)?], rest].concat()),
        Some(first) => {
            let child = [here, &[first.to_owned()]].concat();
            modules.contains(&child.join("::")).then(|| [here, rest].concat())
        }
        None => None,
    }
}

/// The text without comments and what stands in quotes.
fn bare(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let code = line.replace("'\"'", "").replace("\\\"", "");
        let code = code.split("//").next().unwrap_or_default();
        let outside = code.split('"').step_by(2);
        out.extend(outside);
        out.push('\n');
    }
    out
}
