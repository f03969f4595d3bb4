//! What happens to events on their way to the topic: a producer that writes at least once writes some of them again, and some come late.
//!
//! A copy has the id and the time of the first, and never so many other events of its customer in between that an engine may have forgotten the first
//! (`engine/docs/semantics.md`, "Applying an event", 1). What comes late has an event time that is whole ticks before its record's, so that what
//! waits for time because of it sees exactly its deadline, too.

use super::{Options, Shopped};
use crate::random::Random;
use cartwheel_core::time::Millis;
use std::collections::VecDeque;

/// Of a thousand records so many are copies, and of a thousand events so many late.
const REPEATED: u64 = 10;
const LATE: u64 = 10;
/// One copy in two comes at once, behind so many events at most; the other as long behind, milliseconds.
const SOON: usize = 16;
const REPEATED_WITHIN: u64 = 300_000;
/// However fast the events come, so many are in mind.
const IN_MIND: u64 = 1 << 14;
/// So late at most, milliseconds: far below what any window waits.
const LATE_BY: Millis = 600_000;
/// An engine knows an event again while at most so many others of its customer came behind it.
const KNOWN_AGAIN: usize = 7;

#[derive(Clone, Debug)]
pub(super) struct Disorder {
    random: Random,
    /// The newest events, the oldest first, without copies.
    newest: VecDeque<Shopped>,
    /// How many are kept.
    kept: usize,
    /// How many ticks an event is late at most, and how long one is.
    ticks: u64,
    tick: Millis,
    /// Nothing happened before.
    start: Millis,
}

impl Disorder {
    /// Of a stream with ticks of this length.
    pub(super) fn new(options: &Options, tick: Millis) -> Self {
        let within = u128::from(options.rate) * u128::from(REPEATED_WITHIN)
            / u128::from(options.every.max(1));
        let kept = u64::try_from(within).unwrap_or(IN_MIND).clamp(SOON as u64, IN_MIND) as usize;
        Self {
            random: Random::of(options.seed, 1),
            newest: VecDeque::with_capacity(kept),
            kept,
            ticks: (LATE_BY / tick.max(1)).unsigned_abs(),
            tick,
            start: options.start,
        }
    }

    /// An event that comes again at `time`, if this record is one.
    pub(super) fn repeated(&mut self, time: Millis) -> Option<Shopped> {
        if !self.random.chance(REPEATED) {
            return None;
        }
        let soon = self.random.chance(500);
        let behind = self.newest.len().min(if soon { SOON } else { self.kept });
        let back = self.random.below(behind as u64) as usize;
        let place = self.newest.len().checked_sub(back + 1)?;
        let first = *self.newest.get(place)?;
        let since = self.newest.range(place + 1..);
        let others = since.filter(|event| event.customer == first.customer).count();
        (others <= KNOWN_AGAIN).then_some(Shopped { time, ..first })
    }

    /// When an event that comes at `time` happened.
    pub(super) fn happened(&mut self, time: Millis) -> Millis {
        if self.ticks == 0 || !self.random.chance(LATE) {
            return time;
        }
        let late = self.random.below(self.ticks) as Millis + 1;
        (time - late * self.tick).max(self.start)
    }

    /// The event may come again.
    pub(super) fn keep(&mut self, event: Shopped) {
        if self.newest.len() == self.kept {
            self.newest.pop_front();
        }
        self.newest.push_back(event);
    }
}
