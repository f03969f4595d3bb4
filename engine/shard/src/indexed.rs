//! Who has which key in a set: memory alone, made of the customers and kept as these change.

use cartwheel_core::effect::Moved;
use cartwheel_core::fact::Set;
use std::collections::BTreeSet;

/// A key's name in a set, the slot of a customer who has it, and the set.
type Entry = (u64, u32, u16);

/// See the module. An entry is as large as its three numbers, with room around it some 24 bytes; so many as customers have keys in such sets.
#[derive(Default)]
pub(crate) struct Indexed(BTreeSet<Entry>);

impl Indexed {
    /// Of all customers at once.
    pub fn of_all(entries: impl Iterator<Item = (u32, (u16, u64))>) -> Self {
        Self(entries.map(|(slot, (set, key))| (key, slot, set)).collect())
    }

    /// A key has come into a set of the customer in this slot, or has left it.
    pub fn note(&mut self, slot: u32, moved: Moved) {
        let entry = (moved.key, slot, moved.fact);
        if moved.is_in {
            self.0.insert(entry);
        } else {
            self.0.remove(&entry);
        }
    }

    /// The slots of those who have a key, by its hash, in one of these sets, each once.
    pub fn of(&self, sets: &[u16], key: u64) -> Vec<u32> {
        let name = Set::named(key);
        let all = self.0.range((name, 0, 0)..=(name, u32::MAX, u16::MAX));
        let mut slots: Vec<u32> =
            all.filter(|(.., of)| sets.contains(of)).map(|(_, slot, _)| *slot).collect();
        slots.dedup();
        slots
    }

    /// How many keys customers have in such sets.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_while_somebody_has_it() {
        let moved = |fact, key, is_in| Moved { fact, key: Set::named(key), is_in };
        let mut indexed = Indexed::of_all([(3, (1, Set::named(9)))].into_iter());
        indexed.note(5, moved(1, 9, true));
        indexed.note(4, moved(2, 9, true));
        indexed.note(4, moved(1, 10, true));
        assert_eq!(indexed.of(&[1], 9), [3, 5]);
        assert_eq!(indexed.of(&[2], 9), [4]);
        indexed.note(5, moved(2, 9, true));
        assert_eq!(indexed.of(&[1, 2], 9), [3, 4, 5]);
        indexed.note(3, moved(1, 9, false));
        indexed.note(3, moved(1, 9, false));
        assert_eq!(indexed.of(&[1], 9), [5]);
        assert_eq!((indexed.of(&[1], 12).len(), indexed.len()), (0, 4));
    }
}
