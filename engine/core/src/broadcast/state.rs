//! What a shard remembers of broadcasts.

use super::told::Broadcast;
use crate::id::CustomerId;
use std::collections::VecDeque;

/// So many of the newest are known again.
pub const MAX_HAD: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broadcasts {
    /// The hashes of the newest ids, oldest first.
    pub(super) had: VecDeque<u64>,
    /// The one with which the shard is under way.
    pub walk: Option<Walk>,
}

/// How far a shard has come with a broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// What is told.
    pub told: Broadcast,
    /// The last of the customers who have heard of it; none before the first.
    pub reached: Option<CustomerId>,
    /// How many have.
    pub many: u64,
}

impl Broadcasts {
    /// Takes note of one that was told: whether it is new. The oldest of many is forgotten.
    pub fn is_new(&mut self, told: &Broadcast) -> bool {
        if self.had.contains(&told.key) {
            return false;
        }
        if self.had.len() == MAX_HAD {
            self.had.pop_front();
        }
        self.had.push_back(told.key);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_once_as_long_as_it_is_remembered() {
        let mut all = Broadcasts::default();
        let told = |key| Broadcast { name: "a".into(), key, text: String::new(), at: 0 };
        for key in 0..MAX_HAD as u64 {
            assert!(all.is_new(&told(key)) && !all.is_new(&told(key)));
        }
        assert!(!all.is_new(&told(0)) && all.is_new(&told(99)) && all.is_new(&told(0)));
    }
}
