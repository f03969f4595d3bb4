//! What an event that comes late has to be compared with: the newest event time of what ends a journey's runs, and of what moves its windows.

use super::bounds::MAX_LATEST;
use crate::time::Millis;
use thin_vec::ThinVec;
use xxhash_rust::xxh3::Xxh3;

/// What a time is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It ends runs: a trigger not later than it is stale.
    Ends,
    /// It moves windows.
    Moves,
}

/// Names what happened. The lowest bit says for which use, so that one list has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatestId(pub u64);

impl LatestId {
    /// Of a rule's parts; with their lengths, so that none can be taken for a part of another.
    pub fn of(use_: Use, parts: &[&str]) -> Self {
        let mut hash = Xxh3::new();
        for part in parts {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self::new(use_, hash.digest())
    }

    /// The same rule for one key.
    pub fn with_key(self, key: u64) -> Self {
        let both = [self.0.to_le_bytes(), key.to_le_bytes()];
        Self::new(self.use_(), xxhash_rust::xxh3::xxh3_64(both.as_flattened()))
    }

    /// Of everything that had no room.
    const fn floor(use_: Use) -> Self {
        Self(use_ as u64)
    }

    /// The lowest numbers are the floors'.
    fn new(use_: Use, hash: u64) -> Self {
        Self(hash.max(2) & !1 | use_ as u64)
    }

    fn use_(self) -> Use {
        if self.0 & 1 == Use::Ends as u64 { Use::Ends } else { Use::Moves }
    }
}

/// The newest event time of something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// What happened.
    pub id: LatestId,
    /// Event time.
    pub at: Millis,
}

/// A customer's latest times. Of each use the newest [`MAX_LATEST`]; what has no room raises a floor that counts for all of its use, so that
/// nothing is forgotten towards sending. The first stands in the customer itself: many have no other.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LatestTimes {
    /// [`NONE`] only where there are no others.
    first: Latest,
    more: ThinVec<Latest>,
}

/// Stands where there is none: an event of this time would be older than anything.
const NONE: Latest = Latest { id: LatestId(0), at: Millis::MIN };

impl Default for LatestTimes {
    fn default() -> Self {
        Self { first: NONE, more: ThinVec::new() }
    }
}

impl LatestTimes {
    /// Notes that it happened. What is not after `expired` may be forgotten: no event so old does anything.
    pub fn note(&mut self, id: LatestId, at: Millis, expired: Millis) {
        if let Some(one) = self.iter_mut().find(|one| one.id == id) {
            one.at = one.at.max(at);
            return;
        }
        if at <= expired {
            return;
        }
        let of_use = |one: &Latest| one.id.use_() == id.use_();
        self.retain(|one| !of_use(one) || one.at > expired);
        let floor = LatestId::floor(id.use_());
        let named = |one: &&Latest| of_use(one) && one.id != floor;
        if self.iter().filter(named).count() < MAX_LATEST {
            return self.push(Latest { id, at });
        }
        let oldest = |one: &&mut Latest| named(&&**one);
        let oldest = self.iter_mut().filter(oldest).min_by_key(|one| (one.at, one.id.0));
        let passed = match oldest {
            Some(oldest) if (oldest.at, oldest.id.0) < (at, id.0) => {
                std::mem::replace(oldest, Latest { id, at }).at
            }
            Some(_) | None => at,
        };
        if let Some(one) = self.iter_mut().find(|one| one.id == floor) {
            one.at = one.at.max(passed);
            return;
        }
        self.push(Latest { id: floor, at: passed });
    }

    /// The newest of these that is known; what had no room may have been one of them.
    pub fn newest(&self, use_: Use, ids: impl Iterator<Item = LatestId> + Clone) -> Option<Millis> {
        let floor = LatestId::floor(use_);
        let asked = |one: &&Latest| {
            one.id.use_() == use_ && (one.id == floor || ids.clone().any(|id| id == one.id))
        };
        self.iter().filter(asked).map(|one| one.at).max()
    }

    /// Puts one that was stored behind the others.
    pub fn push(&mut self, one: Latest) {
        if one.at == NONE.at {
            return;
        }
        if self.first.at == NONE.at {
            self.first = one;
        } else {
            super::tight::push_tightly(&mut self.more, one);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.first.at == NONE.at
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::from(!self.is_empty()) + self.more.len()
    }

    /// Those behind the first, for their side effect on the cache and for counting.
    pub fn more(&self) -> &[Latest] {
        &self.more
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Latest> {
        let first = Some(&self.first).filter(|first| first.at != NONE.at);
        first.into_iter().chain(self.more.iter())
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Latest> {
        let first = Some(&mut self.first).filter(|first| first.at != NONE.at);
        first.into_iter().chain(self.more.iter_mut())
    }

    fn retain(&mut self, keep: impl Fn(&Latest) -> bool) {
        self.more.retain(|one| keep(one));
        if self.first.at != NONE.at && !keep(&self.first) {
            self.first = if self.more.is_empty() { NONE } else { self.more.remove(0) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn id(number: u64) -> LatestId {
        LatestId::of(Use::Ends, &["rule", &number.to_string()])
    }

    #[test]
    fn names_and_uses_are_apart() {
        let ids = [
            LatestId::of(Use::Ends, &["ab", "c"]),
            LatestId::of(Use::Ends, &["a", "bc"]),
            LatestId::of(Use::Moves, &["ab", "c"]),
            LatestId::of(Use::Ends, &["ab", "c"]).with_key(0),
            LatestId::of(Use::Ends, &["ab", "c"]).with_key(1),
        ];
        for (place, one) in ids.iter().enumerate() {
            assert!(ids[place + 1..].iter().all(|other| other != one));
        }
        let mut latest = LatestTimes::default();
        latest.note(ids[0], 5, 0);
        latest.note(ids[2], 9, 0);
        let newest = |use_, id| latest.newest(use_, std::iter::once(id));
        assert_eq!([newest(Use::Ends, ids[0]), newest(Use::Ends, ids[1])], [Some(5), None]);
        assert_eq!([newest(Use::Moves, ids[2]), newest(Use::Moves, ids[0])], [Some(9), None]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(21), ..ProptestConfig::default() })]

        /// In any order, what is asked for is never older than what happened, and exact while there is room.
        #[test]
        fn nothing_is_forgotten_towards_sending(noted in prop::collection::vec((0u64..14, 100i64..130), 1..40), few in any::<bool>()) {
            let modulus = if few { MAX_LATEST as u64 } else { 14 };
            let noted: Vec<(u64, Millis)> = noted.into_iter().map(|(rule, at)| (rule % modulus, at)).collect();
            let told = |order: &mut dyn Iterator<Item = &(u64, Millis)>| {
                let mut latest = LatestTimes::default();
                order.for_each(|(rule, at)| latest.note(id(*rule), *at, 0));
                (0..modulus).map(|rule| latest.newest(Use::Ends, std::iter::once(id(rule)))).collect::<Vec<_>>()
            };
            let (forth, back) = (told(&mut noted.iter()), told(&mut noted.iter().rev()));
            prop_assert_eq!(&forth, &back);
            for (rule, told) in forth.iter().enumerate() {
                let exact = noted.iter().filter(|(other, _)| *other == rule as u64).map(|(_, at)| *at).max();
                prop_assert!(*told >= exact);
                prop_assert!(!few || *told == exact);
            }
        }
    }
}
