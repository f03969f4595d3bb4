//! A shard without a broker: what it hands out it reads back at once.
//!
//! Two ways to drive it. [`Lone::apply`] takes records in the turns that the engine would make of them; measurements use it. Step by step,
//! [`Lone::record`], [`Lone::clock`], [`Lone::advance`] and [`Lone::switch`] are the parts of a turn (`turn`), each ending one or
//! more turns of its own, so that whoever drives says what happens between two records; traces and the comparison with the reference model use
//! them. What is handed out either way is a log that an owner can replay.

use crate::checkpoint::{Store, StoreError};
use crate::error::ShardError;
use crate::intake::record_time;
use crate::log::AcceptedLog;
use crate::recover::Opened;
use crate::settings::{Identity, Settings};
use crate::shard::{Commit, Committed, Shard};
use crate::turn::{Budget, Clock, Events, Outgoing, Turned};
use cartwheel_core::decision::Decision;
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Headers, Kind, Mode};
use cartwheel_core::time::Millis;
use std::slice::from_ref;
use std::sync::Arc;

/// Offset of the leader record.
const EPOCH: i64 = 0;

/// See the module. Nothing is stored but by [`Lone::checkpoint`] and [`Lone::begin_checkpoint`].
pub struct Lone<S> {
    shard: Shard<S>,
    /// Handed out and not yet read back: empty between two calls.
    out: Vec<Outgoing>,
    /// What has been read back and not taken.
    published: Vec<Outgoing>,
    /// Whether that is kept.
    kept: bool,
    /// The next offset of its sends partition, which nobody keeps.
    next: i64,
}

impl<S: Store> Lone<S> {
    /// The only shard of a topic, without any history, over an empty store.
    pub fn open(plan: &Arc<Plan>, settings: Settings, store: S) -> Result<Self, ShardError> {
        let identity = Identity {
            events_topic: "events".into(),
            partition: 0,
            partitions: 1,
            partitioner: Partitioner::Murmur2,
        };
        Self::lead(Opened::open(identity, settings, store)?, plan)
    }

    /// The same for a store that has been opened, and may have taken memory. It is refused if it has a checkpoint.
    pub fn lead(opened: Opened<S>, plan: &Arc<Plan>) -> Result<Self, ShardError> {
        let mut log = AcceptedLog::new(opened.checkpoint().cloned());
        log.push(EPOCH, Headers { kind: Kind::Leader, leader: -1, seq: 0 }, b"{}")?;
        let shard = opened.lead(EPOCH, log, 0, plan, &|_| None)?;
        let (out, published) = (Vec::new(), Vec::new());
        let mut lone = Self { shard, out, published, kept: true, next: EPOCH + 1 };
        lone.shard.begin_history(&mut lone.out)?;
        lone.read_back()?;
        lone.kept = false;
        Ok(lone)
    }

    /// Keeps every decision and every published record from now on, for [`Lone::take_decisions`] and [`Lone::take_published`]. The record
    /// that begins the log is kept in any case.
    pub fn keep(&mut self) {
        self.shard.keep_decisions();
        self.kept = true;
    }

    /// The decisions since the last call, in order.
    pub fn take_decisions(&mut self) -> Result<Vec<Decision>, StoreError> {
        self.shard.take_decisions()
    }

