//! A turn: events up to an offset, each after the timers due by its time; then a change of mode; then timers due by `now`.
//! If it decided something it is recorded.

use crate::ahead::{ByClock, Judge};
use crate::checkpoint::Store;
use crate::error::ShardError;
use crate::intake::record_time;
use crate::shard::Shard;
use cartwheel_core::event::Record;
use cartwheel_core::sends::{Counts, Kind, Mode};
use cartwheel_core::time::Millis;

/// The clock, as the runtime read it. A shard never asks for the time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Wall time.
    pub wall: Millis,
    /// Wall time less the margin, read before the request for the end offset that equals the position behind the records
    /// of this turn; none if the shard is not known to be caught up.
    pub caught_up: Option<Millis>,
    /// The same of an older request, whose end has been passed: every record that there was then has been applied. None before the first.
    pub level: Option<Millis>,
}

impl Clock {
    /// How far behind a shard is at least whose next unread record has the time `next`, ms. That alone does not say it: a producer may bring old
    /// times at any moment. The record was appended after [`Clock::level`].
    fn behind(&self, next: Millis) -> Millis {
        self.wall.saturating_sub(self.level.map_or(next, |level| level.max(next)))
    }
}

/// What a turn may still do before it ends.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Timers that may fire.
    pub timers: u64,
    /// It ends as its record says, whatever it makes.
    recorded: bool,
}

impl Budget {
    /// Of a new turn.
    pub fn new(timers: u64) -> Self {
        Self { timers, recorded: false }
    }

    /// Of a turn of the log, in which so many timers fired.
    pub fn recorded(timers: u64) -> Self {
        Self { timers, recorded: true }
    }
}

/// A record to append to the sends partition, in order, under our leader record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// What it is.
    pub kind: Kind,
    /// Its sequence number.
    pub seq: u64,
    /// The record's key (the customer), empty for none.
    pub key: Vec<u8>,
    /// The record's value, JSON.
    pub value: Vec<u8>,
}

impl Outgoing {
    /// One of this kind, without anything.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, seq: 0, key: Vec::new(), value: Vec::new() }
    }
}

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// Records taken from the front of the batch. The rest is to be offered again.
    pub consumed: usize,
    /// Something was decided and handed out.
    pub recorded: bool,
    /// More is to be done at once, without new records.
    pub more: bool,
}

