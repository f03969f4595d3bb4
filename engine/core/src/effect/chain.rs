//! The hash over all that a turn decides: of decisions and of encoded effects, one behind the other, each with its length.

use xxhash_rust::xxh3::Xxh3;

/// So many bytes are gathered before they are hashed: what is decided takes a tenth of that, and to be fed costs a hasher as much as a few of them.
const GATHERED: usize = 4_096;

/// See the module.
pub(super) struct ChainHash {
    hash: Xxh3,
    /// What has not been hashed yet.
    gathered: Vec<u8>,
}

impl ChainHash {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self { hash: Xxh3::new(), gathered: Vec::with_capacity(GATHERED) }
    }

    /// Adds bytes, as they are.
    #[inline]
    pub fn add(&mut self, bytes: &[u8]) {
        if self.gathered.len() + bytes.len() > GATHERED {
            return self.add_past(bytes);
        }
        self.gathered.extend_from_slice(bytes);
    }

    /// Adds bytes with their length, so that what follows cannot be taken for a part of them.
    pub fn add_whole(&mut self, bytes: &[u8]) {
        self.add(&(bytes.len() as u64).to_le_bytes());
        self.add(bytes);
    }

    /// The hash of all of it, and of what closes it; from now on it is of nothing again.
    pub fn close(&mut self, last: &[u8]) -> u128 {
        self.add(last);
        self.hash_gathered();
        let hash = self.hash.digest128();
        self.hash.reset();
        hash
    }

    #[cold]
    fn add_past(&mut self, bytes: &[u8]) {
        self.hash_gathered();
        if bytes.len() < GATHERED {
            self.gathered.extend_from_slice(bytes);
        } else {
            self.hash.update(bytes);
        }
    }

    fn hash_gathered(&mut self) {
        self.hash.update(&self.gathered);
        self.gathered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gathered_is_hashed_as_if_it_were_not() {
        let bytes: Vec<u8> = (0..u8::MAX).cycle().take(3 * GATHERED).collect();
        let mut chain = ChainHash::new();
        for lengths in [&[0][..], &[1, 100, 7], &[4_095, 1, 1], &[4_096, 5_000, 80], &[90; 100]] {
            let mut fed = Xxh3::new();
            for length in lengths {
                let bytes = &bytes[*length..2 * length];
                chain.add_whole(bytes);
                fed.update(&(bytes.len() as u64).to_le_bytes());
                fed.update(bytes);
            }
            fed.update(b"last");
            assert_eq!(chain.close(b"last"), fed.digest128(), "{lengths:?}");
        }
    }
}
