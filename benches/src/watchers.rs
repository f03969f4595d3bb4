//! A shop where many wait for one product: what its shard is told, as records of the events topic.

use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use std::sync::Arc;

/// A journey for those who have a product in a set that is indexed, best rank first, as many as there are pieces.
///
/// # Panics
/// If it is not valid.
pub fn waiting() -> Arc<Plan> {
    let file = |path: &str, text: String| SourceFile { path: path.into(), text };
    let trigger = "catalogue: product_restocked, who: event.product.id in wishes, order: profile.rank, budget: event.product.stock, spread: 30m";
    let journey = format!(
        "journey: back\ntrigger: {{ {trigger} }}\nreentry: always\nsteps:\n  - send: back\n    channels: [webhook]\n"
    );
    let facts = "facts:\n  wishes: { set: wished, key: event.product.id, for: 30d, keys: 8, indexed: true }\n";
    let (journeys, facts) = ([file("back.yaml", journey)], file("facts.yaml", facts.to_owned()));
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    Arc::new(load(&Policy::default(), sources).expect("a valid configuration"))
}

/// Customer `number` wishes for product `p`.
pub fn wished(number: u64) -> String {
    format!(
        r#"{{"type":"wished","customer":"c{number}","product":{{"id":"p"}},"profile":{{"rank":{}}}}}"#,
        number.wrapping_mul(2_654_435_761) % 1_000
    )
}

/// Record `sequence` of the catalogue: how many pieces there are of a product.
pub fn product(sequence: u64, id: &str, stock: u64) -> String {
    format!(
        r#"{{"type":"catalogue","stream":"catalogue","epoch":"e","sequence":{sequence},"product":{{"id":"{id}","stock":{stock},"price":20.5}}}}"#
    )
}
