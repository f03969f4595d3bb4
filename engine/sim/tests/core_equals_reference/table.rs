//! What the core decided when the table was written, it decides today: `decided.txt` has a line a seed, the hash of its decisions and
//! commands as JSON lines. Where the semantics number rises, the table is written anew: `CARTWHEEL_WRITE_TABLE=1`. What is added to the language
//! gets a part of its own, behind the others, so that their lines stay what they were.

use crate::{Drawn, by_core, course::Course, histories};
use cartwheel_core::sends::SEMANTICS;
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// Setups, by what their names say, and the seeds in the table that are drawn under them.
type Part = (fn(&str) -> bool, u64);

/// The parts, one behind the other. The second came with the shop's own facts.
const PARTS: [Part; 2] = [
    (|name| !["facts", "policy", "catalogue"].contains(&name), 10_000),
    (|name| name == "facts", 2_000),
];

fn hash(course: &Course) -> String {
    let mut hash = Xxh3::new();
    for line in course.decisions.iter().chain(&course.commands) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    format!("{:016x}", hash.digest())
}

#[test]
fn every_history_is_decided_as_in_the_table() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core_equals_reference/decided.txt");
    let head = format!("semantics {SEMANTICS}");
    let decided = |which: fn(&str) -> bool, seeds| {
        let drawn = Drawn::under(which);
        (0..seeds).map(move |seed| hash(&by_core(drawn.plan(seed), &drawn.steps(seed), u64::MAX)))
    };
    if std::env::var_os("CARTWHEEL_WRITE_TABLE").is_some() {
        let all = PARTS.into_iter().flat_map(|(which, seeds)| decided(which, seeds));
        let lines: Vec<String> = std::iter::once(head).chain(all).collect();
        return std::fs::write(file, lines.join("\n") + "\n").expect("the table is written");
    }
    let table = std::fs::read_to_string(file).expect("the table is there");
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some(head.as_str()), "the table is of other rules");
    assert_eq!(lines.clone().count() as u64, PARTS.map(|(_, seeds)| seeds).iter().sum::<u64>());
    for (number, (which, seeds)) in PARTS.into_iter().enumerate() {
        let part: Vec<&str> = lines.by_ref().take(seeds as usize).collect();
        // Of each part the same share.
        let tried = (histories() * seeds / PARTS[0].1).min(seeds) as usize;
        let other: Vec<usize> = decided(which, seeds)
            .zip(part)
            .take(tried)
            .enumerate()
            .filter_map(|(seed, (now, then))| (now != then).then_some(seed))
            .collect();
        assert!(
            other.is_empty(),
            "decided otherwise than in the table: part {number}, seeds {other:?}"
        );
    }
}
