//! Who may tell kinds of operations apart, proven from the source of every package.
//!
//! A kind of step that is added later must not be forgotten where somebody asked "is it a send?": so outside of `journey/op.rs` and the
//! two dispatches (the evaluator's, the reference's) nobody names a variant of `Op`. The same holds for wildcards on closed lists.

use crate::sources::{everything, is_test, production};

/// Where variants of `Op` may be named. The loader makes operations by `into()` and needs no exception.
const DISPATCHES: [&str; 3] = [
    "engine/core/src/journey/op.rs",
    "engine/core/src/apply/step/mod.rs",
    "engine/sim/src/reference/steps.rs",
];

/// Enums on which production code has no wildcard arm: a new member must be looked at everywhere.
const CLOSED: [&str; 3] = ["Place::", "Reason::", "Verdict::"];

#[test]
fn only_the_dispatches_name_a_kind_of_operation() {
    let mut wrong = Vec::new();
    for (name, text) in everything() {
        // The delivery worker's test world has an `Op` of its own.
        let uses_op = text.contains("journey::op::") || name.contains("core/src/journey/");
        if !uses_op || DISPATCHES.contains(&name.as_str()) || is_test(&name) {
            continue;
        }
        for line in production(&text) {
            let variants = [
                "Send", "Wait", "WaitFor", "Branch", "Split", "Set", "Emit", "Jump", "Exit", "End",
            ];
            if variants.iter().any(|variant| names(line, &format!("Op::{variant}"))) {
                wrong.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "ask the operation, do not name its kind: {wrong:#?}");
}

/// Whether the line has the path as a whole word.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + path.len()..].chars().next();
        let part = |letter: Option<char>| {
            letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        };
        !part(before) && !part(after)
    })
}

#[test]
fn closed_lists_have_no_wildcard_arm() {
    let mut wrong = Vec::new();
    for (name, text) in everything() {
        if is_test(&name) {
            continue;
        }
        for arms in matches(&production(&text)) {
            let closed = arms.iter().any(|arm| CLOSED.iter().any(|list| arm.starts_with(list)));
            if closed && arms.iter().any(|arm| arm.starts_with("_ =>") || arm.starts_with("_ if")) {
                wrong.push(format!("{name}: {}", arms.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "name every member: {wrong:#?}");
}

/// The arms of every match: its lines one level deeper than the `match`.
fn matches(lines: &[&str]) -> Vec<Vec<String>> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut all = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let opens = (line.contains("match ") || line.trim_start().starts_with("match "))
            && line.trim_end().ends_with('{');
        if !opens {
            continue;
        }
        let outer = indent(line);
        let inside = lines[at + 1..]
            .iter()
            .take_while(|line| line.trim().is_empty() || indent(line) > outer);
        let arms = inside.filter(|line| indent(line) == outer + 4);
        all.push(arms.map(|arm| arm.trim().to_owned()).collect());
    }
    all
}

#[test]
fn the_reader_of_matches_sees_a_wildcard() {
    let lines = [
        "    match place {",
        "        Place::Window => {",
        "            _ => 1",
        "        }",
        "        _ => 2,",
        "    }",
    ];
    assert_eq!(matches(&lines), [["Place::Window => {", "}", "_ => 2,"]]);
    assert!(names("Some(Op::Send(send)) =>", "Op::Send") && !names("MyOp::Sends", "Op::Send"));
}
