//! Benchmarks of Cartwheel, a file each under `benches/`: `cargo bench -p cartwheel-benches --bench NAME`.
//!
//! `workload` (how fast the load test's events are made, the ceiling of every other figure), `decode`, `apply`, `wheel`, `table`,
//! `checkpoint`, `turn`: times, by criterion. `instructions` (decode and turn, facts, products): counted under valgrind, since counts do not move with the
//! machine; `cargo bench -p cartwheel-benches --features instructions --bench instructions`. The guard against regressions is `cartwheel-counted`, beside this.
//! Figures beside their targets: `RESULTS.md`.

pub mod crowd;
pub mod watchers;

use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_providers::template::Templates;
use std::path::Path;
use std::sync::Arc;

/// Records in a batch of the benchmarks.
pub const BATCH: usize = 4_096;

const JOURNEYS: [(&str, &str); 2] = [
    ("cart_abandonment.yaml", include_str!("../../loadtest/config/journeys/cart_abandonment.yaml")),
    ("welcome.yaml", include_str!("../../loadtest/config/journeys/welcome.yaml")),
];

/// The journeys of the load test, under the default policy, with what the shipped templates read.
///
/// # Panics
/// If they are not valid.
pub fn plan() -> Arc<Plan> {
    let sources = JOURNEYS.map(|(path, text)| SourceFile { path: path.into(), text: text.into() });
    showing(load(&Policy::default(), &sources).expect("the shipped journeys are valid"))
}

/// The plan under what the shipped templates read.
fn showing(plan: Plan) -> Arc<Plan> {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/templates");
    let templates = Templates::load(&templates).unwrap_or_else(|problems| panic!("{problems:?}"));
    Arc::new(plan.showing(&templates.shown()))
}

/// A bijection of `0..2^bits` that visits its numbers in no order that a cache could guess.
pub fn scattered(number: u32, bits: u32) -> u32 {
    number.wrapping_mul(2_654_435_761) & ((1 << bits) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_there_and_numbers_scatter() {
        assert_eq!(plan().journeys.len(), 2);
        let mut seen: Vec<u32> = (0..1_024).map(|number| scattered(number, 10)).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..1_024).collect::<Vec<_>>());
    }
}
