//! A hierarchical timing wheel with append-only buckets and lazy cancellation.
//!
//! | level | bucket | span |
//! | --- | --- | --- |
//! | 0 | 1.024 s | 4.4 min |
//! | 1 | 4.4 min | 18.6 h |
//! | 2 | 18.6 h | 199 d |
//! | 3 | 199 d | 139 y |
//!
//! An entry is 12 bytes: a deadline in milliseconds and a slot number. The bucket's resolution never decides whether a timer
//! is due: the bucket of the current second is sorted by deadline into `front`, and only entries at or before the asked
//! limit leave it. A re-armed timer leaves its old entry behind; whoever takes entries out compares them with the slot.

use crate::time::{Millis, NEVER};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// log2 of a tick in milliseconds.
const TICK_BITS: u32 = 10;
/// log2 of the buckets of a level.
const LEVEL_BITS: u32 = 8;
const BUCKETS: usize = 1 << LEVEL_BITS;
const LEVELS: usize = 4;
/// Entries of the current tick that [`Wheel::upcoming`] gives at once.
const AHEAD: usize = 32;
/// A buffer of at most so many entries is kept for the next ones when it is empty: mostly a bucket holds a few. With all of them, 0.4 MB a wheel.
const KEPT: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C, packed(4))]
struct Scheduled {
    deadline: Millis,
    slot: u32,
}

struct Level {
    buckets: Vec<Vec<Scheduled>>,
    /// A bit for every bucket that is not empty.
    occupied: [u64; BUCKETS / 64],
}

impl Level {
    fn new() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS], occupied: [0; BUCKETS / 64] }
    }

    fn push(&mut self, bucket: usize, entry: Scheduled) {
        self.buckets[bucket].push(entry);
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
    }

    /// The bucket's entries; it goes on with an empty buffer.
    fn take(&mut self, bucket: usize, empty: Vec<Scheduled>) -> Vec<Scheduled> {
        self.occupied[bucket / 64] &= !(1 << (bucket % 64));
        std::mem::replace(&mut self.buckets[bucket], empty)
    }

    /// The first occupied bucket at or behind `from`.
    fn first_from(&self, from: usize) -> Option<usize> {
        let mut word = from / 64;
        let mut bits = self.occupied.get(word)? & (u64::MAX << (from % 64));
        loop {
            if bits != 0 {
                return Some(word * 64 + bits.trailing_zeros() as usize);
            }
            word += 1;
            bits = *self.occupied.get(word)?;
        }
    }
}

/// The wheel of one shard.
pub struct Wheel {
    /// The tick whose entries (and those of all before it) are in `front` or `early`.
    tick: u64,
    levels: [Level; LEVELS],
    /// Deadlines beyond the last level.
    beyond: Vec<Scheduled>,
    /// Entries of the current tick, latest first.
    front: Vec<Scheduled>,
    /// How many entries of `front`, the latest ones, [`Wheel::upcoming`] has not given yet.
    unseen: usize,
    /// Entries that were inserted at or before the current tick.
    early: BinaryHeap<Reverse<Scheduled>>,
    /// An empty buffer, for the bucket that is emptied next.
    spare: Vec<Scheduled>,
    /// Nothing is due before that: asked before every event, so it is known and not looked for.
    nothing_before: Millis,
    len: usize,
}

impl Default for Wheel {
    fn default() -> Self {
        Self::new()
    }
}

fn tick_of(deadline: Millis) -> u64 {
    (deadline.max(0) as u64) >> TICK_BITS
}

impl Wheel {
    /// An empty wheel at the epoch; the first [`Wheel::pop`] brings it to the present.
    pub fn new() -> Self {
        Self {
            tick: 0,
            levels: std::array::from_fn(|_| Level::new()),
            beyond: Vec::new(),
            front: Vec::new(),
            unseen: 0,
            early: BinaryHeap::new(),
            spare: Vec::new(),
            nothing_before: NEVER,
            len: 0,
        }
    }

    /// Physical entries, stale ones included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Arms a timer. [`NEVER`] is ignored.
    pub fn insert(&mut self, deadline: Millis, slot: u32) {
        if deadline == NEVER {
            return;
        }
        self.len += 1;
        self.nothing_before = self.nothing_before.min(deadline);
        self.place(Scheduled { deadline, slot });
    }

    /// Takes out one of the entries with the least deadline, if that is at or before `limit`.
    pub fn pop(&mut self, limit: Millis) -> Option<(Millis, u32)> {
        let entry = self.next_entry(limit);
        self.nothing_before = self.look_ahead();
        self.len -= usize::from(entry.is_some());
        entry
    }

    /// Puts back what [`Wheel::pop`] took.
    pub fn unpop(&mut self, deadline: Millis, slot: u32) {
        self.insert(deadline, slot);
    }

    /// The slots of the next entries of the current tick, some at a time, for whoever wants to have their memory at hand when they are taken
    /// out. Mostly none; none is given twice. The one that opens a tick and those that came during it are not announced.
    pub fn upcoming(&mut self) -> impl Iterator<Item = u32> {
        let len = self.front.len();
        let from = if len <= self.unseen { len.saturating_sub(AHEAD) } else { len };
        self.unseen = self.unseen.min(from);
        self.front[from..].iter().map(|entry| entry.slot)
    }

    /// A time before which nothing is due: exact for the current second, at or behind the start of a bucket beyond it. [`NEVER`] if empty.
    #[inline]
    pub fn nothing_before(&self) -> Millis {
        self.nothing_before
    }

