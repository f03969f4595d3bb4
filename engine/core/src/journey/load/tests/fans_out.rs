//! Journeys that begin for many by the catalogue: what they are made into, and what is refused, with line, column and remedy.

use super::*;
use crate::product::Transition;

const FACTS: &str = "facts:
  wishes: { set: wished, key: event.product.id, keys: 4, indexed: true }
  carted: { set: put, key: event.product.id, keys: 4, indexed: true }
  looked_at: { set: looked, key: event.product.id, keys: 4 }
  orders: { count: order_placed }
";

fn checked(journeys: &[&str]) -> Checked {
    let facts = SourceFile { path: "facts.yaml".into(), text: FACTS.into() };
    let journeys = sources(journeys);
    check(&Policy::default(), Sources { journeys: &journeys, facts: Some(&facts) })
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
    let problems = checked(&[&text]).problems;
    assert_eq!(problems.iter().map(show).collect::<Vec<_>>(), [expected], "{text}");
}

#[test]
fn a_transition_has_its_journeys_in_order() {
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
    let checked = checked(&texts);
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
    for (trigger, more, expected) in [
        (
            "catalogue: product_restocked",
            "",
            "2:23: nobody is named for whom it begins | add `who:`, such as `who: event.product.id in wishes`",
        ),
        (
            "catalogue: product_restocked, who: orders > 2",
            "",
            "2:47: `orders > 2` does not ask for the product in a set | begin with it, joined to the rest by `&&`: `event.product.id in wishes`, where `wishes` is a set with `indexed: true` (facts.yaml)",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in wishes || orders > 2",
            "",
            "2:47: `event.product.id in wishes || orders > 2` does not ask for the product in a set | begin with it, joined to the rest by `&&`: `event.product.id in wishes`, where `wishes` is a set with `indexed: true` (facts.yaml)",
        ),
        (
            "catalogue: product_restocked, who: event.product.category in wishes",
            "",
            "2:47: `event.product.category in wishes` does not ask for the product in a set | begin with it, joined to the rest by `&&`: `event.product.id in wishes`, where `wishes` is a set with `indexed: true` (facts.yaml)",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in looked_at",
            "",
            "2:47: `looked_at` is not indexed: it is not known who has a product in it | write `indexed: true` in `looked_at` (facts.yaml)",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in wishes, budget: orders * 3",
            "",
            "2:83: `orders * 3` reads more than the event | a budget is one for all customers: read the product, such as `event.product.stock * 3`",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in wishes, when: orders > 1",
            "",
            "2:81: a journey that begins by the catalogue has no `when` | write it into `who`",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in wishes, event: go",
            "",
            "2:75: a journey begins by `catalogue` or by `event`, not by both | write one of `event:` (what a customer does), `catalogue:` (what happens to a product), `broadcast:` (what everybody is told), and `at:` (a time)",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in wishes, quiet_for: 1h",
            "",
            "2:86: a journey that begins by the catalogue has no `quiet_for` | leave it out, or begin with a `wait`",
        ),
        (
            "catalogue: product_restocked, who: event.product.id in wishes",
            "key: event.product.category\n",
            "3:6: a journey that begins by the catalogue has no `key` | remove it: its key is event.product.id",
        ),
        (
            "event: go, who: event.product.id in wishes",
            "",
            "2:28: `who` belongs to a journey that begins by the catalogue or by a broadcast | remove it, or write `catalogue:` or `broadcast:` instead of `event:`",
        ),
        (
            "event: go, spread: 1h",
            "",
            "2:31: `spread` belongs to a journey that begins by the catalogue or by a broadcast | remove it, or write `catalogue:` or `broadcast:` instead of `event:`",
        ),
        (
            "event: price_fell",
            "",
            "2:19: `price_fell` happens to a product, not to a customer | write `catalogue: price_fell` instead of `event:`, and `who:`",
        ),
    ] {
        one(trigger, more, expected);
    }
}
