//! Levels in facts files, good and bad, and conditions that read them.

use super::*;
use crate::fact::{Definition, Ladder};
use crate::journey::plan::Plan;

const TIERS: &str = "facts:
  spend: { sum: order_placed, add: event.order.total, over: 365d, up_to: 24 }
  orders: { count: order_placed }
  last_order: { last: order_placed }
  tier: { level: [ { gold: spend >= 1500 && stage.rank > 0 }, { silver: 500 <= spend }, { member: true } ], distance: spend }
  stage: { level: [ { lapsed: dear && age(last_order) >= 90d }, { subscriber: true } ] }
segments:
  dear: orders > 0
";

fn checked(facts: &str, journeys: &[&str]) -> Checked {
    let facts = SourceFile { path: "facts.yaml".into(), text: facts.into() };
    let journeys = sources(journeys);
    check(&Policy::default(), Sources { journeys: &journeys, facts: Some(&facts) })
}

/// Each problem as `line `place`: message | help`.
fn shown(facts: &str, journeys: &[&str]) -> Vec<String> {
    let show = |problem: &Problem| {
        let text = if problem.path == "facts.yaml" { facts } else { journeys[0] };
        let (line, _) = problem.position(text);
        let place = text[problem.span.clone()].lines().next().unwrap_or("");
        let help = problem.help.as_deref().unwrap_or("");
        format!("{line} `{place}`: {} | {help}", problem.message)
    };
    checked(facts, journeys).problems.iter().map(show).collect()
}

/// A journey that begins with this event, under this condition, and sets this.
fn hears(event: &str, when: &str, set: &str) -> String {
    format!(
        "journey: hears\ntrigger: {{ event: {event}, when: \"{when}\" }}\nsteps:\n  - set: {{ x: {set} }}\n  - send: x\n    channels: [email]\n"
    )
}

fn ladder<'p>(plan: &'p Plan, name: &str) -> &'p Ladder {
    plan.facts.named(name).and_then(|(_, fact)| fact.ladder()).expect("a level")
}

#[test]
fn levels_are_judged_behind_what_they_read() {
    let journey = hears("tier_changed", "event.to_rank > event.from_rank && tier == 'gold'", "1");
    let checked = checked(TIERS, &[&journey]);
    assert_eq!(checked.problems, []);
    let plan = checked.plan.unwrap();
    let levels: Vec<(&str, bool, usize)> = plan
        .levels
        .all
        .iter()
        .map(|level| (level.event.as_str(), level.heard, level.conditions.len()))
        .collect();
    assert_eq!(levels, [("stage_changed", false, 1), ("tier_changed", true, 2)]);
    assert_eq!((plan.levels.all[0].readers, plan.levels.of_profile), (0b10, 0));
    assert_eq!(plan.events["order_placed"].levels, 0b11);
    assert!(plan.events["tier_changed"].derived && plan.interest("tier_changed").is_none());
    let tier = ladder(&plan, "tier");
    let least: Vec<Option<f64>> = tier.lines.iter().map(|line| line.least).collect();
    assert_eq!(least, [Some(1500.0), Some(500.0), None]);
    let (number, _) = plan.facts.named("spend").unwrap();
    assert_eq!(tier.distance.as_ref().map(|distance| distance.number), Some(number));
    let last: Vec<&str> = plan.facts.own().map(|(_, fact)| fact.name.as_str()).collect();
    assert_eq!(last[4..], ["stage", "tier"], "behind the other facts");
}

#[test]
fn a_segment_is_watched_where_some_journey_hears_of_it() {
    let of = |event: &str| checked(TIERS, &[&hears(event, "event.to == true", "1")]).plan.unwrap();
    assert!(of("cart_updated").facts.named("dear").is_none());
    let plan = of("dear_changed");
    assert!(ladder(&plan, "dear").is_segment);
    let heard = plan.levels.all.iter().filter(|level| level.heard);
    assert_eq!(heard.map(|level| level.event.as_str()).collect::<Vec<_>>(), ["dear_changed"]);
    assert_eq!(plan.facts.named("dear").map(|(_, fact)| fact.most_bytes()), Some(24));
}

#[test]
fn the_profile_has_levels_judged_that_read_it() {
    let of = |when: &str| {
        let text = format!("facts:\n  l: {{ level: [ {{ a: \"{when}\" }}, {{ b: true }} ] }}\n");
        checked(&text, &[]).plan.unwrap().levels.of_profile
    };
    for when in ["profile.x == 1", "profile.consent.email", "local.hour > 9", "profile.x > now"] {
        assert_eq!(of(when), 1, "{when}");
    }
    assert_eq!(of("customer.orders > 1"), 0);
}

#[test]
fn what_steps_give_may_be_a_level() {
    for good in ["tier", "tier.rank", "tier.next", "tier.to_next", "orders", "last_order.at"] {
        assert_eq!(shown(TIERS, &[&hears("go", "true == true", good)])[1..], [""; 0], "{good}");
    }
    let bad = shown(TIERS, &[&hears("go", "event.x == 1", "tier.colour")]);
    assert_eq!(
        bad,
        [
            "4 `tier.colour`: `tier.colour` cannot be read so: the fact `tier` is a level | write `tier == \"gold\"`, `tier.rank`, `tier.next` or `tier.to_next`"
        ]
    );
}

