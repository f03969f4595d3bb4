//! Journeys that begin for many by the catalogue: what they are made into, and what is refused, with line, column and remedy.

use super::*;
use crate::product::Transition;

const FACTS: &str = "facts:
  wishes: { set: wished, key: event.product.id, keys: 4, indexed: true }
  carted: { set: put, key: event.product.id, keys: 4, indexed: true }
  looked_at: { set: looked, key: event.product.id, keys: 4 }
  orders: { count: order_placed }
";

fn checked(policy: &Policy, journeys: &[&str]) -> Checked {
    let facts = SourceFile { path: "facts.yaml".into(), text: FACTS.into() };
    let journeys = sources(journeys);
    check(policy, Sources { journeys: &journeys, facts: Some(&facts) })
}

fn journey(name: &str, trigger: &str, more: &str) -> String {
    format!("journey: {name}\ntrigger: {{ {trigger} }}\n{more}steps:\n  - exit: true\n")
}

/// The trigger has exactly one problem, `line:column: message | help`.
fn one(trigger: &str, more: &str, expected: &str) {
    let text = journey("j", trigger, more);
    let show = |problem: &Problem| {
        let (line, column) = problem.position(&text);
        format!("{line}:{column}: {} | {}", problem.message, problem.help.as_deref().unwrap_or(""))
    };
    let problems = checked(&Policy::default(), &[&text]).problems;
    assert_eq!(problems.iter().map(show).collect::<Vec<_>>(), [expected], "{text}");
}

#[test]
fn a_transition_has_its_journeys_in_order() {
    let low = Policy { low_stock: Some(3.0), ..Policy::default() };
    let who = "who: event.product.id in wishes";
    let journeys = [
        journey("a", &format!("catalogue: product_restocked, {who}"), ""),
        journey(
            "b",
            &format!(
                "catalogue: product_restocked, {who}, order: orders * 2, budget: event.product.stock * 3, spread: 30m"
            ),
            "priority: 60\n",
        ),
        journey(
            "c",
            &format!("catalogue: low_stock, {who} && profile.x == true"),
            "key: event.product.id\n",
        ),
        journey(
            "d",
            "catalogue: price_fell, who: (event.product.id in wishes || event.product.id in carted) && event.to < event.from - 5",
            "",
        ),
    ];
    let texts: Vec<&str> = journeys.iter().map(String::as_str).collect();
    let checked = checked(&low, &texts);
    assert_eq!(checked.problems, []);
    let plan = checked.plan.expect("good");
    use Transition::{LowStock, PriceFell, Restocked};
    assert_eq!(plan.fans_out, [(Restocked, 1), (Restocked, 0), (PriceFell, 3), (LowStock, 2)]);
    let number = |name| plan.facts.named(name).expect("it is there").0;
    let (wishes, carted) = (number("wishes"), number("carted"));
    let mut indexed = vec![wishes, carted];
    indexed.sort_unstable();
    assert_eq!(plan.indexed, indexed);
    let fan_out = |index: usize| plan.journeys[index].fan_out.as_ref().expect("it has one");
    assert_eq!((fan_out(0).among.clone(), fan_out(3).among.clone()), (vec![wishes], indexed));
    assert_eq!(fan_out(1).spread.millis(), 1_800_000);
    assert!(plan.journeys.iter().all(|journey| journey.key.is_some()));
    assert!(plan.events["wished"].indexed && !plan.events["looked"].indexed);
    assert!(!plan.events.contains_key("product_restocked"), "it is nobody's event");
}

#[test]
fn what_cannot_begin_for_many_is_refused() {
    let who = "who: event.product.id in wishes";
    for (trigger, more, expected) in [
        ("catalogue: restocked, who: event.product.id in wishes".to_owned(), "", "?"),
        ("catalogue: product_restocked".to_owned(), "", "?"),
        ("catalogue: product_restocked, who: orders > 2".to_owned(), "", "?"),
        (
            "catalogue: product_restocked, who: \"!(event.product.id in wishes)\"".to_owned(),
            "",
            "?",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in wishes || orders > 2"
                .to_owned(),
            "",
            "?",
        ),
        ("catalogue: product_restocked, who: event.product.id in looked_at".to_owned(), "", "?"),
        ("catalogue: product_restocked, who: event.product.category in wishes".to_owned(), "", "?"),
        (format!("catalogue: product_restocked, {who}, order: profile.name == 'x'"), "", "?"),
        (format!("catalogue: product_restocked, {who}, budget: orders * 3"), "", "?"),
        (format!("catalogue: product_restocked, {who}, budget: event.stok"), "", "?"),
        (format!("catalogue: product_restocked, {who}, spread: 1 hour"), "", "?"),
        (format!("catalogue: product_restocked, {who}, when: orders > 1"), "", "?"),
        (format!("catalogue: product_restocked, {who}, event: go"), "", "?"),
        (format!("catalogue: product_restocked, {who}, at: profile.day"), "", "?"),
        (format!("catalogue: product_restocked, {who}, quiet_for: 1h"), "", "?"),
        (format!("catalogue: product_restocked, {who}, moved_by: [go]"), "", "?"),
        (format!("catalogue: product_restocked, {who}"), "key: event.product.category\n", "?"),
        (format!("catalogue: product_restocked, {who} && event.to > 2"), "", "?"),
        (format!("catalogue: low_stock, {who}"), "", "?"),
        (format!("event: go, {who}"), "", "?"),
        ("event: go, spread: 1h".to_owned(), "", "?"),
        ("at: profile.day, budget: \"3\"".to_owned(), "", "?"),
    ] {
        one(&trigger, more, expected);
    }
}
