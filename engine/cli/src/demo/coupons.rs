//! Codes for the shop's coupons: what `cartwheel coupons load` would bring, there before the story begins.

use cartwheel_core::time::Millis;
use cartwheel_streams::coupons::loads;
use cartwheel_streams::{Entry, Epoch, Stream};

/// Codes of a pool at most: the mock broker holds little.
const MOST: u32 = 10_000;

/// The records that bring each pool a code for so many customers, as every partition gets them. The same codes whenever the story begins.
pub fn records(pools: &[String], customers: u32, at: Millis) -> Vec<Vec<u8>> {
    let epoch = Epoch::begin(at, 0, None);
    let codes = |pool: &String| {
        let name = pool.to_uppercase();
        (1..=customers.min(MOST)).map(|number| format!("{name}-{number:05}")).collect::<Vec<_>>()
    };
    let contents = pools.iter().flat_map(|pool| {
        let codes = codes(pool);
        loads(pool, &codes.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let contents: Vec<_> = contents.collect();
    let numbered = (1..).zip(&contents);
    numbered
        .map(|(sequence, content)| Entry::new(Stream::Control, at, content).copy(&epoch, sequence))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn each_pool_has_a_code_for_everybody() {
        let pools = ["welcome10", "win_back"].map(str::to_owned);
        let records = records(&pools, 2_500, 0);
        let values: Vec<Value> =
            records.iter().map(|record| serde_json::from_slice(record).unwrap()).collect();
        let codes = |pool: &str| {
            let of_pool = values.iter().filter(|value| value["control"]["coupons"] == pool);
            of_pool.map(|value| value["control"]["codes"].as_array().unwrap().len()).sum::<usize>()
        };
        assert_eq!((codes("welcome10"), codes("win_back")), (2_500, 2_500));
        assert_eq!(values[0]["control"]["codes"][16], "WELCOME10-00017");
        let sequences: Vec<_> = values.iter().map(|value| value["sequence"].as_u64()).collect();
        assert_eq!(sequences, (1..=values.len() as u64).map(Some).collect::<Vec<_>>());
        assert!(super::records(&[], 2_500, 0).is_empty());
    }
}
