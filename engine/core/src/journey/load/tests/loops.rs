//! Journeys that begin each other for ever.

use super::*;

fn journey(name: &str, on: &str, more: &str, steps: &str) -> String {
    format!(
        "journey: {name}\nclass: transactional\ntrigger: {{ event: {on} }}\n{more}steps:\n{steps}\n"
    )
}

/// Each problem as `file:line level: message`.
fn told(texts: &[String]) -> Vec<String> {
    let sources = sources(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let show = |problem: &Problem| {
        let text = sources.iter().find(|source| source.path == problem.path).map(|it| &it.text);
        let line = problem.position(text.map_or("", |text| text)).0;
        let level = if problem.severity == Severity::Error { "error" } else { "warning" };
        format!("{}:{line} {level}: {}", problem.path, problem.message)
    };
    check(&Policy::default(), &sources).problems.iter().map(show).collect()
}

const AGAIN: &str = "reentry: always\n";

#[test]
fn a_journey_that_begins_itself_is_refused() {
    let text = journey("loop", "x", AGAIN, "  - wait: 1ms\n  - emit: x");
    assert_eq!(
        told(&[text]),
        ["0.yaml:7 error: `loop` emits `x`, which begins `loop` again: this never ends"]
    );
    for more in [
        "reentry: restart\n",
        "reentry: { after: 1h }\n",
        "key: event.k\nreentry: { after: 1h, per: key }\n",
    ] {
        let text = journey(
            "loop",
            "[y, x]",
            more,
            "  - wait: { for: z, at_most: 1h }\n  - emit: { event: x, with: { k: 1 } }",
        );
        assert_eq!(told(&[text]).len(), 1, "{more}");
    }
}

#[test]
fn a_loop_over_several_journeys_is_spelled_out() {
    let texts = [
        journey("c", "z", AGAIN, "  - emit: x"),
        journey(
            "a",
            "[go, x]",
            AGAIN,
            "  - wait: 1h\n  - split: s\n    arms: { p: { share: 50%, steps: [{ emit: y }] }, q: { share: 50%, steps: [] } }",
        ),
        journey("b", "y", AGAIN, "  - emit: w\n  - emit: z"),
        journey("other", "w", AGAIN, "  - emit: v"),
    ];
    assert_eq!(
        told(&texts),
        [
            "1.yaml:8 error: `a` emits `y`, which begins `b`, which emits `z`, which begins `c`, which emits `x`, which begins `a`: this never ends"
        ]
    );
    // One of them that comes once is enough.
    for more in ["", "reentry: never\n", "reentry: { after: 1d }\n", "key: event.k\n"] {
        let texts = [texts[0].clone(), texts[1].clone(), journey("b", "y", more, "  - emit: z")];
        assert_eq!(told(&texts), Vec::<String>::new(), "{more}");
    }
}

#[test]
fn what_may_end_is_a_warning() {
    let waits = "  - wait: 1h\n  - emit: x";
    for (more, steps) in [
        ("exit: [{ on: order_placed }]\n", waits),
        ("while: profile.again == true\n", waits),
        (
            "",
            "  - wait: 1h\n  - branch:\n      - when: profile.again == true\n        steps: [{ emit: x }]",
        ),
        (
            "",
            "  - wait: 1h\n  - branch:\n      - when: profile.again == true\n        steps: []\n      - else:\n        steps: [{ exit: true }]\n  - emit: x",
        ),
    ] {
        let text = journey("loop", "x", &format!("{AGAIN}{more}"), steps);
        let told = told(std::slice::from_ref(&text));
        assert!(
            told.len() == 1
                && told[0].contains("warning")
                && told[0].ends_with("only a condition or an exit ends this"),
            "{told:?} of {text}"
        );
    }
    let text = journey("loop", "x, when: profile.again == true", AGAIN, waits);
    assert!(told(&[text])[0].contains("only a condition or an exit ends this"));
    // Within one event it is cut.
    let text = journey("loop", "x", AGAIN, "  - set: { a: 1 }\n  - emit: x");
    assert_eq!(
        told(&[text]),
        [
            "0.yaml:7 warning: `loop` emits `x`, which begins `loop` again: this is cut off after 16 events, each time anew"
        ]
    );
}

#[test]
fn a_rhythm_and_a_run_in_its_own_way_are_no_loops() {
    for (more, steps) in [
        (AGAIN, "  - wait: 24h\n  - emit: x"),
        (AGAIN, "  - wait: 12h\n  - wait: 12h\n  - emit: x"),
        (AGAIN, "  - wait: { days: 1 }\n  - emit: x"),
        // The run is still there when the event comes, and refuses it.
        (AGAIN, "  - wait: 1h\n  - emit: x\n  - wait: 1h"),
        ("", "  - wait: 1h\n  - emit: x"),
    ] {
        let text = journey("loop", "x", more, steps);
        assert_eq!(told(std::slice::from_ref(&text)), Vec::<String>::new(), "{text}");
    }
    let window = "x, quiet_for: 1d";
    assert_eq!(told(&[journey("loop", window, AGAIN, "  - emit: x")]), Vec::<String>::new());
    let window = "x, quiet_for: 1h";
    assert_eq!(told(&[journey("loop", window, AGAIN, "  - emit: x")]).len(), 1);
}

#[test]
fn what_was_in_force_is_read_again() {
    let text = journey("loop", "x", AGAIN, "  - wait: 1h\n  - emit: x");
    let sources = sources(&[&text]);
    assert!(check(&Policy::default(), &sources).plan.is_none());
    assert!(load(&Policy::default(), &sources).is_ok());
}
