//! `docs/coverage.md` names traces and tests that exist.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The file that a row means.
fn file(name: &str) -> PathBuf {
    let known = [("rules/", "engine/sim/tests/rules/"), ("journeys/", "config/journeys/")];
    let folder = known.iter().find_map(|(short, long)| {
        name.strip_prefix(short).map(|rest| root().join(long).join(rest))
    });
    folder.unwrap_or_else(|| root().join(name))
}

/// Of what stands between backticks the files, each with the names that follow it.
fn references(cell: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for quoted in cell.split('`').skip(1).step_by(2) {
        let is_file = quoted.contains('/') && Path::new(quoted).extension().is_some();
        match found.last_mut() {
            _ if is_file => found.push((quoted.to_owned(), Vec::new())),
            Some((_, names)) => names.push(quoted.to_owned()),
            None => {}
        }
    }
    found
}

/// The two cells of each row of a table.
fn rows(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.lines().filter_map(|line| {
        let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
        row.split_once(" | ")
    })
}

/// Of what a row may be a part that is not there yet.
const LATER: [&str; 10] = [
    "predictions",
    "recommendation models",
    "attribution beyond the last touch",
    "identity",
    "shops",
    "connectors",
    "backtest",
    "automatic winners",
    "pinned versions",
    "security and privacy",
];

/// Whether what follows `later` names one of these, and says more: `: shops: one deployment serves one shop`.
fn is_reason(why: &str) -> bool {
    let why = why.strip_prefix(": ").and_then(|why| why.split_once(": "));
    why.is_some_and(|(of, more)| LATER.contains(&of) && !more.is_empty())
}

#[test]
fn every_row_is_shown_by_something_that_exists_or_says_why_not_yet() {
    let page = std::fs::read_to_string(root().join("engine/docs/coverage.md")).expect("the page");
    let (mut wrong, mut shown) = (Vec::new(), 0);
    for (what, by) in
        rows(&page).filter(|(what, _)| !["journey", "capability", "---"].contains(what))
    {
        let references = references(by);
        match by.strip_prefix("later") {
            Some(why) if !is_reason(why) => wrong.push(format!("{what}: says no known reason")),
            None if references.is_empty() => wrong.push(format!("{what}: names nothing")),
            Some(_) | None => {}
        }
        for (path, names) in references {
            let Ok(text) = std::fs::read_to_string(file(&path)) else {
                wrong.push(format!("{what}: there is no file {path}"));
                continue;
            };
            shown += 1;
            let missing = names.iter().filter(|name| {
                let is_there = if path.ends_with(".trace") {
                    text.lines().any(|line| line == format!("--- {name}"))
                } else {
                    text.contains(&format!("fn {name}("))
                };
                !is_there
            });
            wrong.extend(missing.map(|name| format!("{what}: {path} has no `{name}`")));
        }
    }
    assert!(shown > 30, "the page is read");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_row_is_read_as_it_is_written() {
    let page = "| a | `x/y.rs`: `one`, `two`; `z/w.trace`: `three` |\n| b | later: no |\ntext\n";
    let rows: Vec<_> = rows(page).collect();
    assert_eq!(rows[1], ("b", "later: no"));
    assert!(!is_reason(": no") && !is_reason("") && !is_reason(": later: no"));
    assert!(is_reason(": shops: one deployment serves one shop"));
    let of = |path: &str, names: &[&str]| {
        (path.to_owned(), names.iter().map(|name| (*name).to_owned()).collect())
    };
    assert_eq!(references(rows[0].1), [of("x/y.rs", &["one", "two"]), of("z/w.trace", &["three"])]);
}