    /// The same, by what there is: exact for the current second, the start of a bucket beyond it.
    fn look_ahead(&self) -> Millis {
        let front = self.front.last().map_or(NEVER, |entry| entry.deadline);
        let early = self.early.peek().map_or(NEVER, |Reverse(entry)| entry.deadline);
        let near = front.min(early);
        if near != NEVER {
            return near;
        }
        self.next_bucket().map_or(NEVER, |(_, _, tick)| (tick << TICK_BITS) as Millis)
    }

    fn next_entry(&mut self, limit: Millis) -> Option<(Millis, u32)> {
        loop {
            let front = self.front.last().map_or(NEVER, |entry| entry.deadline);
            let early = self.early.peek().map_or(NEVER, |Reverse(entry)| entry.deadline);
            if front.min(early) <= limit {
                let entry = if front <= early {
                    self.front.pop()
                } else {
                    self.early.pop().map(|Reverse(entry)| entry)
                };
                return entry.map(|entry| (entry.deadline, entry.slot));
            }
            if front != NEVER || early != NEVER || !self.advance(tick_of(limit)) {
                return None;
            }
        }
    }

    fn place(&mut self, entry: Scheduled) {
        let tick = tick_of(entry.deadline);
        if tick <= self.tick {
            self.early.push(Reverse(entry));
            return;
        }
        // The level is where the highest differing bit lies: an entry shares all higher digits with the current tick.
        let level = (63 - (tick ^ self.tick).leading_zeros()) / LEVEL_BITS;
        match self.levels.get_mut(level as usize) {
            Some(at) => at.push((tick >> (level * LEVEL_BITS)) as usize & (BUCKETS - 1), entry),
            None => self.beyond.push(entry),
        }
    }

    /// The next occupied bucket: (level, bucket, its first tick).
    fn next_bucket(&self) -> Option<(usize, usize, u64)> {
        for (level, at) in self.levels.iter().enumerate() {
            let shift = level as u32 * LEVEL_BITS;
            let digit = (self.tick >> shift) as usize & (BUCKETS - 1);
            if let Some(bucket) = at.first_from(digit + 1) {
                let above = self.tick >> (shift + LEVEL_BITS) << (shift + LEVEL_BITS);
                return Some((level, bucket, above | (bucket as u64) << shift));
            }
        }
        let first = self.beyond.iter().map(|entry| tick_of(entry.deadline)).min()?;
        Some((LEVELS, 0, first))
    }

    /// Opens the next bucket that starts at or before tick `until`. False if there is none.
    // Apart from what every timer that is taken out needs.
    #[inline(never)]
    fn advance(&mut self, until: u64) -> bool {
        let Some((level, bucket, start)) =
            self.next_bucket().filter(|(_, _, start)| *start <= until)
        else {
            return false;
        };
        self.tick = start;
        let mut entries = match self.levels.get_mut(level) {
            Some(at) => at.take(bucket, std::mem::take(&mut self.spare)),
            None => std::mem::take(&mut self.beyond),
        };
        if level == 0 {
            std::mem::swap(&mut self.front, &mut entries);
            self.unseen = self.front.len();
            self.front.sort_unstable_by_key(|entry| Reverse((entry.deadline, entry.slot)));
        } else {
            for entry in entries.drain(..) {
                self.place(entry);
            }
        }
        if entries.capacity() <= KEPT {
            self.spare = entries;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_entry_is_twelve_bytes() {
        assert_eq!(size_of::<Scheduled>(), 12);
    }

    #[test]
    fn entries_are_announced_once_and_before_they_are_taken() {
        let mut wheel = Wheel::new();
        let (start, count) = (1_700_000_000_000, 3 * AHEAD as u32 + 1);
        (0..count).for_each(|slot| wheel.insert(start + i64::from(slot) / 50, slot));
        // A tick is opened by the first entry that is taken out of it.
        let first = wheel.pop(start).unwrap().1;
        let mut announced = vec![first];
        for _ in 1..count {
            announced.extend(wheel.upcoming());
            let (_, slot) = wheel.pop(start + 100).unwrap();
            assert!(announced.contains(&slot), "{slot}");
        }
        announced.sort_unstable();
        assert_eq!((announced, wheel.upcoming().count()), ((0..count).collect(), 0));
    }

    proptest! {
        /// The wheel gives what a sorted set gives, in the order of deadlines.
        #[test]
        fn equals_a_sorted_set(steps in prop::collection::vec((0u8..4, 0i64..5_000_000_000, 0u32..40), 1..300)) {
            let mut wheel = Wheel::new();
            let mut naive = BTreeSet::new();
            let mut now = 1_700_000_000_000;
            for (kind, distance, slot) in steps {
                let distance = match kind { 0 => distance % 3_000, 1 => distance % 400_000, _ => distance };
                if kind < 3 {
                    if naive.insert((now + distance, slot)) {
                        wheel.insert(now + distance, slot);
                    }
                    continue;
                }
                now += distance % 40_000_000;
                prop_assert!(naive.first().is_none_or(|(deadline, _)| wheel.nothing_before() <= *deadline));
                let mut fired = Vec::new();
                loop {
                    // Whoever looks ahead changes nothing.
                    prop_assert!(wheel.upcoming().all(|slot| naive.iter().any(|(_, known)| *known == slot)));
                    let Some((deadline, slot)) = wheel.pop(now) else { break };
                    // What is put back comes again.
                    wheel.unpop(deadline, slot);
                    fired.extend(wheel.pop(now));
                }
                let mut expected: Vec<_> = naive.iter().copied().take_while(|(deadline, _)| *deadline <= now).collect();
                naive.retain(|(deadline, _)| *deadline > now);
                prop_assert!(fired.is_sorted_by_key(|entry| entry.0));
                fired.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(fired, expected);
                prop_assert_eq!(wheel.len(), naive.len());
            }
        }
    }
}
