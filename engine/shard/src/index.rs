//! From a customer's id to its slot: open addressing with linear probing, eight bytes an entry, nothing ever taken out.
//!
//! A lookup touches one cache line here. A general map has control bytes, entries and a hash of its own: two lines, and twice the
//! memory. The entry keeps its 32 bits of hash, which is enough to grow without looking at customers; so a table has at most 2^32 places.
//!
//! Ids are a public hash of what anybody may write into an event. If a part of the id said where an entry wants to be, whoever writes events could
//! make customers who all want the same place, and every lookup would walk past all of them. So the places follow from a key as well, which
//! each process draws anew. Nothing ever goes through the index in its own order: the key decides how long a lookup takes, and nothing else.

use cartwheel_core::id::CustomerId;
use cartwheel_core::room::touched;
use std::hash::{BuildHasher, RandomState};

/// Places at least.
const LEAST: usize = 64;

/// One place. `slot` is the slot plus one; 0 is an empty place.
#[derive(Clone, Copy, Default)]
struct Place {
    tag: Tag,
    slot: u32,
}

/// The hash under which an id is entered: it is worked out once an event.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Tag(u32);

/// A key of the index: what a process draws anew. Never shown, so that nobody can choose ids by it.
#[derive(Clone, Copy)]
pub struct IndexKey([u128; 3]);

impl IndexKey {
    /// From the standard library's source of keys for its own maps, which the system seeds.
    pub fn random() -> Self {
        let source = RandomState::new();
        let word = |number: u8| u128::from(source.hash_one(number));
        Self([0, 2, 4].map(|number| word(number) << 64 | word(number + 1)))
    }

    /// The 32 bits of hash that an entry keeps: they say where the entry wants to be, and tell it from others nearby. The upper bits of a sum
    /// of products (Dietzfelbinger's multiply-shift for two words, strongly universal): under a key that is not known any two ids agree with
    /// a probability of 2^-32. Six multiplications; SipHash takes several times as long, three times an event.
    #[inline]
    fn tag(&self, id: CustomerId) -> Tag {
        let [low, high, start] = self.0;
        let (first, second) = (u128::from(id.0 as u64), id.0 >> 64);
        let sum = low.wrapping_mul(first).wrapping_add(high.wrapping_mul(second));
        Tag((sum.wrapping_add(start) >> 96) as u32)
    }
}

impl Default for IndexKey {
    /// [`IndexKey::random`]: nobody has to think of it.
    fn default() -> Self {
        Self::random()
    }
}

impl std::fmt::Debug for IndexKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("IndexKey(hidden)")
    }
}

/// See the module.
pub struct Index {
    key: IndexKey,
    /// A power of two of them, at most three quarters of them taken.
    places: Vec<Place>,
    len: usize,
}

impl Index {
    /// Under this key, with places for so many entries, touched already (see [`crate::Opened::make_room`]); for 0, none yet.
    pub fn with_room(key: IndexKey, entries: usize) -> Self {
        let needed = match entries {
            0 => 0,
            entries => (entries * 4).div_ceil(3).next_power_of_two().max(LEAST),
        };
        let mut places = touched(Place { tag: Tag(0), slot: 1 }, needed);
        places.resize(needed, Place::default());
        Self { key, places, len: 0 }
    }

    /// What an id is entered under.
    #[inline]
    pub fn tag(&self, id: CustomerId) -> Tag {
        self.key.tag(id)
    }

    /// Slots that were entered under this hash.
    pub fn slots(&self, tag: Tag) -> impl Iterator<Item = u32> {
        let mut at = self.start(tag);
        std::iter::from_fn(move || {
            loop {
                let place = self.places.get(at)?;
                at = self.behind(at);
                match place.slot.checked_sub(1) {
                    Some(slot) if place.tag == tag => return Some(slot),
                    Some(_) => {}
                    None => return None,
                }
            }
        })
    }

    /// Whether the place where a lookup begins is taken. For its side effect: the place is in the nearest cache afterwards.
    pub fn look(&self, tag: Tag) -> bool {
        self.places.get(self.start(tag)).is_some_and(|place| place.slot != 0)
    }

    /// Enters a slot. At most 2^32 - 2 of them.
    pub fn insert(&mut self, id: CustomerId, slot: u32) {
        if (self.len + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        self.len += 1;
        self.put(Place { tag: self.key.tag(id), slot: slot + 1 });
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

    fn start(&self, tag: Tag) -> usize {
        tag.0 as usize & self.places.len().wrapping_sub(1)
    }

    fn behind(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }
}

#[cfg(test)]
impl IndexKey {
    /// Always the same one for a number.
    pub fn numbered(number: u64) -> Self {
        let word = |place: u64| {
            u128::from(xxhash_rust::xxh3::xxh3_64_with_seed(&place.to_le_bytes(), number))
        };
        Self([0, 2, 4].map(|place| word(place) << 64 | word(place + 1)))
    }

    /// None: the lowest 32 bits of the id say where it wants to be, as anybody can work out.
    pub const OPEN: Self = Self([1 << 96, 0, 0]);
}

#[cfg(test)]
mod tests;
