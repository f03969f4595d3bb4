//! The pools of a shard: which codes are left of each, in the order in which they came, and which it has ever had.

use super::load::Load;
use super::share::{Share, hash_of};
use crate::closed::closed;
use compact_str::CompactString;
use foldhash::fast::FixedState;
use hashbrown::HashSet;
use std::collections::VecDeque;

/// Most pools of a shard.
pub const MAX_POOLS: usize = 64;
/// Most codes of a pool in a shard, those that were given included: they are known by their hashes, so that none is given again.
pub const MAX_CODES: usize = 1_000_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Pools {
    pub(super) all: Vec<Pool>,
    /// The codes that have come since they were taken last: the pool's number, the number of the first of them, and the codes.
    pub(super) fresh: Vec<(usize, u64, Vec<CompactString>)>,
}

/// One pool.
#[derive(Clone, Debug)]
pub struct Pool {
    pub(super) name: CompactString,
    pub(super) left: VecDeque<CompactString>,
    /// Hashes of all that it has had.
    pub(super) known: HashSet<u64, FixedState>,
    pub(super) given: u64,
}

closed! {
    /// Why a shard does not take in a code that is its own.
    NotTaken {
        /// The pool has had it before.
        Repeated "repeated",
        /// There is no room for it.
        NoRoom "no_room",
    }
}

/// Codes of a record that were not taken in, in the order of [`NotTaken::ALL`].
pub type Left = [u64; NotTaken::ALL.len()];

impl Pool {
    pub(super) fn new(name: CompactString) -> Self {
        Self { name, left: VecDeque::new(), known: HashSet::default(), given: 0 }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Codes that are left.
    pub fn left(&self) -> u64 {
        self.left.len() as u64
    }

    /// Codes that were given to somebody.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// Codes that it has had.
    pub(super) fn had(&self) -> u64 {
        self.given + self.left()
    }
}

impl Pools {
    /// The pools, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Pool> {
        self.all.iter()
    }

    /// The pool of this name.
    pub fn named(&self, name: &str) -> Option<&Pool> {
        self.all.iter().find(|pool| pool.name == name)
    }

    /// Whether a code of the pool is left.
    pub fn has(&self, name: &str) -> bool {
        self.named(name).is_some_and(|pool| !pool.left.is_empty())
    }

    /// Gives the first code that is left of the pool: nobody else gets it.
    pub fn give(&mut self, name: &str) -> Option<CompactString> {
        let pool = self.all.iter_mut().find(|pool| pool.name == name)?;
        let code = pool.left.pop_front()?;
        pool.given += 1;
        Some(code)
    }

    /// Takes in those codes of a record that are the shard's and that the pool has not had, behind those that it has.
    pub fn load(&mut self, load: &Load<'_>, share: Share) -> Left {
        let own = load.codes.iter().map(|code| (hash_of(code), code));
        let own: Vec<_> = own.filter(|(hash, _)| share.has_hash(*hash)).collect();
        let mut left = Left::default();
        let place = self.place_of(&load.pool, !own.is_empty());
        let Some((place, pool)) = place.and_then(|it| Some((it, self.all.get_mut(it)?))) else {
            left[NotTaken::NoRoom as usize] = own.len() as u64;
            return left;
        };
        let (first, mut fresh) = (pool.had(), Vec::new());
        for (hash, code) in own {
            if pool.known.contains(&hash) {
                left[NotTaken::Repeated as usize] += 1;
            } else if pool.known.len() == MAX_CODES {
                left[NotTaken::NoRoom as usize] += 1;
            } else {
                pool.known.insert(hash);
                fresh.push(CompactString::from(code.as_ref()));
            }
        }
        pool.left.extend(fresh.iter().cloned());
        if !fresh.is_empty() {
            self.fresh.push((place, first, fresh));
        }
        left
    }

    /// Where the pool stands, which is made if it is `wanted`; none where there is no room for it.
    fn place_of(&mut self, name: &str, wanted: bool) -> Option<usize> {
        let known = self.all.iter().position(|pool| pool.name == name);
        if known.is_some() || !wanted || self.all.len() == MAX_POOLS {
            return known;
        }
        self.all.push(Pool::new(name.into()));
        Some(self.all.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pools: &mut Pools, pool: &str, codes: &[&str], share: Share) -> Left {
        let codes = codes.iter().map(|code| (*code).into()).collect();
        pools.load(&Load { pool: pool.into(), codes }, share)
    }

    #[test]
    fn each_code_is_given_once_in_the_order_in_which_they_came() {
        let (mut pools, whole) = (Pools::default(), Share::of(0, 1));
        assert_eq!(pools.give("spring"), None);
        assert_eq!(load(&mut pools, "spring", &["B", "A"], whole), [0, 0]);
        assert_eq!(pools.give("spring").as_deref(), Some("B"));
        assert_eq!(load(&mut pools, "spring", &["C", "B", "A", "C"], whole), [3, 0]);
        let given: Vec<_> = std::iter::from_fn(|| pools.give("spring")).collect();
        assert_eq!(given.join(""), "AC");
        assert!(!pools.has("spring") && !pools.has("summer"));
        let pool = pools.named("spring").unwrap();
        assert_eq!((pool.left(), pool.given(), pool.name()), (0, 3, "spring"));
    }

    #[test]
    fn shards_share_all_codes_among_them() {
        let codes: Vec<String> = (0..1_000).map(|number| format!("C{number}")).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let mut given = Vec::new();
        for partition in 0..4 {
            let mut pools = Pools::default();
            load(&mut pools, "spring", &codes, Share::of(partition, 4));
            given.extend(std::iter::from_fn(|| pools.give("spring")));
        }
        given.sort();
        let mut all: Vec<CompactString> = codes.iter().map(|code| (*code).into()).collect();
        all.sort();
        assert_eq!(given, all);
    }

    #[test]
    fn a_shard_has_so_many_pools() {
        let (mut pools, whole) = (Pools::default(), Share::of(0, 1));
        for number in 0..=MAX_POOLS {
            let left = load(&mut pools, &format!("p{number}"), &["A"], whole);
            assert_eq!(left, [0, u64::from(number == MAX_POOLS)], "{number}");
        }
    }
}
