//! Files that somebody wrote to do harm: refused with a line and a reason, at once, and without taking much.

use super::problems::shown;
use super::*;

/// The first problem, and that there are few.
fn first(text: &str) -> String {
    let told = shown(text);
    assert!((1..=202).contains(&told.len()), "{} problems", told.len());
    told.into_iter().next().unwrap()
}

fn begins(text: &str, expected: &str) {
    let told = first(text);
    assert!(told.starts_with(expected), "{told:.300}");
}

const HEAD: &str = "journey: j\ntrigger: { event: go }\nsteps:\n";

#[test]
fn ten_thousand_steps() {
    let steps = |count: usize| format!("{HEAD}{}", "  - exit: true\n".repeat(count));
    begins(&steps(65), "4:3 error `- exit: true`: the list has 65 items; at most 64 are allowed");
    assert!(first(&steps(10_000)).contains("the file has more than 20000 values"));
    // Not one list, but many inside of each other.
    let arms = "      - when: event.a > 1\n        steps: [{ exit: true }, { exit: true }, { exit: true }, { exit: true }]\n";
    let wide = format!("{HEAD}{}", format!("  - branch:\n{}", arms.repeat(16)).repeat(60));
    begins(&wide, "4:3 error `- branch:`: the journey has 3900 steps; at most 64 are allowed");
}

#[test]
fn deep_nesting() {
    begins(&"[".repeat(200_000), "1:256 error `[`: the file is nested too deeply");
    begins(&"- ".repeat(100_000), "1:");
    begins(&"{a: ".repeat(60_000), "1:");
    begins(&"? ".repeat(100_000), "1:");
    let fifty = format!("{}{}", "[".repeat(50), "]".repeat(50));
    begins(&fifty, "1:49 error `[`: the file is nested deeper than 48 levels");
    let deep = |open: &str, close: &str, count: usize| {
        format!(
            "journey: j\ntrigger: {{ event: go, when: \"{}true{}\" }}\nsteps: [{{ exit: true }}]\n",
            open.repeat(count),
            close.repeat(count)
        )
    };
    for (open, close) in [("(", ")"), ("!", ""), ("-", ""), ("size(", ")"), ("true ? ", " : false")]
    {
        for count in [30, 90, 5_000] {
            let told = first(&deep(open, close, count));
            assert!(told.starts_with("2:"), "{open}: {told:.200}");
        }
    }
    let mut steps = "exit: true".to_owned();
    for _ in 0..9 {
        steps = format!("branch: [{{ when: event.a > 1, steps: [{{ {steps} }}] }}]");
    }
    assert!(first(&format!("{HEAD}  - {steps}\n")).contains("nested deeper than 8 levels"));
}

#[test]
fn aliases_and_tags() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x]\n".to_owned();
    for letter in b'b'..=b'i' {
        let (name, before) = (letter as char, (letter - 1) as char);
        let many = vec![format!("*{before}"); 8].join(", ");
        bomb += &format!("{name}: &{name} [{many}]\n");
    }
    begins(&bomb, "1:7 error");
    assert!(first(&bomb).contains("anchors and tags are not supported"));
    assert!(first("journey: *a\n").contains("alias") || first("journey: *a\n").contains("YAML"));
    assert!(first("journey: !!binary aGk=\n").contains("anchors and tags are not supported"));
    begins("<<: { journey: a }\n", "1:1 error `<<`: `<<` is not a field of a journey");
}

#[test]
fn lists_that_explode() {
    let many = |count: usize| vec!["x"; count].join(", ");
    let tags = |count| format!("{HEAD}  - exit: true\ntags: [{}]\n", many(count));
    begins(&tags(10_000), "5:7 error");
    assert!(first(&tags(10_000)).contains("at most 32 are allowed"));
    let events =
        format!("journey: j\ntrigger: {{ event: [{}] }}\nsteps: [{{ exit: true }}]\n", many(9_000));
    assert!(first(&events).contains("at most 16 are allowed"));
    let inside = format!("event.a in [{}]", ["'x'"; 300].join(", "));
    let text = format!(
        "journey: j\ntrigger: {{ event: go, when: \"{inside}\" }}\nsteps: [{{ exit: true }}]\n"
    );
    assert!(first(&text).contains("bytes; at most 1000"), "{}", first(&text));
    let text = format!("{HEAD}{}", "  - a\n".repeat(30_000));
    assert!(first(&text).contains("values"), "{}", first(&text));
}

