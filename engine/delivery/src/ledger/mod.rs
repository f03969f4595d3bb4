//! The ledger of attempts of one sends partition: which commands were begun, and how they ended.
//!
//! For a provider without idempotency keys a call is durably recorded *before* it is made, so that after a crash a call that was
//! begun and has no outcome is known to be ambiguous. For a provider with them the key protects, and the record is written beside
//! the call without waiting for the disk; unless the command's `not_after` lies beyond the life of the key.
//!
//! **Not there yet:** `protocol.md` wants the attempts log in Kafka, read back as the first for its command before the call. This ledger is a
//! local file: it protects one worker's restart on the same disk. It does not protect against the loss of that disk, nor against a second
//! worker that takes the partition over elsewhere while a call of the first is out.
//!
//! A command takes 57 to 108 bytes of memory (measured) and up to 216 of the file. It is forgotten once its `not_after` lies [`KEEP`] back: it is never called after `not_after`, whatever the ledger says.

mod entry;
mod storage;

pub use storage::{File, Memory, Storage};

use crate::receipt::Ending;
use cartwheel_core::id::CommandId;
use cartwheel_core::time::{DAY, Millis, SECOND};
use entry::{LedgerEntry, Mark};
use hashbrown::HashMap;
use std::io;

/// How long after its `not_after` a command is remembered.
pub const KEEP: Millis = DAY;
/// Between two compactions for want of room.
const AGAIN: Millis = 60 * SECOND;
/// A ledger below this size is not compacted.
const COMPACT_ABOVE: u64 = 256 * 1024;

/// What is known of one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Calls begun.
    pub attempts: u32,
    /// When the first of them began (wall).
    pub first_at: Millis,
    /// Hash of the provider's name of the first of them (see [`provider_hash`]).
    pub provider: u64,
    /// A call may have been taken: its outcome is unknown, or was ambiguous.
    pub uncertain: bool,
    /// A call is begun and has no outcome.
    pub open: bool,
    /// How it ended, if it did.
    pub ending: Option<Ending>,
    not_after: Millis,
}

/// A call about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Begin {
    /// The command.
    pub command: CommandId,
    /// Number of the call, from 1.
    pub number: u32,
    /// Now (wall).
    pub at: Millis,
    /// The command's.
    pub not_after: Millis,
    /// See [`provider_hash`].
    pub provider: u64,
}

/// Why the ledger cannot be used. It stays unusable: reopen it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The storage failed. What was meant to be recorded may or may not be there.
    #[error("the ledger of attempts cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// An entry is damaged, and whole ones follow: this is not the torn end of a crash.
    #[error(
        "the ledger of attempts is damaged at byte {0}, with whole entries behind it; restore it or move it away after settling the open commands by hand"
    )]
    Damaged(u64),
    /// The file is something else or of a later version.
    #[error("the file is not a ledger of attempts of this version")]
    Foreign,
    /// An earlier write failed.
    #[error("the ledger of attempts failed before and must be opened again")]
    Failed,
}

/// The ledger, in memory, over its storage.
#[derive(Debug)]
pub struct Ledger<S> {
    storage: S,
    known: HashMap<CommandId, Known>,
    bytes: u64,
    /// Size after the last compaction: the next one waits until the file has doubled.
    compacted: u64,
    /// When one for want of room was made (wall): the next one waits a while.
    made_room: Option<Millis>,
    pending: Vec<u8>,
    failed: bool,
}

impl<S: Storage> Ledger<S> {
    /// Opens it and cuts off the torn end of a crash.
    pub fn open(mut storage: S) -> Result<Self, LedgerError> {
        let content = storage.read()?;
        let (entries, whole) = entry::read(&content)?;
        if whole < content.len() as u64 {
            storage.truncate(whole)?;
        }
        let mut ledger = Self {
            storage,
            known: HashMap::new(),
            bytes: whole,
            compacted: 0,
            made_room: None,
            pending: Vec::new(),
            failed: false,
        };
        if whole == 0 {
            ledger.storage.append(&entry::MAGIC, true)?;
            ledger.bytes = entry::MAGIC.len() as u64;
        }
        for entry in entries {
            ledger.apply(entry);
        }
        Ok(ledger)
    }

