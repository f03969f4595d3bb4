//! Pools as a checkpoint keeps them: codes in batches that are written once, under a key that says where they stand; and apart from them, each time,
//! how many of each pool there were and how many were given. What was given stays as a hash.

use super::pools::{MAX_CODES, MAX_POOLS, Pool, Pools};
use super::share::hash_of;
use crate::compact::{Bytes, Writer};
use compact_str::CompactString;

/// Bits of a key that say where the first code stands; above them is the pool's number.
const PLACE: u32 = 32;

/// Under what a batch is kept: in order of pools, and of codes in them.
fn key(pool: usize, first: u64) -> u64 {
    (pool as u64) << PLACE | first
}

/// Appends the stored form of a batch.
fn put_codes(codes: &[CompactString], out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    for code in codes {
        writer.text(0, code);
        writer.room();
    }
    writer.flush();
}

impl Pools {
    /// What has come since the last call, in order of keys: each batch of codes with its key, as [`Pools::load_stored`] takes it.
    pub fn take_fresh(&mut self, mut each: impl FnMut(u64, &[u8])) {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_by_key(|(pool, first, _)| (*pool, *first));
        let mut packed = Vec::new();
        for (pool, first, codes) in fresh {
            packed.clear();
            put_codes(&codes, &mut packed);
            each(key(pool, first), &packed);
        }
    }

    /// Appends the stored form of everything but the codes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        writer.number(self.all.len() as u64);
        for pool in &self.all {
            writer.text(0, &pool.name);
            writer.room();
            writer.number(pool.given);
        }
        writer.flush();
    }

    /// Reads it; none where the bytes are not it. No bytes are no pools. The codes come behind.
    pub fn decode(stored: &[u8]) -> Option<Self> {
        let mut pools = Self::default();
        if stored.is_empty() {
            return Some(pools);
        }
        let mut bytes = Bytes(stored);
        let count = bytes.count(2).filter(|count| *count <= MAX_POOLS)?;
        for _ in 0..count {
            let len = bytes.number()?;
            let name = bytes.text(len)?;
            pools.all.push(Pool { given: bytes.number()?, ..Pool::new(name) });
        }
        bytes.0.is_empty().then_some(pools)
    }

    /// Takes in a batch of codes; they come in order of their keys. False where the bytes are none, or what stands before them is missing.
    pub fn load_stored(&mut self, key: u64, packed: &[u8]) -> bool {
        let first = key & ((1 << PLACE) - 1);
        let place = usize::try_from(key >> PLACE).ok();
        let Some(pool) = place.and_then(|place| self.all.get_mut(place)) else { return false };
        if pool.known.len() as u64 != first {
            return false;
        }
        let mut bytes = Bytes(packed);
        while !bytes.0.is_empty() {
            let code = bytes.number().and_then(|len| bytes.text(len));
            let Some(code) = code.filter(|_| pool.known.len() < MAX_CODES) else { return false };
            let is_left = pool.known.len() as u64 >= pool.given;
            pool.known.insert(hash_of(&code));
            if is_left {
                pool.left.push_back(code);
            }
        }
        true
    }

    /// Whether the codes are there that were given.
    pub fn is_whole(&self) -> bool {
        self.all.iter().all(|pool| pool.known.len() as u64 == pool.had())
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::Load;
    use super::super::share::Share;
    use super::*;

    fn load(pools: &mut Pools, pool: &str, codes: &[&str]) {
        let codes = codes.iter().map(|code| (*code).into()).collect();
        pools.load(&Load { pool: pool.into(), codes }, Share::of(0, 1));
    }

    fn shown(pools: &Pools) -> Vec<(String, Vec<CompactString>, u64, usize)> {
        let shown = |pool: &Pool| {
            let left = pool.left.iter().cloned().collect();
            (pool.name().to_owned(), left, pool.given(), pool.known.len())
        };
        pools.iter().map(shown).collect()
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let mut pools = Pools::default();
        let mut batches = Vec::new();
        for (pool, codes) in
            [("a", &["1", "2"][..]), ("b", &["x"]), ("a", &["3", "1"]), ("a", &["4"])]
        {
            load(&mut pools, pool, codes);
            pools.give("a");
            if pool == "b" {
                pools.take_fresh(|key, packed| batches.push((key, packed.to_vec())));
            }
        }
        pools.take_fresh(|key, packed| batches.push((key, packed.to_vec())));
        pools.take_fresh(|_, _| panic!("nothing has come"));
        batches.sort();
        let mut meta = Vec::new();
        pools.encode(&mut meta);
        let mut again = Pools::decode(&meta).unwrap();
        assert!(!again.is_whole());
        assert!(batches.iter().all(|(key, packed)| again.load_stored(*key, packed)));
        assert!(again.is_whole());
        assert_eq!(shown(&again), shown(&pools));
        // A code that was given is none that may come again.
        load(&mut again, "a", &["1", "5"]);
        let given: Vec<_> = std::iter::from_fn(|| again.give("a")).collect();
        assert_eq!(given.join(""), "5");
        for cut in 1..meta.len() {
            assert!(Pools::decode(&meta[..cut]).is_none(), "{cut}");
        }
        assert!(Pools::decode(&[]).is_some());
        let mut torn = Pools::decode(&meta).unwrap();
        assert!(!torn.load_stored(batches[1].0, &batches[1].1), "the first batch is missing");
        assert!(!torn.load_stored(key(7, 0), &batches[0].1), "there is no such pool");
        assert!(!torn.load_stored(batches[0].0, &batches[0].1[1..]));
    }
}