#[test]
fn levels_are_checked() {
    let orders = "facts:\n  orders: { count: order_placed }\n  views: { count: x, by: event.x, over: 1d, up_to: 3, keys: 2 }\n  f: ";
    for (level, expected) in [
        (
            "{ level: [ { a: orders > 1 } ] }",
            "4 `orders > 1`: the last line is everybody's who stands in no better one | add a line behind it whose condition is `true`, such as `member: true`",
        ),
        (
            "{ level: [ { a: true } ] }",
            "4 `f`: a level has several lines | write two or more: `level: [ { gold: spend_12m >= 1500 }, { member: true } ]`",
        ),
        (
            "{ level: [ { a: orders > 1 }, { a: true } ] }",
            "4 `a`: a second line is called `a` | give it another name",
        ),
        (
            "{ level: [ { a: orders > 1, b: orders > 2 }, { c: true } ] }",
            "4 `{ a: orders > 1, b: orders > 2 }`: here stand 2 lines in one | write each by itself: [ { gold: spend_12m >= 1500 }, { member: true } ]",
        ),
        (
            "{ level: [ { A: orders > 1 }, { c: true } ] }",
            "4 `A`: `A` is not the name of a line | a name has at most 64 lower case letters, digits and `_` and starts with a letter",
        ),
        (
            "{ level: [ { a: event.x > 1 }, { c: true } ] }",
            "4 `event.x`: a segment or a level may not read an event: it is to be known at any time | read facts, `profile.X` or `customer.X`; a fact can be made of what events say",
        ),
        (
            "{ level: [ { a: f.rank > 1 }, { c: true } ] }",
            "4 `f`: the level `f` is made of itself: f → f | a level is made of facts and of other segments and levels that do not need it",
        ),
        (
            "{ level: [ { a: orders > 1 }, { c: true } ], over: 3d }",
            "4 `f`: a `level` has no `over` | leave it out: a level is made of other facts",
        ),
        (
            "{ level: [ { a: orders > 1 }, { c: true } ], count: x }",
            "4 `f`: a fact is `count` or `level`, not both | make two facts of it",
        ),
        (
            "{ level: [ { a: orders > 1 }, { c: true } ], distance: orders }",
            "4 `orders > 1`: this asks nowhere for `orders >= NUMBER`: how far the line is cannot be told | write it once, joined to the rest by `&&`, or leave `distance` out",
        ),
        (
            "{ level: [ { a: orders >= 1 && orders >= 2 }, { c: true } ], distance: orders }",
            "4 `orders >= 1 && orders >= 2`: this asks more than once for `orders >= NUMBER`: how far the line is cannot be told | write it once, joined to the rest by `&&`, or leave `distance` out",
        ),
        (
            "{ level: [ { a: orders >= 1 }, { c: true } ], distance: views }",
            "4 `views`: the fact `views` is not one number | name a `count` or a `sum` without `by`",
        ),
        (
            "{ level: [ { a: orders >= 1 }, { c: true } ], distance: spent }",
            "4 `spent`: `spent` is not a fact | name a `count` or a `sum` of this file",
        ),
        (
            "{ level: [ { a: now - instant(profile.x) < 1d * (age(profile.y) / 1d) * (age(profile.x) / 1d) }, { c: true } ] }",
            "4 `now - instant(profile.x) < 1d * (age(profile.y) / 1d) * (age(profile.x) / 1d)`: it cannot be foreseen when time changes this | compare what moves with time by itself, such as `age(last_order) >= 60d` or `last_order.at < now - 60d`",
        ),
        (
            "{ count: tier_changed }\n  tier: { level: [ { a: orders > 1 }, { c: true } ] }",
            "4 `tier_changed`: `tier_changed` tells of a change of what is made of facts | count what happens in the shop",
        ),
        (
            "{ count: x }\n  consent: { level: [ { a: orders > 1 }, { c: true } ] }",
            "5 `consent`: the name `consent` is reserved | choose another name",
        ),
    ] {
        assert_eq!(shown(&format!("{orders}{level}\n"), &[]), [expected], "{level}");
    }
    let journey = "journey: says\ntrigger: { event: go }\nsteps:\n  - emit: stage_changed\n";
    assert_eq!(
        shown(TIERS, &[journey]),
        [
            "4 `stage_changed`: `stage_changed` happens when that changes: a journey cannot emit it | give the event a type of your own"
        ]
    );
    let bad = hears("go", "stage.to_next > 1", "1");
    assert_eq!(
        shown(TIERS, &[&bad]),
        [
            "2 `stage.to_next`: how far the next line of `stage` is is not told | add `distance:` to it, the fact that its lines ask for, such as `distance: spend_12m`"
        ]
    );
}

#[test]
fn there_is_an_end_to_levels() {
    let mut text = "facts:\n".to_owned();
    for number in 0..65 {
        text +=
            &format!("  l{number}: {{ level: [ {{ a: customer.orders > 1 }}, {{ b: true }} ] }}\n");
    }
    let problems = shown(&text, &[]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("there are more than 64 levels"), "{problems:?}");
}

#[test]
fn a_level_takes_as_much_as_it_says() {
    let plan = checked(TIERS, &[]).plan.unwrap();
    let own = plan.facts.levels().map(|(_, fact, _)| Definition::most_bytes(fact));
    assert_eq!(own.collect::<Vec<_>>(), [24, 24]);
}
