//! Ledgers in the facts file, good and bad, and what conditions and journeys that begin by time read of them.

use super::*;
use crate::fact::{EntryKind, Role};

const POINTS: &str = "facts:
  points:
    ledger: { expire: 365d, lots: 8 }
    earn:
      - { on: order_placed, add: floor(event.order.total), key: event.order.id }
      - { on: review_submitted, add: 50, key: event.product.id, when: event.review.rating > 1 }
      - { on: order_placed, add: item.quantity * 2, each: event.order.items as item, key: item.product }
      - { on: shared, add: 1 }
    spend: [{ on: points_redeemed, take: event.points.amount }]
    undo: [order_refunded, order_cancelled]
    reset: { on: points_counted, to: event.points.balance }
";

fn checked(facts: &str, journeys: &[&str]) -> Checked {
    let facts = SourceFile { path: "facts.yaml".into(), text: facts.into() };
    let journeys = sources(journeys);
    check(&Policy::default(), Sources { journeys: &journeys, facts: Some(&facts) })
}

/// Each problem as `line:column: message | help`.
fn shown(facts: &str, journeys: &[&str]) -> Vec<String> {
    let show = |problem: &Problem| {
        let text = if problem.path == "facts.yaml" { facts } else { journeys[0] };
        let (line, column) = problem.position(text);
        format!("{line}:{column}: {} | {}", problem.message, problem.help.as_deref().unwrap_or(""))
    };
    checked(facts, journeys).problems.iter().map(show).collect()
}

