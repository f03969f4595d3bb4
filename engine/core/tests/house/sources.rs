//! The sources of every package, for tests of how the house is laid out.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every source file, with its path from the root.
pub fn everything() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for top in ["engine", "connectors", "loadtest", "benches"] {
        below(&root().join(top), &mut found);
    }
    assert!(found.len() > 300, "the sources are read");
    found
}

fn below(folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).expect("below the root").display().to_string();
            found.push((name, fs::read_to_string(&path).expect("a source")));
        }
    }
}

/// Whether the file has nothing but tests and what they need.
pub fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("tests.rs")
}

/// Where the tests of a file begin, if they stand in it.
fn tests_begin(text: &str) -> usize {
    text.find("#[cfg(test)]\nmod ").unwrap_or(text.len())
}

/// What stands before the tests of a file, without comments.
pub fn production(text: &str) -> Vec<&str> {
    let before = &text[..tests_begin(text)];
    before.lines().filter(|line| !line.trim_start().starts_with("//")).collect()
}
