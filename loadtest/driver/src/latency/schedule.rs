//! When each event is meant to be written, and which of them are measured.

use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

/// Wall time in microseconds since 1970. The broker's times are of the same clock: it runs on this machine.
pub(super) type Micros = i64;

/// A second.
pub(super) const SECOND: Micros = 1_000_000;

/// Wall time.
pub(super) fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

/// The end of the millisecond that a broker named: what happened in it had happened by then.
pub(super) fn by_the_end_of(millis: i64) -> Micros {
    millis.saturating_add(1).saturating_mul(1_000)
}

/// Events at even distances from a start, whatever becomes of those before: an open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) start: Micros,
    /// Events a second.
    pub(super) rate: u64,
}

impl Schedule {
    /// When the event with this index is meant to be written.
    pub(super) fn at(self, index: u64) -> Micros {
        let passed = u128::from(index) * 1_000_000 / u128::from(self.rate.max(1));
        self.start.saturating_add(Micros::try_from(passed).unwrap_or(Micros::MAX))
    }
}

/// A span in which something happened that is no part of usual work, such as an engine that joins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gap {
    pub(super) what: &'static str,
    pub(super) from: Micros,
    /// Each partition has an owner again.
    pub(super) led: Micros,
    /// What had come meanwhile has been worked off.
    pub(super) until: Micros,
}

/// Where a latency is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It began before or after what is measured.
    Outside,
    /// Usual work.
    Usual,
    /// On its way in the gap with this index.
    Gap(usize),
}

/// What is measured.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    pub(super) measured: Range<Micros>,
    pub(super) gaps: Vec<Gap>,
}

impl Timeline {
    /// Where what was meant for `from` and came at `until` is counted: in the first gap that it has a moment in common with.
    pub(super) fn place(&self, from: Micros, until: Micros) -> Place {
        if !self.measured.contains(&from) {
            return Place::Outside;
        }
        let touches = |gap: &Gap| from < gap.until && until > gap.from;
        self.gaps.iter().position(touches).map_or(Place::Usual, Place::Gap)
    }

    /// Seconds from the beginning of what is measured.
    pub(super) fn seconds(&self, at: Micros) -> f64 {
        (at - self.measured.start) as f64 / SECOND as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_at_even_distances_and_no_error_adds_up() {
        let schedule = Schedule { start: 1_000, rate: 300_000 };
        assert_eq!([0, 1, 2, 3].map(|index| schedule.at(index)), [1_000, 1_003, 1_006, 1_010]);
        assert_eq!(schedule.at(300_000 * 3_600), 1_000 + 3_600 * SECOND);
        assert_eq!(Schedule { start: 0, rate: 1 }.at(u64::MAX), Micros::MAX);
    }

    #[test]
    fn a_millisecond_counts_to_its_end() {
        assert_eq!(by_the_end_of(1_234), 1_235_000);
    }

    #[test]
    fn what_was_on_its_way_in_a_gap_is_counted_there() {
        let gap = |what, from, until| Gap { what, from, led: until, until };
        let gaps = vec![gap("one joins", 300, 400), gap("one leaves", 600, 700)];
        let timeline = Timeline { measured: 100..1_000, gaps };
        let place = |from, until| timeline.place(from, until);
        assert_eq!([place(99, 150), place(1_000, 1_100)], [Place::Outside; 2]);
        assert_eq!(
            [place(100, 150), place(290, 300), place(400, 410), place(999, 1_200)],
            [Place::Usual; 4]
        );
        assert_eq!([place(290, 301), place(350, 360), place(399, 500)], [Place::Gap(0); 3]);
        assert_eq!(place(500, 601), Place::Gap(1));
        assert_eq!(place(200, 900), Place::Gap(0));
        assert_eq!(timeline.seconds(2_000_100), 2.0);
    }
}
