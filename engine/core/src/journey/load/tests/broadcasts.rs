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
            "{ broadcast: spring sale, who: profile.vip == true }",
            "`spring sale` cannot be the name of a broadcast",
            "letters, digits and `_`",
        ),
        (
            "{ broadcast: sale, catalogue: price_fell, who: profile.vip == true }",
            "a journey begins by `broadcast` or by `catalogue`, not by both",
            "`broadcast:` (what everybody is told)",
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

#[test]
fn a_trigger_says_one_thing_by_which_the_journey_begins() {
    for (trigger, first, second) in [
        ("{ event: go, broadcast: sale }", "event", "broadcast"),
        (
            "{ broadcast: sale, event: cart_updated, when: event.cart.total > 3 }",
            "broadcast",
            "event",
        ),
        (
            "{ event: [go, came], catalogue: price_fell, who: event.product.id in wishes }",
            "event",
            "catalogue",
        ),
        ("{ catalogue: price_fell, broadcast: sale, event: go }", "catalogue", "broadcast"),
        ("{ at: profile.birthday, catalogue: low_stock }", "at", "catalogue"),
        ("{ at: profile.birthday, event: go, broadcast: sale }", "at", "broadcast"),
    ] {
        let text = format!("journey: j\ntrigger: {trigger}\nsteps: [{{ exit: true }}]\n");
        let problems = check(&Policy::default(), &sources(&[&text])).problems;
        let [problem] = problems.as_slice() else { panic!("{trigger}: {problems:?}") };
        let key = text.find(&format!("{second}:"));
        let expected = format!("a journey begins by `{first}` or by `{second}`, not by both");
        assert_eq!((&problem.message, Some(problem.span.start)), (&expected, key), "{trigger}");
    }
    let nothing =
        problems_of("journey: j\ntrigger: { who: orders > 1 }\nsteps: [{ exit: true }]\n");
    assert!(
        nothing[0].starts_with("a trigger says nothing by which the journey begins | write one of"),
        "{nothing:?}"
    );
}

#[test]
fn without_who_it_begins_for_everybody() {
    let text = "journey: j\ntrigger: { broadcast: sale, spread: 2h }\nsteps: [{ send: a, channels: [email] }]\n";
    let checked = check(&Policy::default(), &sources(&[text]));
    assert_eq!(checked.problems, []);
    let plan = checked.plan.expect("good");
    let fan_out = plan.journeys[0].fan_out.as_ref().expect("it begins for many");
    assert!(fan_out.who.is_none() && fan_out.spread.millis() == 7_200_000);
}
