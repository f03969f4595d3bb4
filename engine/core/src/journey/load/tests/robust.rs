//! Whatever the files hold, the loader answers: a plan, or problems that point into the text.

use super::*;
use proptest::prelude::*;

/// A change to a text: at a place, so many characters go and these come.
#[derive(Clone, Debug)]
struct Edit {
    at: prop::sample::Index,
    remove: usize,
    insert: String,
}

fn edit() -> impl Strategy<Value = Edit> {
    let pieces = prop::sample::select(vec![
        "",
        "\n",
        " ",
        "  ",
        "\t",
        ":",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        "\\",
        "&a ",
        "*a",
        "!!str ",
        "|",
        ">",
        "#",
        "%",
        "?",
        "---\n",
        "0",
        "-1",
        "99999999999999999999d",
        "null",
        "true",
        "else:",
        "when: ",
        "steps: ",
        "é",
        "𝄞",
        "\u{0}",
        "\u{feff}",
        "(",
        ")",
        "&&",
        "event.",
        ">=",
    ]);
    (
        any::<prop::sample::Index>(),
        0_usize..12,
        prop_oneof![pieces.prop_map(String::from), ".{0,6}"],
    )
        .prop_map(|(at, remove, insert)| Edit { at, remove, insert })
}

fn mutate(text: &str, edits: &[Edit]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for edit in edits {
        let at = edit.at.index(letters.len() + 1);
        let end = (at + edit.remove).min(letters.len());
        letters.splice(at..end, edit.insert.chars());
    }
    letters.into_iter().collect()
}

fn answers(text: &str) {
    let checked = check(&Policy::default(), &sources(&[text, WELCOME]));
    let errors =
        checked.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    assert_eq!(checked.plan.is_some(), errors == 0, "{:?}", checked.problems);
    for problem in checked.problems.iter().filter(|problem| problem.path == "0.yaml") {
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
        assert!(!problem.message.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn mutated_journeys_never_panic(which in any::<bool>(), edits in prop::collection::vec(edit(), 1..6)) {
        answers(&mutate(if which { CART } else { WELCOME }, &edits));
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,200}") {
        answers(&text);
    }
}
