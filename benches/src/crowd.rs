//! Configurations with much in them that the load test's events are not about, and with one fact of each kind that they are about.

use crate::{JOURNEYS, showing};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_workload::bystanders;
use std::sync::Arc;

/// How many journeys and facts want none of the load test's events.
pub const BYSTANDERS: (usize, usize) = (200, 50);

/// One fact of each kind, by the name that its row has; the first has none.
pub const FACTS: [(&str, &str); 8] = [
    ("none", ""),
    ("count", "{ count: product_viewed }"),
    ("count_over", "{ count: product_viewed, over: 7d, up_to: 8 }"),
    ("count_by", "{ count: product_viewed, by: event.product.id, keys: 8, over: 7d, up_to: 4 }"),
    ("sum", "{ sum: product_viewed, add: event.product.price }"),
    ("last", "{ last: product_viewed }"),
    ("last_keep", "{ last: product_viewed, keep: [event.product.id, event.product.price] }"),
    ("set", "{ set: product_viewed, key: event.product.id, for: 30d, keys: 8 }"),
];

/// The load test's two journeys, and beside them [`BYSTANDERS`]: the journeys as [`bystanders::journeys`] has them, a fifth of the facts with a key, a
/// window and what undoes it.
///
/// # Panics
/// If they are not valid.
pub fn crowded() -> Arc<Plan> {
    let (journeys, facts) = BYSTANDERS;
    let facts: String = (0..facts)
        .map(|number| {
            // What a customer's facts may take has room for a few with keys.
            let keyed = ", key: event.thing.id, over: 30d, up_to: 1, undo: other_end";
            let more = if number % 5 == 0 { format!("{keyed}_{number}") } else { String::new() };
            format!("  fact_{number}: {{ count: other_{number}{more} }}\n")
        })
        .collect();
    compiled(bystanders::journeys(journeys, "welcome_offer"), &format!("facts:\n{facts}"))
}

/// The load test's two journeys, and this fact.
///
/// # Panics
/// If it is not valid.
pub fn with_fact(fact: &str) -> Arc<Plan> {
    let facts = if fact.is_empty() { String::new() } else { format!("  f: {fact}\n") };
    compiled([], &format!("facts:\n{facts}"))
}

fn compiled(more: impl IntoIterator<Item = SourceFile>, facts: &str) -> Arc<Plan> {
    let own = JOURNEYS.map(|(path, text)| SourceFile { path: path.into(), text: text.into() });
    let journeys: Vec<SourceFile> = own.into_iter().chain(more).collect();
    let facts = SourceFile { path: "facts.yaml".into(), text: facts.into() };
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let plan = load(&Policy::default(), sources);
    showing(plan.unwrap_or_else(|problems| panic!("{:?}", problems.first())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;

    #[test]
    fn an_event_looks_at_those_alone_that_want_it() {
        let (few, many) = (plan(), crowded());
        assert_eq!(many.journeys.len(), few.journeys.len() + BYSTANDERS.0);
        assert_eq!(many.facts.own().count(), BYSTANDERS.1);
        for (kind, wanted) in &few.events {
            let found = &many.events[kind];
            let looked_at = |interest: &cartwheel_core::journey::plan::Interest| {
                (interest.journeys.len(), interest.facts.len(), interest.fields.len())
            };
            assert_eq!(looked_at(found), looked_at(wanted), "{kind}");
        }
    }

    #[test]
    fn every_fact_is_fed_by_what_the_load_test_brings() {
        for (name, fact) in FACTS {
            let plan = with_fact(fact);
            let fed = plan.events.get("product_viewed").map_or(0, |interest| interest.facts.len());
            let without = crate::plan().events["product_viewed"].facts.len();
            assert_eq!(fed - without, usize::from(name != "none"), "{name}");
            println!(
                "{name}: {} bytes after one event, at most {}",
                plan.facts.few_bytes(),
                plan.facts.most_bytes()
            );
        }
    }
}