#[test]
fn a_ledger_has_its_lines_in_order() {
    let plan = checked(POINTS, &[]).plan.expect("good");
    let (number, points) = plan.facts.named("points").expect("it is there");
    let lines: Vec<EntryKind> =
        points.book().expect("a ledger").lines.iter().map(|line| line.entry).collect();
    use EntryKind::{Earn, Reset, Spend, Undo};
    assert_eq!(lines, [Earn, Earn, Earn, Earn, Undo, Undo, Undo, Spend, Reset]);
    let fed = |kind: &str| {
        let facts = plan.events[kind].facts.iter().filter(|feeding| feeding.fact == number);
        facts.map(|feeding| (feeding.role, feeding.amount.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(fed("order_placed"), [(Role::Line(0), true), (Role::Line(2), true)]);
    let undone = [4, 5, 6].map(|line| (Role::Line(line), false));
    assert_eq!(fed("order_refunded"), undone);
    assert_eq!(
        (fed("shared"), fed("points_counted")),
        (vec![(Role::Line(3), true)], vec![(Role::Line(8), true)])
    );
    assert_eq!(points.most_bytes(), 24 + 32 + 16 + 9 * 16);
}

#[test]
fn ledgers_are_checked() {
    for (fact, expected) in [
        (
            "ledger: { expire: 30d }",
            "2:3: a `ledger` lacks `earn` | add what is earned, such as `earn: [{ on: order_placed, add: floor(event.order.total), key: event.order.id }]`",
        ),
        (
            "ledger: { expires: 30d }, earn: [{ on: x, add: 1 }]",
            "2:18: `expires` is not a field of a ledger | did you mean `expire`?",
        ),
        (
            "ledger: { expire: 0s }, earn: [{ on: x, add: 1 }]",
            "2:26: the duration is zero | write a longer one, such as 1h",
        ),
        (
            "ledger: {}, earn: [{ on: x, add: 1 }], key: event.x.id",
            "2:3: a `ledger` has no `key` | say it in the lines of `earn` and `spend`",
        ),
        (
            "count: x, earn: [{ on: x, add: 1 }]",
            "2:3: a `count` has no `earn` | add `ledger:`, such as `ledger: { expire: 365d }`, instead of it",
        ),
        ("ledger: {}, earn: [{ on: x }]", "2:29: what is earned lacks `add` | add `add:`"),
        (
            "ledger: {}, earn: [{ on: x, add: event.order.id }]",
            "2:41: `event.order.id` is a string, not a number | write a number, such as `event.order.total`",
        ),
        (
            "ledger: {}, earn: [{ on: x, add: profile.points }]",
            "2:41: `profile.points` is not of the event: what a fact says must not depend on what is known when its events come | read `event.X` alone; ask for the rest where the fact is used",
        ),
        (
            "ledger: {}, earn: [{ on: x, add: 1 }], undo: y",
            "2:53: `y` has none of the keys of `earn` | add `key:` to a line of `earn`, such as `key: event.order.id`: it says what is undone",
        ),
        (
            "ledger: {}, earn: [{ on: x, add: 1, key: event.x.id }], undo: { on: y, add: event.y.z }",
            "2:76: a ledger undoes by the keys of `earn` | write the events alone; what goes back in part is a line of `spend`",
        ),
    ] {
        assert_eq!(shown(&format!("facts:\n  f: {{ {fact} }}\n"), &[]), [expected], "{fact}");
    }
}

fn asks(when: &str) -> String {
    format!(
        "journey: asks\ntrigger: {{ event: question_put, when: \"{when}\" }}\nsteps:\n  - send: x\n    channels: [email]\n"
    )
}

fn begins(at: &str) -> String {
    format!(
        "journey: asks\ntrigger: {{ at: \"{at}\" }}\nsteps:\n  - set: {{ soon: points.expiring(14d), left: points.balance }}\n  - send: x\n    channels: [email]\n"
    )
}

#[test]
fn conditions_read_ledgers_in_their_way() {
    for good in [
        "points.balance >= 100 && points.debt == 0",
        "points.expiring(14d) >= 100 || points.next_expiry < now + 30d",
    ] {
        assert_eq!(shown(POINTS, &[&asks(good)]), [""; 0], "{good}");
    }
    for (bad, expected) in [
        (
            "points > 1",
            "`points` cannot be read so: the fact `points` is a ledger | write `points.balance`, `points.debt`, `points.next_expiry` or `points.expiring(14d)`",
        ),
        (
            "points.expiring(event.x) > 1",
            "`points.expiring(event.x)` does not say within which time | write a duration, such as `points.expiring(14d)`",
        ),
        (
            "points.expiry > now",
            "by `points.expiry` a journey begins, once for each lot | write `points.next_expiry`; or `trigger: { at: points.expiry - 14d }`",
        ),
    ] {
        let problems = shown(POINTS, &[&asks(bad)]);
        let [problem] = &problems[..] else { panic!("{bad}: {problems:?}") };
        assert!(problem.ends_with(expected), "{bad}: {problem}");
    }
    let lasting = "facts:\n  points: { ledger: {}, earn: [{ on: x, add: 1 }] }\n";
    for bad in ["points.next_expiry > now", "points.expiring(1d) > 1"] {
        let problems = shown(lasting, &[&asks(bad)]);
        let [problem] = &problems[..] else { panic!("{bad}: {problems:?}") };
        let expected = "what is in the ledger `points` does not expire | add `expire:` to it, such as `ledger: { expire: 365d }`";
        assert!(problem.ends_with(expected), "{problem}");
    }
}

#[test]
fn a_journey_begins_by_each_lot() {
    assert_eq!(shown(POINTS, &[&begins("points.expiry - 14d")]), [""; 0]);
    let problems = shown(POINTS, &[&begins("points.next_expiry - 14d")]);
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.contains("changes as time passes"), "{problem}");
}

/// What is in a ledger stays there, whatever its lines say from now on.
#[test]
fn a_ledger_goes_on_under_other_lines() {
    let plan = |text: &str| checked(text, &[]).plan.expect("good");
    let points = |text: &str| plan(text).facts.named("points").expect("it is there").1.clone();
    let before = points(POINTS);
    let twice = points(&POINTS.replace("floor(event.order.total)", "floor(event.order.total) * 2"));
    assert!(before != twice && before.continues(&twice));
    assert!(before.continues(&points(&POINTS.replace("365d", "30d"))));
    assert!(!before.continues(&points(&POINTS.replace("expire: 365d, ", ""))));
}
