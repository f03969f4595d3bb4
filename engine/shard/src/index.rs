//! From a customer's hash to its slot: open addressing with linear probing, eight bytes an entry, nothing ever taken out.
//!
//! A lookup touches one cache line here. A general map has control bytes, entries and a hash of its own: two lines, and twice the
//! memory. The entry keeps half of the hash, which is enough to grow without looking at customers; so a table has at most 2^32 places.

use cartwheel_core::room::touched;

/// Places at least.
const LEAST: usize = 64;

/// One place. `slot` is the slot plus one; 0 is an empty place.
#[derive(Clone, Copy, Default)]
struct Place {
    tag: u32,
    slot: u32,
}

/// See the module.
#[derive(Default)]
pub struct Index {
    /// A power of two of them, at most three quarters of them taken.
    places: Vec<Place>,
    len: usize,
}

/// The half of the hash that an entry keeps: it says where the entry wants to be, and tells it from others nearby.
fn tag(hash: u64) -> u32 {
    hash as u32
}

impl Index {
    /// With places for so many entries, touched already (see [`crate::Opened::make_room`]).
    pub fn with_room(entries: usize) -> Self {
        let needed = (entries * 4).div_ceil(3).next_power_of_two().max(LEAST);
        let mut places = touched(Place { tag: 0, slot: 1 }, needed);
        places.resize(needed, Place::default());
        Self { places, len: 0 }
    }

    /// Slots that were entered under this hash, or under one with the same half.
    pub fn slots(&self, hash: u64) -> impl Iterator<Item = u32> {
        let mut at = self.start(tag(hash));
        std::iter::from_fn(move || {
            loop {
                let place = self.places.get(at)?;
                at = self.behind(at);
                match place.slot.checked_sub(1) {
                    Some(slot) if place.tag == tag(hash) => return Some(slot),
                    Some(_) => {}
                    None => return None,
                }
            }
        })
    }

    /// Whether the place where a lookup begins is taken. For its side effect: the place is in the nearest cache afterwards.
    pub fn look(&self, hash: u64) -> bool {
        self.places.get(self.start(tag(hash))).is_some_and(|place| place.slot != 0)
    }

    /// Enters a slot. At most 2^32 - 2 of them.
    pub fn insert(&mut self, hash: u64, slot: u32) {
        if (self.len + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        self.len += 1;
        self.put(Place { tag: tag(hash), slot: slot + 1 });
    }

    fn grow(&mut self) {
        let twice = (self.places.len() * 2).max(LEAST);
        let places = std::mem::replace(&mut self.places, vec![Place::default(); twice]);
        places.into_iter().filter(|place| place.slot != 0).for_each(|place| self.put(place));
    }

    fn put(&mut self, place: Place) {
        let mut at = self.start(place.tag);
        while self.places[at].slot != 0 {
            at = self.behind(at);
        }
        self.places[at] = place;
    }

    fn start(&self, tag: u32) -> usize {
        tag as usize & self.places.len().wrapping_sub(1)
    }

    fn behind(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn finds_what_a_map_finds() {
        check(Index::default());
        // With room for a part of them.
        check(Index::with_room(5_000));
    }

    #[test]
    fn room_suffices() {
        for entries in [0, 1, 48, 49, 6_000] {
            let mut index = Index::with_room(entries);
            let places = index.places.len();
            (0..entries as u32).for_each(|slot| index.insert(u64::from(slot), slot));
            assert_eq!(index.places.len(), places, "{entries}");
        }
    }

    fn check(mut index: Index) {
        let mut map: HashMap<u64, Vec<u32>> = HashMap::new();
        assert_eq!((index.slots(7).next(), index.look(7)), (None, false));
        for slot in 0..20_000u32 {
            // A third are alike in the kept half, and many want to be at the end of the table.
            let hash = match slot % 3 {
                0 => u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15),
                1 => u64::from(slot) << 32 | u64::from(u32::MAX - slot % 50),
                _ => u64::from(slot),
            };
            index.insert(hash, slot);
            map.entry(u64::from(tag(hash))).or_default().push(slot);
        }
        for (tag, slots) in &map {
            let mut found: Vec<u32> = index.slots(*tag).collect();
            found.sort_unstable();
            assert_eq!(found, *slots, "{tag:x}");
            assert!(index.look(*tag));
        }
        assert_eq!(index.slots(0xdead_beef_dead_beef).count(), 0);
        assert!(index.places.len() * 3 >= index.len * 4);
    }
}
