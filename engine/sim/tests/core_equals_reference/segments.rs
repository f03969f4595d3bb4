//! The segments that ship say of a customer what their names say; both programs say the same.

use crate::{by_core, by_reference, compare};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{DAY, HOUR, Millis, format_rfc3339};
use cartwheel_sim::history::Step;
use serde_json::{Value, json};
use std::sync::Arc;

const SHIPPED: &str = include_str!("../../../../config/facts.yaml");
/// 2026-03-02T10:00:00Z.
const START: Millis = 1_772_445_600_000;

/// The shipped facts, and a journey for each segment into which whoever is asked enters.
fn plan() -> Arc<Plan> {
    let file = |path: &str, text: String| SourceFile { path: path.into(), text };
    let facts = file("facts.yaml", SHIPPED.into());
    let asks = |name: &str| {
        let text = format!(
            "journey: in_{name}\nclass: transactional\nreentry: always\ntrigger: {{ event: asked, when: {name} }}\nsteps: [{{ exit: true }}]\n"
        );
        file(name, text)
    };
    let sources = Sources { journeys: &[], facts: Some(&facts) };
    let none = load(&Policy::default(), sources).expect("the shipped facts");
    let journeys: Vec<SourceFile> = none.segments.iter().map(|(name, _)| asks(name)).collect();
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    Arc::new(load(&Policy::default(), sources).expect("journeys that ask"))
}

fn event(at: Millis, kind: &str, mut fields: Value) -> Step {
    fields["type"] = kind.into();
    fields["customer"] = "ana".into();
    fields["time"] = format_rfc3339(at).into();
    Step::Record { time: at, value: fields.to_string().into_bytes() }
}

fn order(at: Millis, id: u32, total: u32) -> Step {
    event(at, "order_placed", json!({ "order": { "id": id, "total": total } }))
}

/// The segments in which the customer is at that time, behind these events.
fn segments(plan: &Arc<Plan>, mut steps: Vec<Step>, at: Millis) -> String {
    steps.push(event(at, "asked", json!({})));
    let (core, reference) = (by_core(plan, &steps, u64::MAX), by_reference(plan, &steps));
    assert!(compare(&core, &reference).is_none());
    let entered = core.decisions.iter().filter(|decision| decision.contains(r#""entered""#));
    let name = |decision: &String| {
        let decision: Value = serde_json::from_str(decision).expect("a decision");
        decision["journey"].as_str().map(|name| name.replacen("in_", "", 1)).unwrap_or_default()
    };
    entered.map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_segments_that_ship_are_what_they_are_called() {
    let plan = plan();
    let of = |steps: Vec<Step>, at: Millis| segments(&plan, steps, at);
    let created = || event(START, "customer_created", json!({}));
    let cart = |at| event(at, "cart_updated", json!({ "cart": { "id": 1, "items": [1] } }));
    let view = |at, category: &str| {
        event(at, "product_viewed", json!({ "product": { "id": at, "category": category } }))
    };
    assert_eq!(of(vec![created()], START + DAY), "new_subscribers");
    assert_eq!(of(vec![created()], START + 30 * DAY), "");
    assert_eq!(of(vec![created(), order(START, 1, 20)], START + DAY), "first_time_buyers");
    let two = || vec![order(START, 1, 20), order(START + DAY, 2, 20)];
    assert_eq!(of(two(), START + 2 * DAY), "repeat_buyers");
    assert_eq!(of(two(), START + 61 * DAY), "at_risk repeat_buyers");
    assert_eq!(of(two(), START + 91 * DAY), "lapsed repeat_buyers");
    assert_eq!(of(vec![order(START, 1, 500)], START + DAY), "first_time_buyers high_value vip");
    assert_eq!(of(vec![cart(START)], START + HOUR - 1), "");
    assert_eq!(of(vec![cart(START)], START + HOUR), "cart_abandoners");
    let bought = vec![cart(START), order(START + HOUR, 1, 20)];
    assert_eq!(of(bought, START + 2 * HOUR), "first_time_buyers");
    let views = |last: &'static str| {
        (1..=5).map(move |at| view(START + at, if at == 5 { last } else { "bells" }))
    };
    assert_eq!(of(views("bells").collect(), START + DAY), "category_enthusiasts");
    assert_eq!(of(views("pumps").collect(), START + DAY), "");
    let with_code = |at, id: u32| {
        event(at, "order_placed", json!({ "order": { "id": id, "total": 20, "coupon": "x" } }))
    };
    let driven = vec![with_code(START, 1), with_code(START + 1, 2), order(START + 2, 3, 20)];
    assert_eq!(of(driven, START + DAY), "discount_driven repeat_buyers vip");
    let full = vec![order(START, 1, 20), order(START + 1, 2, 20), order(START + 2, 3, 20)];
    assert_eq!(of(full, START + DAY), "full_price repeat_buyers vip");
}
