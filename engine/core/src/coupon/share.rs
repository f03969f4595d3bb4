//! Which codes are whose: each partition has a range of the hashes of codes. So two shards never have the same code, however often it is loaded.

use xxhash_rust::xxh3::xxh3_64;

/// A shard's part of all codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    partition: u64,
    partitions: u64,
}

impl Share {
    /// That of a partition of so many.
    pub fn of(partition: i32, partitions: i32) -> Self {
        let number = |number: i32| u64::try_from(number).unwrap_or(0);
        Self { partition: number(partition), partitions: number(partitions).max(1) }
    }

    /// Whether the code is among them.
    pub fn has(self, code: &str) -> bool {
        self.has_hash(hash_of(code))
    }

    /// Whether a code with this hash is.
    pub(super) fn has_hash(self, hash: u64) -> bool {
        (u128::from(hash) * u128::from(self.partitions)) >> 64 == u128::from(self.partition)
    }
}

/// The hash of a code.
pub fn hash_of(code: &str) -> u64 {
    xxh3_64(code.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_one_shards() {
        for partitions in [1, 3, 4, 7, 1_000] {
            let mut of_each = vec![0; partitions as usize];
            for number in 0..10_000 {
                let code = format!("CODE-{number}");
                let whose: Vec<i32> =
                    (0..partitions).filter(|it| Share::of(*it, partitions).has(&code)).collect();
                assert_eq!(whose.len(), 1, "{number} of {partitions}");
                of_each[whose[0] as usize] += 1;
            }
            assert!(of_each.iter().all(|count| *count > 0), "{of_each:?}");
        }
        for hash in [0, u64::MAX / 2, u64::MAX] {
            assert!((0..4).any(|it| Share::of(it, 4).has_hash(hash)), "{hash}");
        }
    }
}
