//! A shard without a broker: what it hands out it reads back at once.

use crate::Error;
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Headers, Kind};
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::{Store, StoreError};
use cartwheel_shard::{
    AcceptedLog, Clock, Committed, Identity, Opened, Outgoing, Settings, Shard, ShardError,
};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Offset of the leader record.
const EPOCH: i64 = 0;

/// See the module. Nothing is stored but by [`Lone::checkpoint`], on the caller's thread, or [`Lone::checkpoint_beside`].
pub struct Lone<S> {
    pub(super) shard: Shard<S>,
    pub(super) out: Vec<Outgoing>,
    /// The next offset of its sends partition, which nobody keeps.
    next: i64,
    /// Writes the pending checkpoint.
    writer: Option<JoinHandle<Result<Committed, StoreError>>>,
    /// When the last checkpoint was in the store; before the first, when the shard was opened.
    saved: Instant,
}

impl<S: Store> Lone<S> {
    /// A shard without any history, over an empty store.
    pub fn open(plan: &Arc<Plan>, partition: i32, store: S) -> Result<Self, Error> {
        Self::with_room(plan, partition, store, 0)
    }

    /// The same with memory for so many customers.
    pub fn with_room(
        plan: &Arc<Plan>,
        partition: i32,
        store: S,
        customers: usize,
    ) -> Result<Self, Error> {
        let identity = Identity { events_topic: "load.events.v1".into(), partition, partitions: 1 };
        let settings = Settings { hold_after: Millis::MAX, ..Settings::default() };
        let mut opened = Opened::open(identity, settings, store)?;
        opened.make_room(customers);
        let mut log = AcceptedLog::new(None);
        log.push(EPOCH, Headers { kind: Kind::Leader, leader: -1, seq: 0 }, b"{}")?;
        let shard = opened.lead(EPOCH, log, 0, plan, &|_| None)?;
        let mut lone =
            Self { shard, out: Vec::new(), next: EPOCH + 1, writer: None, saved: Instant::now() };
        lone.shard.begin_history(&mut lone.out)?;
        lone.read_back()?;
        Ok(lone)
    }

    /// Applies the records to the last, in as many turns as the shard wants. Waits for a checkpoint where the engine would.
    pub fn apply(&mut self, records: &[Record<'_>]) -> Result<(), Error> {
        let mut at = 0;
        while let Some(last) = records[at..].last() {
            let clock = Clock { wall: last.time, caught_up: None };
            at += self.shard.turn(&records[at..], clock, &mut self.out)?.consumed;
            self.read_back()?;
            if self.shard.must_wait() {
                self.settle()?;
            }
        }
        Ok(())
    }

    /// Takes a checkpoint on this thread: begun, confirmed by its own turn record, committed.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        self.settle()?;
        self.shard.begin_checkpoint(&mut self.out)?;
        self.read_back()?;
        Ok(self.shard.commit_here().map_err(ShardError::from)?)
    }

    /// What the engine does about checkpoints between two turns: it takes note of one that has been written, and begins one if none is
    /// pending and the last is `every` old or the documents ask for it. That one is written on a thread of its own.
    pub fn checkpoint_beside(&mut self, every: Duration) -> Result<(), Error> {
        if self.writer.as_ref().is_some_and(JoinHandle::is_finished) {
            self.settle()?;
        }
        let due = self.shard.wants_checkpoint() || self.saved.elapsed() >= every;
        if due && self.writer.is_none() {
            self.shard.begin_checkpoint(&mut self.out)?;
            self.read_back()?;
            self.writer =
                self.shard.commit().map(|commit| std::thread::spawn(move || commit.run()));
        }
        Ok(())
    }

    /// Waits until the pending checkpoint, if there is one, is in the store.
    pub fn settle(&mut self) -> Result<(), Error> {
        if let Some(writer) = self.writer.take() {
            let done = writer
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                .map_err(ShardError::from)?;
            self.shard.committed(done);
            self.saved = Instant::now();
        }
        Ok(())
    }

    /// The shard.
    pub fn shard(&self) -> &Shard<S> {
        &self.shard
    }

    fn read_back(&mut self) -> Result<(), Error> {
        for record in self.out.drain(..) {
            self.shard.read_back(
                self.next,
                Headers { kind: record.kind, leader: EPOCH, seq: record.seq },
            )?;
            self.next += 1;
        }
        Ok(())
    }
}
