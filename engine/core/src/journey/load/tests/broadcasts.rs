//! Journeys that begin by broadcasts: what is refused, with line and remedy.

use super::*;

/// Each with its remedy.
fn problems_of(text: &str) -> Vec<String> {
    let problems = check(&Policy::default(), &sources(&[text])).problems;
    let told = |it: &Problem| format!("{} | {}", it.message, it.help.as_deref().unwrap_or(""));
    problems.iter().map(told).collect()
}

#[test]
fn what_does_not_go_together_is_said() {
    for (trigger, message, help) in [
        (
            "{ broadcast: sale }",
            "nobody is named for whom it begins",
            "add `who:`, such as `who: orders >= 2`",
        ),
        (
            "{ broadcast: spring sale, who: profile.vip == true }",
            "`spring sale` cannot be the name of a broadcast",
            "letters, digits and `_`",
        ),
        (
            "{ broadcast: sale, catalogue: price_fell, who: profile.vip == true }",
            "by the catalogue or by a broadcast, not by both",
            "remove one of the two",
        ),
        (
            "{ broadcast: sale, who: profile.vip == true, budget: \"3\" }",
            "a journey that begins by a broadcast has no `budget`",
            "it begins for all whom `who` names",
        ),
        (
            "{ broadcast: sale, who: profile.vip == true, when: profile.vip == true }",
            "a journey that begins by a broadcast has no `when`",
            "write it into `who`",
        ),
        (
            "{ event: broadcast }",
            "a broadcast is told to everybody, and is no event of a customer",
            "write `broadcast: NAME` instead of `event:`",
        ),
    ] {
        let told = problems_of(&format!(
            "journey: j\ntrigger: {trigger}\nsteps: [{{ send: a, channels: [email] }}]\n"
        ));
        assert!(
            told.iter().any(|it| it.contains(message) && it.contains(help)),
            "{trigger}: {told:?}"
        );
    }
}
