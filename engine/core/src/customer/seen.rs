//! The newest event ids, for recognising an event that comes twice.

use super::bounds::REMEMBERED_IDS;

/// A ring of hashes of 48 bits each, so that the ring and the customer's first latest time share a cache line. 0 is an empty place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SeenIds {
    low: [u32; REMEMBERED_IDS],
    high: [u16; REMEMBERED_IDS],
}

/// Bytes of a hash.
pub(super) const BYTES: usize = 6;

impl SeenIds {
    /// What is remembered of the 64-bit hash of an id: the upper 48 bits, never 0.
    pub fn short(hash: u64) -> u64 {
        (hash >> 16).max(1)
    }

    /// Something of it, for the side effect on the cache.
    pub fn look(&self) -> u32 {
        self.low[0]
    }

    /// Whether a hash of 48 bits is there.
    #[inline]
    pub fn contains(&self, id: u64) -> bool {
        let (low, high) = (id as u32, (id >> 32) as u16);
        // All places, without a branch: eight comparisons side by side.
        let places = self.low.iter().zip(&self.high);
        places.fold(false, |found, place| found | (place == (&low, &high)))
    }

    /// Puts a hash of 48 bits into a place below [`REMEMBERED_IDS`].
    pub fn set(&mut self, place: usize, id: u64) {
        if let (Some(low), Some(high)) = (self.low.get_mut(place), self.high.get_mut(place)) {
            (*low, *high) = (id as u32, (id >> 32) as u16);
        }
    }

    /// Every place.
    pub fn all(&self) -> [u64; REMEMBERED_IDS] {
        std::array::from_fn(|place| u64::from(self.low[place]) | u64::from(self.high[place]) << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_there_and_nothing_else() {
        let mut seen = SeenIds::default();
        let ids = [1, 0xffff_ffff, 0x1_0000_0000, 0xabcd_0000_0001, SeenIds::short(u64::MAX)];
        for (place, id) in ids.into_iter().enumerate() {
            assert!(!seen.contains(id));
            seen.set(place, id);
            assert!(seen.contains(id));
        }
        assert_eq!(
            seen.all(),
            [1, 0xffff_ffff, 0x1_0000_0000, 0xabcd_0000_0001, (1 << 48) - 1, 0, 0, 0]
        );
        assert!(!seen.contains(0x1_ffff_ffff), "half of one and half of another");
        seen.set(REMEMBERED_IDS, 7);
        assert!(!seen.contains(7));
        assert_eq!((SeenIds::short(5), SeenIds::short(1 << 16)), (1, 1));
    }
}
