//! A lone shard whose checkpoints and spills are written on a thread of their own, as the engine's are.

use crate::Error;
use cartwheel_core::event::Record;
use cartwheel_shard::checkpoint::{Store, StoreError};
use cartwheel_shard::{Committed, Lone, ShardError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// See the module.
pub struct Beside<S> {
    lone: Lone<S>,
    /// Writes what is pending.
    writer: Option<JoinHandle<Result<Committed, StoreError>>>,
    /// When the last checkpoint was in the store; before the first, when the shard was opened.
    saved: Instant,
}

impl<S: Store> Beside<S> {
    /// Around a shard that has just been opened.
    pub fn new(lone: Lone<S>) -> Self {
        Self { lone, writer: None, saved: Instant::now() }
    }

    /// Applies the records to the last. Waits for what is being written where the engine would.
    pub fn apply(&mut self, records: &[Record<'_>]) -> Result<(), Error> {
        let mut applied = self.lone.apply(records)?;
        while applied < records.len() {
            self.settle()?;
            applied += self.lone.apply(&records[applied..])?;
        }
        Ok(())
    }

    /// What the engine does about checkpoints between two turns: it takes note of one that has been written, and begins one if nothing is
    /// pending and the last is `every` old or much has been spilled since; else a spill, if the documents ask for it.
    pub fn checkpoint(&mut self, every: Duration) -> Result<(), Error> {
        if self.writer.as_ref().is_some_and(JoinHandle::is_finished) {
            self.settle()?;
        }
        if self.writer.is_none() {
            let due = self.saved.elapsed() >= every || self.lone.shard().wants_checkpoint();
            let commit = match due {
                true => self.lone.begin_checkpoint()?,
                false => self.lone.begin_spill(),
            };
            self.writer = commit.map(|commit| std::thread::spawn(move || commit.run()));
        }
        Ok(())
    }

    /// Waits until what is pending, if there is something, is in the store.
    pub fn settle(&mut self) -> Result<(), Error> {
        if let Some(writer) = self.writer.take() {
            let done = writer
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                .map_err(ShardError::from)?;
            self.lone.committed(done);
            if done.checkpoint {
                self.saved = Instant::now();
            }
        }
        Ok(())
    }

    /// The shard.
    pub fn lone(&self) -> &Lone<S> {
        &self.lone
    }
}
