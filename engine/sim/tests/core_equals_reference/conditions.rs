//! Random conditions in every place that has one, on histories with fields of all kinds. The reference walks over their text.

use crate::{by_core, by_reference, compare, histories};
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_sim::history::{Draw, Place, condition, generate_rich};
use std::sync::Arc;

/// A journey on carts and one on products; each condition is another.
fn journeys(draw: &mut Draw) -> Vec<String> {
    let mut text = |place| condition(draw, place).replace('\'', "''");
    let [when, exit, other, met] = [(); 4].map(|()| text(Place::Event));
    let [first, second, third] = [(); 3].map(|()| text(Place::Step));
    let fourth = text(Place::Waited);
    let keeps = text(Place::While);
    let cart = format!(
        "journey: cart
trigger: {{ event: [cart_updated, never_heard_of], when: '{when}', quiet_for: 20m }}
key: event.cart.id
reentry: always
exit:
  - on: order_placed
    when: '{exit}'
steps:
  - branch:
      - when: '{first}'
        steps: [{{ send: one, channels: [webhook] }}]
      - when: '{second}'
        steps: [{{ wait: 3h }}]
  - wait: 40m
  - branch:
      - when: '{third}'
        steps: [{{ send: two, channels: [webhook] }}]
  - wait: {{ for: [page_viewed, product_viewed, cart_updated], where: '{met}', at_most: 5h }}
  - branch:
      - when: '{fourth}'
        steps: [{{ set: {{ at: event.time, kept: event.note, on: waited.for }} }}]
"
    );
    let product = format!(
        "journey: product
trigger: {{ event: [product_viewed, customer_created], when: '{other}' }}
reentry: {{ after: 1h }}
while: '{keeps}'
steps:
  - wait: 2h
  - send: seen
    channels: [webhook]
"
    );
    vec![cart, product]
}

fn plan(texts: &[String]) -> Arc<Plan> {
    let policy: Policy =
        serde_saphyr::from_str("zone: America/New_York\nquiet_hours: []\n").expect("a policy");
    let sources = texts.iter().map(|text| SourceFile { path: "c.yaml".into(), text: text.clone() });
    let sources: Vec<SourceFile> = sources.collect();
    let told = |problems| format!("{problems:#?}\n{}", texts.join("\n"));
    Arc::new(load(&policy, &sources).unwrap_or_else(|problems| panic!("{}", told(problems))))
}

#[test]
fn conditions_mean_what_the_reference_makes_of_their_text() {
    let mut branched = 0;
    for seed in 0..histories() / 4 {
        let texts = journeys(&mut Draw::new(seed));
        let plan = plan(&texts);
        let steps = generate_rich(seed, &plan, 60);
        let (core, reference) = (by_core(&plan, &steps, u64::MAX), by_reference(&plan, &steps));
        branched +=
            reference.decisions.iter().filter(|line| line.contains("\"condition\"")).count();
        if let Some((_, difference)) = compare(&core, &reference) {
            panic!("seed {seed}: {difference}\n{}", texts.join("\n"));
        }
    }
    assert!(branched as u64 > histories() / 8, "conditions of which none is true show nothing");
}
