//! When to ask for the end of the partition, and what its answer allows: the clock of a caught-up shard.
//!
//! A wall time read before the question is the shard's clock (less the margin) exactly where the answer equals its position. Under load the
//! end lies within the next batch: that batch is cut there. An answer that is not reached soon says nothing about now and is dropped.
//!
//! It does say, whenever it is passed, how far behind the shard is at most: what comes then was appended after the question. The time that a producer
//! wrote into a record does not say that.

use cartwheel_core::event::Record;
use cartwheel_core::time::Millis;
use std::time::Duration;

/// An answer counts for so long.
const FRESH: Duration = Duration::from_secs(1);
/// Asked at least so often while there is time for it.
const IDLE: Duration = Duration::from_secs(1);
/// A poll waits no longer than this for records, so that a stop or a question is noticed.
const SHORTEST: Duration = Duration::from_millis(1);

/// See the module.
#[derive(Debug)]
pub(super) struct Ticker {
    tick: Duration,
    asked: Option<Duration>,
    end: i64,
    mark: Option<Mark>,
    /// The oldest answer that has not been passed; those behind it are not kept.
    ahead: Option<Mark>,
    level: Option<Millis>,
}

/// An answer that is not reached yet.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// The clock of a shard that stands at `end`.
    now: Millis,
    end: i64,
    asked: Duration,
}

/// Where the shard stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// Monotonic time.
    pub mono: Duration,
    /// Wall time less the margin.
    pub wall: Millis,
    /// How much faster than real time the wall clock runs.
    pub speed: f64,
    /// Offset behind all records applied.
    pub position: i64,
    /// Marketing is held until caught up.
    pub behind: bool,
    /// No timer is due before.
    pub nothing_due_before: Option<Millis>,
}

impl Ticker {
    /// Asks at most every `tick`; `near` records or fewer before the end count as close to it.
    pub fn new(tick: Duration) -> Self {
        Self { tick, asked: None, end: 0, mark: None, ahead: None, level: None }
    }

    /// The end in the newest answer.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Whether to ask now. `near`: so many records before the last known end a question is worth its time.
    pub fn wants(&self, at: Standing, near: usize) -> bool {
        let Some(asked) = self.asked else { return true };
        let since = at.mono.saturating_sub(asked);
        if since < self.tick {
            return false;
        }
        let close = self.end.saturating_sub(at.position) <= i64::try_from(near).unwrap_or(i64::MAX);
        let due = at.nothing_due_before.is_some_and(|due| due <= at.wall);
        since >= IDLE || close && (at.behind || due)
    }

    /// The question was asked at `mono`, when the wall clock less the margin showed `now`; the answer is `end`, or none came.
    pub fn answered(&mut self, mono: Duration, now: Millis, end: Option<i64>) {
        self.told(mono, end);
        if let Some(end) = end {
            let mark = Mark { now, end, asked: mono };
            self.mark = Some(mark);
            self.ahead.get_or_insert(mark);
        }
    }

    /// The same without a clock: the end is known, and shard time stays where it is.
    pub fn told(&mut self, mono: Duration, end: Option<i64>) {
        self.asked = Some(mono);
        if let Some(end) = end {
            self.end = end;
            self.mark = None;
        }
    }

    /// The clock of a question whose answer a shard with this next offset has passed: every record that there was then has been applied. None
    /// before the first. While the shard is behind it may be twice as old as that.
    pub fn level(&mut self, next: i64) -> Option<Millis> {
        if let Some(passed) = self.ahead.take_if(|ahead| ahead.end <= next) {
            self.level = Some(passed.now);
        }
        self.level
    }

