//! How a record's time counts that lies ahead of the clock. A greatest record time is shard time: one producer with a wrong clock must neither
//! fire everybody's timers early nor stop a shard.
//!
//! The clock judges once. What it said stands in the turn record, and a replay follows that.

use crate::checkpoint::Store;
use crate::shard::Shard;
use cartwheel_core::event::Record;
use cartwheel_core::sends::{Clamped, Counts, Poison, Turn};
use cartwheel_core::time::{Millis, SECOND};

/// A record's time may be this far (ms) ahead of the clock, as clocks of machines differ; what is further ahead counts as this much ahead.
pub(crate) const TOLERATED: Millis = 5 * SECOND;
/// Records in one turn that count with another time than their own, at most: they stand in its turn record.
pub(crate) const MAX_CLAMPED: usize = 1_024;

/// Says how a record counts; none: as it is.
pub(crate) trait Judge {
    fn judge(&self, record: &Record<'_>) -> Option<Counts>;
}

/// By the clock, at the start of a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByClock {
    /// Wall time.
    pub wall: Millis,
    /// What is further ahead (ms) does not count; [`Millis::MAX`]: every record counts as it is.
    pub limit: Millis,
    /// The greatest record time so far. What is not later says nothing about the time.
    pub seen: Millis,
}

impl Judge for ByClock {
    #[inline]
    fn judge(&self, record: &Record<'_>) -> Option<Counts> {
        if record.time <= self.seen {
            return None;
        }
        let ahead = record.time.saturating_sub(self.wall);
        if ahead <= TOLERATED.min(self.limit) || self.limit == Millis::MAX {
            None
        } else if ahead <= self.limit {
            Some(Counts::At(self.seen.max(self.wall.saturating_add(TOLERATED))))
        } else {
            Some(Counts::Not(Poison::RecordInFuture))
        }
    }
}

/// By the turn record.
impl Judge for Turn {
    #[inline]
    fn judge(&self, record: &Record<'_>) -> Option<Counts> {
        self.counts(record.offset)
    }
}

impl<S: Store> Shard<S> {
    /// Applies records in order, each as the judge says, as long as `before` lets the next one; how many. `before` is asked without a record
    /// where one does not count.
    pub(crate) fn apply_judged(
        &mut self,
        records: &[Record<'_>],
        judge: &impl Judge,
        mut before: impl FnMut(&mut Self, Option<&Record<'_>>) -> bool,
    ) -> usize {
        let mut applied = 0;
        loop {
            let rest = &records[applied..];
            let mut odd = rest.iter().enumerate();
            let odd = odd.find_map(|(at, record)| Some((at, record, judge.judge(record)?)));
            let sound = odd.map_or(rest.len(), |(at, _, _)| at);
            let done =
                self.apply_while(&rest[..sound], |shard, record| before(shard, Some(record)));
            applied += done;
            let Some((_, record, counts)) = odd.filter(|_| done == sound) else { return applied };
            let counted = match counts {
                Counts::At(time) => self.apply_clamped(record, time, &mut before),
                Counts::Not(reason) => before(self, None) && self.pass_over(record, reason),
            };
            if !counted {
                return applied;
            }
            applied += 1;
        }
    }

    fn apply_clamped(
        &mut self,
        record: &Record<'_>,
        time: Millis,
        before: &mut impl FnMut(&mut Self, Option<&Record<'_>>) -> bool,
    ) -> bool {
        let clamped = Record { time, ..*record };
        let applied = self.apply_while(&[clamped], |shard, record| before(shard, Some(record)));
        if applied > 0 {
            self.clamped.push(Clamped { offset: record.offset, record_time: time });
            self.counters.clamped += 1;
        }
        applied > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::time::HOUR;

    #[test]
    fn a_time_ahead_of_the_clock_counts_up_to_five_seconds() {
        let wall = 1_000_000_000;
        let judge = |seen, limit, ahead| {
            let record = Record { offset: 0, time: wall + ahead, key: None, value: b"" };
            ByClock { wall, limit, seen }.judge(&record)
        };
        let at = |ahead| Some(Counts::At(wall + ahead));
        let (none, future) = (i64::MIN, Some(Counts::Not(Poison::RecordInFuture)));
        // greatest record time so far, limit, how far ahead
        for (rule, seen, limit, ahead, expected) in [
            ("behind the clock", none, HOUR, -HOUR, None),
            ("as clocks differ", none, HOUR, TOLERATED, None),
            ("a little more", none, HOUR, TOLERATED + 1, at(TOLERATED)),
            ("up to the limit", none, HOUR, HOUR, at(TOLERATED)),
            ("above it", none, HOUR, HOUR + 1, future),
            ("far above it", none, HOUR, i64::MAX - wall, future),
            ("a limit that is smaller", none, 2_000, 2_001, future),
            ("without a clock", none, Millis::MAX, 9 * HOUR, None),
            ("what is not new says nothing", wall + 9 * HOUR, HOUR, 9 * HOUR, None),
            ("never below what was seen", wall + 6_000, HOUR, 9_000, at(6_000)),
        ] {
            assert_eq!(judge(seen, limit, ahead), expected, "{rule}");
        }
    }
}