impl<S: Store> Shard<S> {
    /// Executes one turn over the front of a batch (in offset order, starting at [`Shard::wanted_offset`]) and appends what is to be
    /// published to `out`. While the log is replayed, `clock` is not looked at and nothing is published but what a
    /// partial last turn lacks.
    pub fn turn(
        &mut self,
        records: &[Record<'_>],
        clock: Clock,
        out: &mut Vec<Outgoing>,
    ) -> Result<Turned, ShardError> {
        if self.effects.list.is_empty() {
            self.tidy()?;
        }
        let skipped = self.skip_applied(records)?;
        let records = &records[skipped..];
        let mut turned = if self.replaying() == 0 {
            self.live(records, clock, out)?
        } else {
            self.replay_turn(records, out)?
        };
        turned.consumed += skipped;
        Ok(turned)
    }

    /// Passes over what was applied before, comparing the last of it with what the checkpoint remembers.
    fn skip_applied(&mut self, records: &[Record<'_>]) -> Result<usize, ShardError> {
        let applied =
            records.iter().take_while(|record| record.offset < self.position.next_offset).count();
        if let Some(record) = applied.checked_sub(1).and_then(|last| records.get(last))
            && record.offset == self.position.next_offset - 1
            && let Some(expected) = self.verify_input.take()
            && hash_of(record) != expected
        {
            return Err(ShardError::InputChanged { offset: record.offset });
        }
        if applied < records.len() {
            self.verify_input = None; // the record before is gone (compaction marker, retention): nothing to compare
        }
        Ok(applied)
    }

    fn live(
        &mut self,
        records: &[Record<'_>],
        clock: Clock,
        out: &mut Vec<Outgoing>,
    ) -> Result<Turned, ShardError> {
        if self.is_walking() {
            self.walk(self.settings.max_timers);
            self.write_turn(out)?;
            return Ok(Turned { consumed: 0, recorded: true, more: true });
        }
        if let Some(next) = records.first()
            && self.position.mode == Mode::Live
            && clock.behind(record_time(next, self.position.seen)) > self.settings.hold_after
        {
            self.set_mode(Mode::Behind);
            self.write_turn(out)?;
            return Ok(Turned { consumed: 0, recorded: true, more: true });
        }
        let mut budget = Budget::new(self.settings.max_timers);
        let consumed = match self.events(records, clock.wall, &mut budget)? {
            Events::All => records.len(),
            Events::Until(consumed) => {
                // Cut: the timers' storm, or what one turn may make. What is left follows in the next turn.
                let recorded = self.write_if_decided(out)?;
                return Ok(Turned { consumed, recorded, more: true });
            }
        };
        if self.is_walking() {
            // Before anything else everybody hears of the broadcast, in turns of its own.
            let recorded = self.write_if_decided(out)?;
            return Ok(Turned { consumed, recorded, more: true });
        }
        let mut changed = false;
        let mut now = self.position.now;
        if let Some(wall) = clock.caught_up {
            now = now.max(wall);
            if self.position.mode == Mode::Behind {
                self.set_mode(Mode::Live);
                changed = true;
            }
        }
        let done = !self.may_be_due(now) || self.fire_due(now, now, &mut budget);
        // An advance of the clock that decided nothing leaves no trace.
        if changed || self.decided() {
            self.position.now = now;
            self.write_turn(out)?;
            return Ok(Turned { consumed, recorded: true, more: !done });
        }
        Ok(Turned { consumed, recorded: false, more: false })
    }

    /// Changes the mode, which is to be recorded. Back to live, every held send counts again.
    pub(crate) fn set_mode(&mut self, mode: Mode) {
        self.position.mode = mode;
        if mode == Mode::Live {
            self.release_held();
        }
    }

    /// Applies records, each after the timers due by its time.
    pub(crate) fn events(
        &mut self,
        records: &[Record<'_>],
        wall: Millis,
        budget: &mut Budget,
    ) -> Result<Events, ShardError> {
        let limit = self.settings.max_clock_ahead;
        let judge = ByClock { wall, limit, seen: self.position.seen };
        let sound = self.check_clock(records, judge)?;
        let applied = self.apply_judged(&records[..sound], &judge, |shard, record| {
            !shard.is_walking()
                && record.is_none_or(|record| shard.before_event(record, budget))
                && !shard.full()
        });
        if let Some(last) = applied.checked_sub(1) {
            self.note_input(&records[last]);
        }
        Ok(if applied == records.len() { Events::All } else { Events::Until(applied) })
    }

    /// How many of these records may be judged by this clock. All of them, unless it lies so far behind shard time that it is the clock that is wrong: then
    /// a record that seems to come from the future waits, since it would be lost by the fault of a clock.
    fn check_clock(&self, records: &[Record<'_>], judge: ByClock) -> Result<usize, ShardError> {
        let behind_ms = self.position.now.saturating_sub(judge.wall);
        if behind_ms <= judge.limit {
            return Ok(records.len());
        }
        let counts = |record: &&Record<'_>| !matches!(judge.judge(record), Some(Counts::Not(_)));
        let sound = records.iter().take_while(counts).count();
        match records.first().filter(|_| sound == 0) {
            Some(first) => Err(ShardError::ClockBehind {
                offset: first.offset,
                behind_ms,
                limit_ms: judge.limit,
            }),
            None => Ok(sound),
        }
    }

    /// Fires what is due by the record's time. They see the greatest of shard time and record times, this record included.
    /// False if the budget ended first: then the clock has advanced, and the record waits for the next turn.
    pub(crate) fn before_event(&mut self, record: &Record<'_>, budget: &mut Budget) -> bool {
        if !self.may_be_due(record.time) {
            return true;
        }
        let now = self.position.now.max(record.time);
        let fired = self.position.fired;
        let done = self.fire_due(record.time, now, budget);
        if self.position.fired != fired {
            self.position.now = now;
        }
        done
    }

    /// Whether a turn with this budget is to end before the next event or timer.
    pub(crate) fn is_over(&mut self, budget: &Budget) -> bool {
        budget.timers == 0 || !budget.recorded && self.full()
    }

    pub(crate) fn note_input(&mut self, record: &Record<'_>) {
        self.position.last_input = hash_of(record);
    }

    fn decided(&self) -> bool {
        self.position.fired > 0
            || self.position.walked > 0
            || self.makes() > 0
            || !self.clamped.is_empty()
    }

    /// Ends the turn; whether there was anything to record.
    pub(crate) fn write_if_decided(&mut self, out: &mut Vec<Outgoing>) -> Result<bool, ShardError> {
        let decided = self.decided();
        if decided {
            self.write_turn(out)?;
        }
        Ok(decided)
    }
}

/// How far a turn's records were applied.
pub(crate) enum Events {
    /// To the last.
    All,
    /// So many were applied; the turn ends there.
    Until(usize),
}

fn hash_of(record: &Record<'_>) -> u64 {
    xxhash_rust::xxh3::xxh3_64(record.value)
}
