//! Whether the producers of the events topic put customers where the partitioner would: if not, somebody must know it, and what to set.

use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::Poison;
use cartwheel_shard::Counters;
use std::time::{Duration, Instant};

/// Between two warnings.
const EVERY: Duration = Duration::from_secs(60);

/// What was said of one shard.
#[derive(Debug, Default)]
pub(super) struct Placement {
    misplaced: u64,
    other_keys: u64,
    said: Option<Instant>,
}

impl Placement {
    /// Says so if there is something new to say, and it was not said a moment ago. `customers`: those that the shard knows.
    pub fn look(&mut self, partition: u32, now: &Counters, customers: u64, set: Partitioner) {
        let misplaced = now.poison[Poison::Misplaced as usize];
        let news = (misplaced, now.other_keys) != (self.misplaced, self.other_keys);
        if !news || self.said.is_some_and(|said| said.elapsed() < EVERY) {
            return;
        }
        if misplaced > self.misplaced {
            let remedy = remedy(misplaced, &now.would_fit, customers);
            tracing::warn!(
                partition,
                misplaced,
                "records stand on a partition where {set} would not put their customers; they are dead letters (misplaced). {remedy}"
            );
        }
        if now.other_keys > self.other_keys {
            tracing::warn!(
                partition,
                records = now.other_keys,
                "records have a key that is not their customer: two events of a customer may then stand on two partitions. Produce with the customer as the key"
            );
        }
        (self.misplaced, self.other_keys) = (misplaced, now.other_keys);
        self.said = Some(Instant::now());
    }
}

/// What to do. Above one record in a hundred it is not one producer that errs but the setting.
fn remedy(misplaced: u64, would_fit: &[u64; Partitioner::ALL.len()], customers: u64) -> String {
    let fits = |other: &Partitioner| would_fit[*other as usize] * 100 >= misplaced * 99;
    match Partitioner::ALL.into_iter().find(fits) {
        Some(other) if misplaced * 100 > misplaced + customers => {
            format!("kafka.partitioner: {other} would fit them")
        }
        Some(other) => format!("Some producer uses {other}"),
        None => "No partitioner that Cartwheel knows fits them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_the_partitioner_that_fits() {
        assert!(remedy(100, &[0, 100, 25], 10).contains("kafka.partitioner: crc32"));
        assert!(remedy(1, &[0, 0, 1], 1_000).contains("uses fnv1a"));
        assert!(remedy(100, &[0, 50, 50], 10).starts_with("No partitioner"));
    }
}