    /// What is known of a command.
    pub fn get(&self, command: CommandId) -> Option<&Known> {
        self.known.get(&command)
    }

    /// Commands remembered.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Notes that a call begins. It may be made only after [`Ledger::flush`].
    pub fn begin(&mut self, begin: Begin) {
        self.note(
            Mark::Begin,
            begin.command,
            begin.number,
            begin.at,
            begin.not_after,
            begin.provider,
        );
    }

    /// Notes that the last call was certainly not taken and the command may be called again.
    pub fn refused(&mut self, command: CommandId, at: Millis) {
        self.note_known(Mark::Refused, command, at);
    }

    /// Notes that the last call may have been taken and the command may be called again.
    pub fn uncertain(&mut self, command: CommandId, at: Millis) {
        self.note_known(Mark::Uncertain, command, at);
    }

    /// Notes how a command ended.
    pub fn end(&mut self, command: CommandId, ending: Ending, not_after: Millis, at: Millis) {
        let attempts = self.known.get(&command).map_or(0, |known| known.attempts);
        self.note(Mark::End(ending), command, attempts, at, not_after, 0);
    }

    /// Writes what was noted in one append; with `durable` it survives the loss of power once this returns.
    pub fn flush(&mut self, durable: bool) -> Result<(), LedgerError> {
        if self.failed {
            return Err(LedgerError::Failed);
        }
        if self.pending.is_empty() {
            return Ok(());
        }
        // After a failed write nobody knows what the storage holds.
        self.failed = true;
        self.storage.append(&self.pending, durable)?;
        self.failed = false;
        self.bytes += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Forgets what lies [`KEEP`] behind `not_after` and rewrites the storage, if it has doubled since the last time; where the worker is `full`, also
    /// without, once a minute.
    pub fn compact(&mut self, now: Millis, full: bool) -> Result<(), LedgerError> {
        let is_due = |last: Millis| now < last || now - last >= AGAIN;
        if full && self.made_room.is_none_or(is_due) {
            self.made_room = Some(now);
        } else if self.bytes < COMPACT_ABOVE.max(2 * self.compacted) {
            return Ok(());
        }
        self.rewrite(now)
    }

    fn rewrite(&mut self, now: Millis) -> Result<(), LedgerError> {
        self.flush(false)?;
        self.known.retain(|_, known| known.not_after.saturating_add(KEEP) >= now);
        let mut ids: Vec<_> = self.known.keys().copied().collect();
        ids.sort_unstable();
        let mut content = entry::MAGIC.to_vec();
        for id in ids {
            for entry in entry::of_known(id, &self.known[&id]) {
                entry.write(&mut content);
            }
        }
        self.failed = true;
        self.storage.replace(&content)?;
        self.failed = false;
        (self.bytes, self.compacted) = (content.len() as u64, content.len() as u64);
        Ok(())
    }

    fn note_known(&mut self, mark: Mark, command: CommandId, at: Millis) {
        if let Some(known) = self.known.get(&command) {
            self.note(mark, command, known.attempts, at, known.not_after, known.provider);
        }
    }

    fn note(
        &mut self,
        mark: Mark,
        command: CommandId,
        number: u32,
        at: Millis,
        not_after: Millis,
        provider: u64,
    ) {
        let entry = LedgerEntry { mark, command, number, at, not_after, provider };
        entry.write_at(self.bytes, &mut self.pending);
        self.apply(entry);
    }

    fn apply(&mut self, entry: LedgerEntry) {
        let known = self.known.entry(entry.command).or_insert(Known {
            attempts: 0,
            first_at: entry.at,
            provider: entry.provider,
            uncertain: false,
            open: false,
            ending: None,
            not_after: entry.not_after,
        });
        known.attempts = known.attempts.max(entry.number);
        known.open = entry.mark == Mark::Begin;
        match entry.mark {
            Mark::Uncertain => known.uncertain = true,
            Mark::End(ending) => known.ending = Some(ending),
            Mark::Begin | Mark::Refused => {}
        }
    }
}

/// What the ledger keeps of a provider's name.
pub fn provider_hash(name: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes())
}

#[cfg(test)]
mod tests;
