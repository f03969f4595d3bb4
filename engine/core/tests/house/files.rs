//! One layout for tests and bounds on files, proven from the source of every package.

use crate::sources::{everything, is_test};

/// Lines of tests that may stand beside what they test; longer ones are a file `tests.rs` in the folder of that name.
const INLINE: usize = 100;

/// Lines of a source file. Most stay far below.
const FILE: usize = 600;

#[test]
fn long_tests_are_a_file_of_their_own() {
    let mut wrong = Vec::new();
    for (name, text) in everything() {
        let Some(at) = text.find("#[cfg(test)]\nmod tests {") else { continue };
        let lines = text[at..].lines().count();
        if lines > INLINE + 2 {
            wrong.push(format!("{name}: {lines} lines of tests"));
        }
    }
    assert!(wrong.is_empty(), "move them into `tests.rs`: {wrong:#?}");
}

#[test]
fn no_file_has_more_than_one_subject_s_length() {
    let mut wrong = Vec::new();
    for (name, text) in everything() {
        let lines = text.lines().count();
        if !is_test(&name) && lines > FILE {
            wrong.push(format!("{name}: {lines} lines"));
        }
    }
    assert!(wrong.is_empty(), "divide them by subject: {wrong:#?}");
}