    /// The records published since the last call, in order: turn records, each before its commands, suppressions and dead letters.
    pub fn take_published(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.published)
    }

    /// One turn, as [`Shard::turn`] makes it.
    pub fn turn(&mut self, records: &[Record<'_>], clock: Clock) -> Result<Turned, ShardError> {
        let turned = self.shard.turn(records, clock, &mut self.out)?;
        self.read_back()?;
        Ok(turned)
    }

    /// Applies the records in as many turns as the shard wants, until none is left or it must wait for what is being written; how many.
    pub fn apply(&mut self, records: &[Record<'_>]) -> Result<usize, ShardError> {
        let mut applied = 0;
        while let Some(last) = records[applied..].last()
            && !self.shard.must_wait()
        {
            let clock = Clock { wall: last.time, caught_up: None, level: None };
            applied += self.turn(&records[applied..], clock)?.consumed;
        }
        self.walk()?;
        Ok(applied)
    }

    /// Applies one record, after the timers due by its time: they see the greatest of the last recorded now and the record times, this one
    /// included. What is due by then but later than its time waits. Its offset is none before [`Shard::next_offset`].
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), ShardError> {
        loop {
            self.shard.tidy()?;
            let mut budget = Budget::new(self.shard.settings.max_timers);
            let events = self.shard.events(from_ref(record), record.time, &mut budget)?;
            self.shard.write_if_decided(&mut self.out)?;
            self.read_back()?;
            if matches!(events, Events::All) {
                return self.walk();
            }
        }
    }

    /// Everybody hears of a broadcast, as many a turn as timers may fire.
    fn walk(&mut self) -> Result<(), ShardError> {
        while self.shard.is_walking() {
            self.shard.walk(self.shard.settings.max_timers);
            self.shard.write_turn(&mut self.out)?;
            self.read_back()?;
        }
        Ok(())
    }

    /// Fires what [`Lone::record`] would fire before this record, which is to come next, in turns of its own: for whoever tells apart what timers
    /// decide and what the record says.
    pub fn fire_before(&mut self, record: &Record<'_>) -> Result<(), ShardError> {
        let time = record_time(record, self.shard.position.seen);
        let record = &Record { time, ..*record };
        loop {
            let mut budget = Budget::new(self.shard.settings.max_timers);
            let done = self.shard.before_event(record, &mut budget);
            self.shard.write_if_decided(&mut self.out)?;
            self.read_back()?;
            if done {
                return Ok(());
            }
        }
    }

    /// The end of a turn: `now` is recorded, even if nothing is due (it never falls), and what is due by it fires, seeing it.
    pub fn clock(&mut self, now: Millis) -> Result<(), ShardError> {
        let now = now.max(self.shard.position.now);
        loop {
            let mut budget = Budget::new(self.shard.settings.max_timers);
            let done = self.shard.fire_due(now, now, &mut budget);
            self.shard.position.now = now;
            self.shard.write_turn(&mut self.out)?;
            self.read_back()?;
            if done {
                return Ok(());
            }
        }
    }

    /// Shard time reaches `now` as in a shard that is never behind: what is due by it fires at its own deadline, seeing that, or the greatest
    /// time so far if that is later. Where nothing is due nothing is recorded.
    pub fn advance(&mut self, now: Millis) -> Result<(), ShardError> {
        while let Some(deadline) = self.shard.next_deadline(now) {
            self.clock(deadline)?;
        }
        Ok(())
    }

    /// Changes the mode, as a recorded turn. Back to live, what was held counts again with its own deadline, and fires with the next record or clock
    /// that reaches it.
    pub fn switch(&mut self, mode: Mode) -> Result<(), ShardError> {
        if mode != self.shard.position.mode {
            self.shard.set_mode(mode);
            self.shard.write_turn(&mut self.out)?;
            self.read_back()?;
        }
        Ok(())
    }

    /// Puts another configuration into force, as a recorded turn. Whether it is another one.
    pub fn activate(&mut self, plan: &Arc<Plan>) -> Result<bool, ShardError> {
        let changed = self.shard.activate(plan, &mut self.out)?;
        self.read_back()?;
        Ok(changed)
    }

    /// Begins a checkpoint, which its own turn record confirms at once. Whoever runs the commit says so with [`Lone::committed`]. None
    /// while another one is pending.
    pub fn begin_checkpoint(&mut self) -> Result<Option<Commit<S>>, ShardError> {
        if self.shard.is_writing() {
            return Ok(None);
        }
        self.shard.begin_checkpoint(&mut self.out)?;
        self.read_back()?;
        Ok(self.shard.commit())
    }

    /// Begins to write documents and decisions where they take much memory; as [`Lone::begin_checkpoint`].
    pub fn begin_spill(&mut self) -> Option<Commit<S>> {
        if !self.shard.wants_spill() {
            return None;
        }
        self.shard.begin_spill();
        self.shard.commit()
    }

    /// The store has what was pending.
    pub fn committed(&mut self, done: Committed) {
        self.shard.committed(done);
    }

    /// Takes a checkpoint on this thread. Does nothing while another one is pending.
    pub fn checkpoint(&mut self) -> Result<(), ShardError> {
        if let Some(commit) = self.begin_checkpoint()? {
            self.committed(commit.run()?);
        }
        Ok(())
    }

    /// Runs in their window or at a step. Looks at every customer.
    pub fn live_runs(&self) -> usize {
        let slots = 0..self.shard.table.len() as u32;
        slots.map(|slot| self.shard.table.get(slot).live_runs()).sum()
    }

    /// The shard.
    pub fn shard(&self) -> &Shard<S> {
        &self.shard
    }

    fn read_back(&mut self) -> Result<(), ShardError> {
        let mut out = std::mem::take(&mut self.out);
        for record in &out {
            let headers = Headers { kind: record.kind, leader: EPOCH, seq: record.seq };
            self.shard.read_back(self.next, headers)?;
            self.next += 1;
        }
        if self.kept {
            self.published.append(&mut out);
        } else {
            self.shard.reuse(&mut out);
        }
        self.out = out;
        Ok(())
    }
}
