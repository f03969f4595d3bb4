//! Numbers for whose sake nothing would happen: refused with line, value and remedy where somebody wants them in force, and run where they were.

use super::*;

const FACTS: &str = "facts:
  orders: { count: order_placed }
  wishes: { set: wished, key: event.product.id, keys: 4, indexed: true }
";

fn checked(policy: &Policy, facts: &str, trigger: &str) -> Vec<String> {
    let text = format!("journey: j\ntrigger: {{ {trigger} }}\nsteps: [{{ exit: true }}]\n");
    let facts = SourceFile { path: "facts.yaml".into(), text: facts.into() };
    let journeys = sources(&[&text]);
    let both = Sources { journeys: &journeys, facts: Some(&facts) };
    assert!(load(policy, both).is_ok(), "what was in force is run: {trigger}");
    let show = |problem: &Problem| {
        let text = if problem.path == "facts.yaml" { &facts.text } else { &text };
        let (line, column) = problem.position(text);
        format!("{line}:{column}: {}", problem.message)
    };
    let problems = check(policy, both).problems;
    assert!(problems.iter().all(|problem| problem.help.is_some()), "{problems:?}");
    problems.iter().map(show).collect()
}

#[test]
fn a_budget_is_for_somebody() {
    let restocked = "catalogue: product_restocked, who: event.product.id in wishes";
    let of = |more: &str| checked(&Policy::default(), FACTS, &format!("{restocked}, {more}"));
    for budget in ["-5", "0", "0.5", "10 - 20", "3 * (1 - 1)"] {
        let told = format!("2:83: with the budget `{budget}` it begins for nobody");
        assert_eq!(of(&format!("budget: {budget}")), [told]);
    }
    assert_eq!(of("budget: 300, order: orders"), [""; 0]);
    assert_eq!(of("budget: event.product.stock - 5"), [""; 0]);
    let same = ["2:82: by `2 + 3` nobody comes before anybody: it is the same of all"];
    assert_eq!(of("order: 2 + 3"), same);
}

#[test]
fn a_ledger_enters_something() {
    let of = |lines: &str| {
        let facts = format!("facts:\n  points: {{ ledger: {{}}, {lines} }}\n");
        checked(&Policy::default(), &facts, "event: go")
    };
    for add in ["-50", "0", "5 - 10", "0.00001"] {
        let told = format!("2:51: `{add}`: nothing is ever earned");
        assert_eq!(of(&format!("earn: [{{ on: shared, add: {add} }}]")), [told]);
    }
    let earn = "earn: [{ on: shared, add: 50 }]";
    let told = ["2:84: `-5`: nothing is ever spent"];
    assert_eq!(of(&format!("{earn}, spend: [{{ on: paid, take: -5 }}]")), told);
    let told = ["2:84: `-1`: no balance is below 0"];
    assert_eq!(of(&format!("{earn}, reset: {{ on: counted, to: -1 }}")), told);
    assert_eq!(of(&format!("{earn}, reset: {{ on: counted, to: 0 }}")), [""; 0]);
    assert_eq!(of("earn: [{ on: paid, add: event.amount - 10 }]"), [""; 0]);
}

#[test]
fn a_policy_leaves_something() {
    for (policy, told) in [
        (
            Policy { low_stock: 0, ..Policy::default() },
            "`low_stock` is 0: no stock is above 0 and at most that",
        ),
        (
            Policy { max_products: 0, ..Policy::default() },
            "`max_products` is 0: no product would ever be known",
        ),
    ] {
        assert_eq!(checked(&policy, FACTS, "event: go"), [format!("1:1: {told}")]);
    }
}

#[test]
fn points_expire_within_a_time() {
    let facts = "facts:\n  points: { ledger: { expire: 9d }, earn: [{ on: shared, add: 50 }] }\n";
    let told = checked(&Policy::default(), facts, "event: go, when: points.expiring(0d) < 3");
    assert_eq!(told, ["2:29: `points.expiring(0d)` is always 0"]);
}