#[test]
fn huge_files_and_keys() {
    begins(&"a".repeat(300 * 1024), "1:1 error ``: the file has 307200 bytes; at most 262144");
    let keys: String = (0..9_000).map(|number| format!("k{number}: 1\n")).collect();
    begins(&keys, "1025:1 error `k1024`: the mapping has more than 1024 fields");
    let same = "a: 1\n".repeat(900);
    assert!(shown(&same).len() <= 201, "{}", shown(&same).len());
    assert!(
        shown(&same)
            .iter()
            .any(|told| told.contains("`a` is given twice | it stands already in line 1"))
    );
    let unknown: String = (0..1_000).map(|number| format!("k{number}: 1\n")).collect();
    let told = shown(&unknown);
    assert_eq!(told.len(), 201);
    assert!(told[200].contains("there are 803 more problems"), "{}", told[200]);
}

#[test]
fn more_fields_than_there_is_room_for() {
    let mut sources = Vec::new();
    for journey in 0..40 {
        let arms: String = (0..8)
            .map(|arm| {
                let fields = (0..16).map(|field| format!("event.f{journey}_{arm}_{field} == 1"));
                let when = fields.collect::<Vec<_>>().join(" || ");
                format!("      - when: {when}\n        steps: []\n")
            })
            .collect();
        let text =
            format!("journey: j{journey}\ntrigger: {{ event: go }}\nsteps:\n  - branch:\n{arms}");
        sources.push(SourceFile { path: format!("{journey}.yaml"), text });
    }
    assert!(check(&Policy::default(), &sources[..20]).plan.is_some());
    let checked = check(&Policy::default(), &sources);
    let told: Vec<&str> = checked.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        told,
        ["with this journey conditions read 4096 fields, attributes or lists and more"]
    );
    assert!(checked.plan.is_none());
    let kept: String = (0..30)
        .map(|arm| {
            let fields = (0..10).map(|field| format!("event.f{arm}_{field} == 1"));
            format!(
                "  - branch: [{{ when: \"{}\", steps: [] }}]\n",
                fields.collect::<Vec<_>>().join(" || ")
            )
        })
        .collect();
    begins(
        &format!("{HEAD}{kept}"),
        "1:10 error `j`: the steps read 300 fields of the trigger event, which every run keeps; at most 256 are allowed",
    );
}

#[test]
fn names_of_every_kind() {
    for (name, told) in [
        ("\"it's\"", "`it's`"),
        ("'a\"b'", "`a\"b`"),
        ("🚲", "`🚲`"),
        ("\"a\\0b\"", "`a\\u{0}b`"),
        ("\"a\\e[31mb\"", "`a\\u{1b}[31mb`"),
        ("\"a\\u202eb\"", "`a\\u{202e}b`"),
        ("\"a\\nb\"", "`a\nb`"),
        ("../../etc/passwd", "`../../etc/passwd`"),
        ("a/b", "`a/b`"),
    ] {
        let text = format!(
            "journey: {name}\ntrigger: {{ event: go }}\nsteps:\n  - send: {name}\n    channels: [email]\n    id: {name}\n"
        );
        let all = shown(&text);
        assert!(
            all.iter().any(|one| one.contains(&format!("{told} is not the name of a journey"))),
            "{all:?}"
        );
        assert!(
            all.iter().any(|one| one.contains(&format!("{told} is not the name of a template"))),
            "{all:?}"
        );
        assert!(
            all.iter().any(|one| one.contains(&format!("{told} is not the name of a step"))),
            "{all:?}"
        );
    }
    let control = format!("{HEAD}  - exit: true\ntags: [\u{7}]\n");
    assert!(first(&control).starts_with("5:"), "{}", first(&control));
}

#[test]
fn journeys_that_all_begin_each_other() {
    let steps: String = (0..60).map(|number| format!("  - emit: e{number}\n")).collect();
    let triggers: Vec<String> = (0..16).map(|number| format!("e{number}")).collect();
    let journey = |name: usize| SourceFile {
        path: format!("{name}.yaml"),
        text: format!(
            "journey: j{name}\ntrigger: {{ event: [{}] }}\nreentry: always\nsteps:\n  - wait: 1h\n{steps}",
            triggers.join(", ")
        ),
    };
    let sources: Vec<SourceFile> = (0..40).map(journey).collect();
    let checked = check(&Policy::default(), &sources);
    assert!(checked.plan.is_none());
    assert!(checked.problems.iter().all(|problem| problem.message.contains("this never ends")));
}
