//! Who has which key in a set: memory alone, made of the customers and kept as these change.

use cartwheel_core::effect::Moved;
use cartwheel_core::fact::Set;
use std::collections::BTreeMap;

/// See the module. In which order somebody came is of no consequence.
#[derive(Default)]
pub(crate) struct Indexed {
    slots: BTreeMap<(u16, u64), Vec<u32>>,
}

impl Indexed {
    /// A key has come into a set of the customer in this slot, or has left it.
    pub fn note(&mut self, slot: u32, moved: Moved) {
        let of = (moved.fact, moved.key);
        if moved.is_in {
            self.add(slot, of);
            return;
        }
        let Some(slots) = self.slots.get_mut(&of) else { return };
        if let Some(place) = slots.iter().position(|other| *other == slot) {
            slots.swap_remove(place);
        }
        if slots.is_empty() {
            self.slots.remove(&of);
        }
    }

    /// The customer in this slot has the key, of which it was not known.
    pub fn add(&mut self, slot: u32, of: (u16, u64)) {
        self.slots.entry(of).or_default().push(slot);
    }

    /// The slots of those who have a key, by its hash, in a set.
    pub fn of(&self, fact: u16, key: u64) -> &[u32] {
        self.slots.get(&(fact, Set::named(key))).map_or(&[], Vec::as_slice)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.clear();
    }
}