    /// How many of `records` to take in the next turn, and the clock of a turn that takes them all. `next` is the shard's next offset,
    /// `position` that of the reader behind `records`.
    pub fn cut(
        &mut self,
        records: &[Record<'_>],
        next: i64,
        position: i64,
        mono: Duration,
    ) -> (usize, Option<Millis>) {
        self.mark =
            self.mark.filter(|mark| mark.end >= next && mono.saturating_sub(mark.asked) < FRESH);
        let Some(mark) = self.mark else { return (records.len(), None) };
        let before = records.iter().take_while(|record| record.offset < mark.end).count();
        if before < records.len() || position == mark.end {
            return (before, Some(mark.now));
        }
        (before, None)
    }

    /// Whether a reader at `position` stands at the end, so that a turn without records is worth it.
    pub fn reached(&self, position: i64) -> bool {
        self.mark.is_some_and(|mark| mark.end == position)
    }

    /// The clock has been used.
    pub fn used(&mut self) {
        self.mark = None;
    }

    /// How long a poll may wait for records: until the next timer or the next question, at most a tick.
    pub fn patience(&self, at: Standing) -> Duration {
        let Some(due) = at.nothing_due_before else { return self.tick };
        let real = due.saturating_sub(at.wall).max(0) as f64 / at.speed.max(1.0);
        Duration::from_millis(real as u64).clamp(SHORTEST.min(self.tick), self.tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(50);

    fn at(mono: u64, position: i64) -> Standing {
        Standing {
            mono: Duration::from_millis(mono),
            wall: 1_000,
            speed: 1.0,
            position,
            behind: false,
            nothing_due_before: None,
        }
    }

    fn records(offsets: std::ops::Range<i64>) -> Vec<Record<'static>> {
        offsets.map(|offset| Record { offset, time: 0, key: None, value: b"" }).collect()
    }

    #[test]
    fn asks_seldom_when_nothing_is_due() {
        let mut ticker = Ticker::new(TICK);
        assert!(ticker.wants(at(0, 5), 10));
        ticker.answered(Duration::ZERO, 1_000, Some(5));
        let due = |mono| Standing { nothing_due_before: Some(1_000), ..at(mono, 5) };
        assert!(!ticker.wants(at(999, 5), 10) && ticker.wants(at(1_000, 5), 10));
        assert!(!ticker.wants(due(49), 10) && ticker.wants(due(50), 10));
        assert!(ticker.wants(Standing { behind: true, ..at(50, 5) }, 10));
        ticker.answered(Duration::ZERO, 1_000, Some(500));
        assert!(!ticker.wants(due(999), 10), "far from the end");
    }

    #[test]
    fn the_clock_counts_exactly_at_the_end_that_was_told() {
        let mut ticker = Ticker::new(TICK);
        ticker.answered(Duration::ZERO, 900, Some(5));
        let soon = Duration::from_millis(10);
        assert_eq!(ticker.cut(&records(0..3), 0, 3, soon), (3, None), "not there yet");
        assert_eq!(ticker.cut(&records(3..8), 3, 8, soon), (2, Some(900)), "cut at the end");
        ticker.used();
        assert_eq!(ticker.cut(&records(5..8), 5, 8, soon), (3, None));
        ticker.answered(soon, 950, Some(8));
        assert!(ticker.reached(8) && !ticker.reached(9));
        assert_eq!(ticker.cut(&[], 8, 8, soon), (0, Some(950)));
        assert_eq!(ticker.cut(&[], 9, 9, soon), (0, None), "passed: the answer is of no use");
    }

    #[test]
    fn an_old_answer_is_dropped() {
        let mut ticker = Ticker::new(TICK);
        ticker.answered(Duration::ZERO, 900, Some(5));
        assert_eq!(ticker.cut(&records(0..5), 0, 5, FRESH), (5, None));
        assert!(!ticker.reached(5));
    }

    #[test]
    fn an_answer_that_is_passed_late_says_how_far_behind_we_are_at_most() {
        let mut ticker = Ticker::new(TICK);
        assert_eq!(ticker.level(9), None, "nobody has been asked");
        ticker.answered(Duration::ZERO, 900, Some(5));
        ticker.answered(FRESH, 1_900, Some(8));
        assert_eq!(ticker.level(4), None);
        assert_eq!(ticker.level(5), Some(900), "what comes now is newer than the first question");
        assert_eq!(ticker.level(8), Some(900), "the second answer was not kept");
        ticker.answered(2 * FRESH, 2_900, None);
        ticker.answered(3 * FRESH, 3_900, Some(8));
        assert_eq!(ticker.level(8), Some(3_900));
        ticker.answered(4 * FRESH, 3_000, Some(8));
        assert_eq!(ticker.level(8), Some(3_000), "it follows a wall clock that was set back");
    }

    #[test]
    fn waits_for_the_next_timer() {
        let ticker = Ticker::new(TICK);
        let with = |due, speed| {
            ticker.patience(Standing { nothing_due_before: Some(due), speed, ..at(0, 0) })
        };
        assert_eq!(ticker.patience(at(0, 0)), TICK);
        assert_eq!(
            (with(1_020, 1.0), with(900, 1.0), with(9_000, 1.0)),
            (Duration::from_millis(20), SHORTEST, TICK)
        );
        assert_eq!(with(9_000, 400.0), Duration::from_millis(20));
    }
}
