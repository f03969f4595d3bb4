//! Journeys that begin each other for ever.

use super::*;

fn journey(name: &str, on: &str, more: &str, steps: &str) -> String {
    format!(
        "journey: {name}\nclass: transactional\ntrigger: {{ event: {on} }}\n{more}steps:\n{steps}\n"
    )
}

/// Each problem as `file:line level: message`.
fn told(texts: &[String]) -> Vec<String> {
    told_with(texts, "")
}

/// The same with facts.
fn told_with(texts: &[String], facts: &str) -> Vec<String> {
    let sources = sources(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let facts = SourceFile { path: "facts.yaml".into(), text: facts.into() };
    let facts = (!facts.text.is_empty()).then_some(&facts);
    let show = |problem: &Problem| {
        let text = sources.iter().find(|source| source.path == problem.path).map(|it| &it.text);
        let line = problem.position(text.map_or("", |text| text)).0;
        let level = if problem.severity == Severity::Error { "error" } else { "warning" };
        format!("{}:{line} {level}: {}", problem.path, problem.message)
    };
    let sources = Sources { journeys: &sources, facts };
    check(&Policy::default(), sources).problems.iter().map(show).collect()
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

const FACTS: &str = "facts:
  gos: { count: go }
  last_go: { last: go, when: event.x == 1 }
  last_ping: { last: ping }
  mood: { level: [{ good: profile.a == 1 && gos < 5 }, { bad: true }] }
  mind: { level: [{ up: mood == 'good' }, { down: true }] }
segments:
  lively: gos > 3
";

#[test]
fn a_loop_through_a_level_is_told_of() {
    let loops = |on: &str, steps: &str| told_with(&[journey("loop", on, AGAIN, steps)], FACTS);
    for (on, does) in [
        ("mood_changed", "set: { a: profile.b }"),
        ("mind_changed", "set: { a: 1 }"),
        ("mind_changed", "emit: go"),
        ("lively_changed", "emit: go"),
    ] {
        let told = loops(on, &format!("  - wait: 1h\n  - {does}"));
        let (verb, what) = does.split_once(": ").unwrap();
        let what = what.trim_start_matches("{ ").split(':').next().unwrap();
        let expected = format!(
            "0.yaml:7 warning: `loop` {verb}s `{what}`, which may lead to `{on}`, which begins `loop` again: only a condition or an exit ends this"
        );
        assert_eq!(told, [expected], "{on} {does}");
    }
    // Nothing that it reads is set, or its run comes once.
    assert_eq!(loops("mood_changed", "  - wait: 1h\n  - set: { b: 1 }"), [] as [&str; 0]);
    assert_eq!(loops("mood_changed", "  - wait: 1h\n  - emit: ping"), [] as [&str; 0]);
    let once = journey("loop", "mood_changed", "", "  - wait: 1h\n  - set: { a: 1 }");
    assert_eq!(told_with(&[once], FACTS), [] as [&str; 0]);
}

#[test]
fn a_loop_through_time_is_told_of() {
    let by_time = |at: &str, steps: &str| {
        let text = format!(
            "journey: loop\nclass: transactional\ntrigger: {{ at: {at} }}\nsteps:\n{steps}\n"
        );
        told_with(&[text], FACTS)
    };
    let never = |line: usize, does: &str| {
        vec![format!(
            "0.yaml:{line} error: `loop` {does}, which begins `loop` again: this never ends"
        )]
    };
    assert_eq!(by_time("profile.due + 1h", "  - set: { due: now }"), never(5, "sets `due`"));
    assert_eq!(
        by_time("last_ping.at + 2h", "  - wait: 1h\n  - emit: ping"),
        never(6, "emits `ping`")
    );
    for (at, steps) in
        [("profile.due", "  - set: { due: profile.other }"), ("last_go.at", "  - emit: go")]
    {
        let told = by_time(at, steps);
        assert!(
            told.len() == 1 && told[0].contains("only a condition or an exit ends this"),
            "{told:?}"
        );
    }
    for (at, steps) in [
        ("profile.due + 1d", "  - set: { due: now }"),
        ("last_ping.at", "  - wait: 24h\n  - emit: ping"),
        ("next(profile.due)", "  - set: { due: now }"),
        ("profile.due", "  - set: { due: 5, other: now }"),
    ] {
        assert_eq!(by_time(at, steps), [] as [&str; 0], "{at} {steps}");
    }
}
