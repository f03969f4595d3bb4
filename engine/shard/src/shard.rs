//! The shard's state, and what the owner reads back from its own sends partition.

use crate::checkpoint::{Meta, Sealed, Store, StoreError};
use crate::decisions::Made;
use crate::degraded::Samples;
use crate::documents::Reading;
use crate::error::ShardError;
use crate::frames::Frames;
use crate::indexed::Indexed;
use crate::log::{AcceptedTurn, Replay};
use crate::settings::{Identity, Settings};
use crate::streams::{Shared, SharedCounters};
use crate::table::Table;
use crate::tidy::Tidy;
use crate::turn::Outgoing;
use cartwheel_core::apply::Core;
use cartwheel_core::customer::Forgotten;
use cartwheel_core::effect::{Effects, Tally};
use cartwheel_core::event::{Decoder, OddField};
use cartwheel_core::id::CustomerId;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Acceptance, Clamped, Dead, Headers, Mode, Poison, Reader, Skipped};
use cartwheel_core::time::Millis;
use cartwheel_core::timer::{NEVER, Wheel};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;

/// Customers of a checkpoint that are fetched from memory together.
const LOOK_AHEAD: usize = 16;

/// Counts since the shard was opened, for metrics.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Events applied whose type some journey wants.
    pub wanted: u64,
    /// Events applied to the profile only.
    pub unwanted: u64,
    /// Repeated ids.
    pub duplicates: u64,
    /// Records that could not be applied, by reason, in the order of [`Poison::ALL`].
    pub poison: [u64; Poison::ALL.len()],
    /// Odd fields of events that were applied without them, in the order of [`OddField::ALL`].
    pub degraded: [u64; OddField::ALL.len()],
    /// Misplaced records that each partitioner would have put here.
    pub would_fit: [u64; Partitioner::ALL.len()],
    /// Records whose key is not their customer.
    pub other_keys: u64,
    /// What customers had no room for, in the order of [`Forgotten::ALL`], as of the last recorded turn.
    pub forgotten: [u64; Forgotten::ALL.len()],
    /// Records that counted with an earlier time than their own, which was ahead of the clock.
    pub clamped: u64,
    /// Runs whose timer fired.
    pub fired: u64,
    /// Customers looked at to release held sends.
    pub release_looks: u64,
    /// Turns recorded.
    pub turns: u64,
    /// Commands made.
    pub commands: u64,
    /// Suppressions made.
    pub suppressions: u64,
    /// What became of records that every partition gets.
    pub shared: SharedCounters,
    /// Checkpoints committed.
    pub checkpoints: u64,
    /// Bytes handed to the store, by checkpoints and spills.
    pub checkpoint_bytes: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            would_fit: [0; Partitioner::ALL.len()],
            other_keys: 0,
            clamped: 0,
            wanted: 0,
            unwanted: 0,
            duplicates: 0,
            poison: [0; Poison::ALL.len()],
            degraded: [0; OddField::ALL.len()],
            forgotten: [0; Forgotten::ALL.len()],
            fired: 0,
            release_looks: 0,
            turns: 0,
            commands: 0,
            suppressions: 0,
            shared: SharedCounters::default(),
            checkpoints: 0,
            checkpoint_bytes: 0,
        }
    }
}

/// What a record read back from the sends partition was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Not part of the log.
    Rejected,
    /// Part of the log.
    Accepted,
    /// Part of the log; it confirmed the pending checkpoint, which is to be committed now ([`Shard::commit`]).
    Confirmed,
}

/// A confirmed checkpoint, or a spill, on its way to the store. It may run on any thread; meanwhile the shard goes on.
pub struct Commit<S> {
    store: S,
    /// Of a checkpoint.
    meta: Option<Meta>,
    /// The last record whose decisions are in it.
    seq: u64,
    sealed: Arc<Sealed>,
}

/// What the store has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// A checkpoint. Else documents and decisions alone, which none names yet.
    pub checkpoint: bool,
    /// Customers written.
    pub customers: usize,
    /// Bytes handed to the store.
    pub bytes: u64,
}

impl<S: Store> Commit<S> {
    /// Writes it. Blocks.
    pub fn run(self) -> Result<Committed, StoreError> {
        let bytes = match &self.meta {
            Some(meta) => self.store.commit(meta, &self.sealed)?,
            None => self.store.spill(self.seq, &self.sealed)?,
        };
        Ok(Committed { checkpoint: self.meta.is_some(), customers: self.sealed.len(), bytes })
    }
}

/// One shard under one leader record. See the crate's documentation.
pub struct Shard<S> {
    pub(crate) identity: Identity,
    pub(crate) settings: Settings,
    pub(crate) decoder: Decoder,
    pub(crate) core: Core,
    /// Of the commands of its configuration.
    pub(crate) frames: Frames,
    pub(crate) table: Table,
    pub(crate) wheel: Wheel,
    /// Empty; memory for those who fire at one instant.
    pub(crate) group: Vec<(CustomerId, u32)>,
    /// Memory for those who fire soon.
    pub(crate) upcoming: Vec<u32>,
    pub(crate) shared: Shared,
    pub(crate) indexed: Indexed,
    pub(crate) effects: Effects,
    pub(crate) tidy: Tidy,
    pub(crate) store: S,
    /// Offset of our leader record.
    pub(crate) epoch: i64,
    /// Follows our own sends partition.
    pub(crate) reader: Reader,
    pub(crate) position: Position,
    /// Turns of the log that are still to be replayed.
    pub(crate) replay: Replay,
    /// The configurations that the log names.
    pub(crate) plans: Vec<Arc<cartwheel_core::journey::plan::Plan>>,
    /// Hash of the record before the checkpoint's next offset, until it has been compared.
    pub(crate) verify_input: Option<u64>,
    /// Those whom the present broadcast has not reached, the next one last; empty where they are to be found anew. A cache.
    pub(crate) left: Vec<u32>,
    /// Customers who have, or since the shard is behind had, held sends.
    pub(crate) held: BTreeSet<u32>,
    pub(crate) sealed: Option<Pending>,
    /// Spills since the last checkpoint.
    pub(crate) spills: u32,
    /// Empty; the memory of the last checkpoint.
    pub(crate) spare: Sealed,
    /// Records of the present turn that are made already.
    pub(crate) made: Made,
    /// Of commands that have been sent: memory for those to come.
    pub(crate) spare_records: Vec<Outgoing>,
    /// Memory in which what is known of a message's customer is read.
    pub(crate) reading: Reading,
    pub(crate) dead: Vec<Dead>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) clamped: Vec<Clamped>,
    /// The partitioner that the next turn record states.
    pub(crate) stating: Option<Partitioner>,
    pub(crate) counters: Counters,
}

/// Where the shard stands in its logs.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    /// Next offset of the events partition.
    pub next_offset: i64,
    /// Greatest record time so far.
    pub seen: Millis,
    /// Shard time.
    pub now: Millis,
    pub mode: Mode,
    /// Last sequence given to a record.
    pub seq: u64,
    /// Chain hash of the last turn record.
    pub chain: u128,
    /// Timers fired since the last turn record.
    pub fired: u64,
    /// Customers who were reached by a broadcast since the last turn record.
    pub walked: u64,
    /// Hash of the value of the last record applied.
    pub last_input: u64,
    /// What was copied to the dead letters although it was applied.
    pub samples: Samples,
    /// What the log says of the topic's partitioner; none where it says nothing: then [`Identity::partitioner`] counts.
    pub partitioner: Option<Partitioner>,
    /// The behaviour of the last turn record.
    pub semantics: u32,
}

/// A sealed checkpoint that waits for its turn to be read back as a whole, then for the store; or a spill, which waits for the store alone: no checkpoint names it, so that
/// it may be of turns that are under way.
pub(crate) struct Pending {
    /// Names a checkpoint's turn record: its sequence and, once that has been read back, its offset. None of a spill.
    pub meta: Option<Meta>,
    /// Of the record as of which the store has the decisions: the turn record, of a spill the last one.
    pub seq: u64,
    pub sealed: Arc<Sealed>,
    /// Sequence of the turn's last record.
    pub last: u64,
    pub confirmed: bool,
}

/// The turn record of a checkpoint: never one of the records that follow it, since a reader of the log begins with it.
#[derive(Clone, Copy)]
struct At {
    leader: i64,
    seq: u64,
    /// None before it has been read back.
    sends_offset: Option<i64>,
}

impl<S: Store> Shard<S> {
    /// Takes note of a record of our own sends partition, in order, from the one behind our leader record on.
    pub fn read_back(&mut self, offset: i64, headers: Headers) -> Result<ReadBack, ShardError> {
        match self.reader.read(offset, headers) {
            Acceptance::Leader => Err(ShardError::Deposed { ours: self.epoch, later: offset }),
            Acceptance::Rejected => Ok(ReadBack::Rejected),
            Acceptance::Accepted => Ok(self.confirm(offset, headers.seq)),
        }
    }

    fn confirm(&mut self, offset: i64, seq: u64) -> ReadBack {
        let Some(pending) = &mut self.sealed else { return ReadBack::Accepted };
        let Some(meta) = &mut pending.meta else { return ReadBack::Accepted };
        if meta.seq == seq {
            meta.sends_offset = offset;
        }
        if pending.last != seq {
            return ReadBack::Accepted;
        }
        pending.confirmed = true;
        ReadBack::Confirmed
    }

    /// The confirmed checkpoint or the spill, to be run once; then [`Shard::committed`]. If it fails the shard is over. None without one.
    pub fn commit(&self) -> Option<Commit<S>> {
        let pending = self.sealed.as_ref().filter(|pending| pending.confirmed)?;
        Some(Commit {
            store: self.store.clone(),
            meta: pending.meta.clone(),
            seq: pending.seq,
            sealed: Arc::clone(&pending.sealed),
        })
    }

    /// The store has what was pending.
    pub fn committed(&mut self, done: Committed) {
        self.counters.checkpoints += u64::from(done.checkpoint);
        self.spills = if done.checkpoint { 0 } else { self.spills + 1 };
        self.counters.checkpoint_bytes += done.bytes;
        // The memory is used again, unless somebody else still holds it.
        if let Some(mut sealed) =
            self.sealed.take().and_then(|pending| Arc::into_inner(pending.sealed))
        {
            sealed.clear(&mut self.effects.journal, &mut self.effects.decisions);
            self.spare = sealed;
        }
    }

    /// Commits what [`Shard::commit`] gives, if that is something, on this thread.
    pub fn commit_here(&mut self) -> Result<(), StoreError> {
        if let Some(commit) = self.commit() {
            let done = commit.run()?;
            self.committed(done);
        }
        Ok(())
    }

    /// Records handed out to be published that have not been read back.
    pub fn in_flight(&self) -> u64 {
        self.position.seq.saturating_sub(self.reader.last.unwrap_or(0))
    }

    /// Our leader record's offset.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// The next offset of the events partition that [`Shard::turn`] wants; on the first turn after a recovery one before it,
    /// to compare the record with the one that was applied.
    pub fn wanted_offset(&self) -> i64 {
        match self.verify_input {
            Some(_) => self.position.next_offset - 1,
            None => self.position.next_offset,
        }
    }

    /// Every event below this offset has been applied.
    pub fn next_offset(&self) -> i64 {
        self.position.next_offset
    }

    /// Turns of the log that are still to be replayed.
    pub fn replaying(&self) -> usize {
        self.replay.left()
    }

    /// Shard time.
    pub fn now(&self) -> Millis {
        self.position.now
    }

    /// Live, or behind.
    pub fn mode(&self) -> Mode {
        self.position.mode
    }

    /// Customers in memory.
    pub fn customers(&self) -> usize {
        self.table.len()
    }

    /// Customers that the next checkpoint writes.
    pub fn dirty(&self) -> usize {
        self.table.dirty()
    }

    /// Physical timers, stale ones included.
    pub fn timers(&self) -> usize {
        self.wheel.len()
    }

    /// A time before which no timer is due; none without timers.
    pub fn nothing_due_before(&self) -> Option<Millis> {
        Some(self.wheel.nothing_before()).filter(|at| *at != NEVER)
    }

    /// Counts since the shard was opened.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Decisions since the shard was opened, by journey, operation, verdict and reason.
    pub fn tally(&self) -> &Tally {
        &self.effects.tally
    }

    /// The evaluator.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Keeps every decision from now on for [`Shard::take_decisions`]; for tests, traces and backtests.
    pub fn keep_decisions(&mut self) {
        self.effects.kept.get_or_insert_default();
    }

    /// Whether so much has been written without a checkpoint that one is due: a replay must not become long.
    pub fn wants_checkpoint(&self) -> bool {
        self.sealed.is_none() && self.spills >= self.settings.max_spills.max(1)
    }

    /// Whether documents and decisions take so much memory that they are to be written, without waiting for a checkpoint.
    pub fn wants_spill(&self) -> bool {
        self.sealed.is_none() && self.effects.new_bytes() >= self.settings.max_journal
    }

    /// Whether documents and decisions behind what is being written take so much memory that nothing more may be applied before that is in the store.
    pub fn must_wait(&self) -> bool {
        self.sealed.is_some() && self.effects.new_bytes() >= 2 * self.settings.max_journal
    }

    /// Whether a checkpoint waits for its turn record, or that or a spill for the store.
    pub fn is_writing(&self) -> bool {
        self.sealed.is_some()
    }

    /// Begins a checkpoint: a turn record of its own, and a copy of the dirty set that is committed once that record has been
    /// read back. Nothing happens during a replay or while another one is pending.
    pub fn begin_checkpoint(&mut self, out: &mut Vec<Outgoing>) -> Result<(), ShardError> {
        if self.sealed.is_some() || self.replaying() > 0 {
            return Ok(());
        }
        let seq = self.position.seq + 1;
        self.write_turn(out)?;
        self.sealed = Some(self.pend(At { leader: self.epoch, seq, sends_offset: None }));
        Ok(())
    }

    /// Begins to write documents and decisions without a checkpoint, between two turns: [`Shard::commit`] has it. Nothing happens while something is being written.
    pub fn begin_spill(&mut self) {
        if self.sealed.is_some() {
            return;
        }
        let mut sealed = std::mem::take(&mut self.spare);
        sealed.take_over(&mut self.effects.journal, &mut self.effects.decisions, 0);
        let (seq, sealed) = (self.position.seq, Arc::new(sealed));
        self.sealed = Some(Pending { meta: None, seq, sealed, last: seq, confirmed: true });
    }

    /// What a replay does when documents and decisions take too much memory, at a turn that the log has already accepted as a whole: it writes them, and now and then takes
    /// a checkpoint, so that the next replay need not begin where this one did.
    pub(crate) fn make_room_replayed(&mut self, turn: &AcceptedTurn) -> Result<(), ShardError> {
        if self.spills >= self.settings.max_spills {
            return self.checkpoint_replayed(turn);
        }
        self.begin_spill();
        Ok(self.commit_here()?)
    }

    /// Takes a checkpoint at a turn that the log has already accepted as a whole.
    fn checkpoint_replayed(&mut self, turn: &AcceptedTurn) -> Result<(), ShardError> {
        let AcceptedTurn { leader, seq, offset, .. } = *turn;
        self.sealed = Some(self.pend(At { leader, seq, sends_offset: Some(offset) }));
        Ok(self.commit_here()?)
    }

    /// A checkpoint at the turn that has just ended; confirmed where the offset of its record is known.
    fn pend(&mut self, at: At) -> Pending {
        let meta = self.meta(at);
        let (sealed, last) = (Arc::new(self.seal()), self.position.seq);
        let (seq, confirmed) = (at.seq, at.sends_offset.is_some());
        Pending { meta: Some(meta), seq, sealed, last, confirmed }
    }

    /// Copies the dirty set, which is clean from now on.
    fn seal(&mut self) -> Sealed {
        let mut sealed = std::mem::take(&mut self.spare);
        let (journal, decisions) = (&mut self.effects.journal, &mut self.effects.decisions);
        sealed.take_over(journal, decisions, self.table.dirty());
        for slots in self.table.take_dirty().chunks(LOOK_AHEAD) {
            // Reads that do not wait for each other, before those that do.
            for customer in slots.iter().map(|slot| self.table.get(*slot)) {
                black_box((customer.deadline, customer.seen.look(), customer.facts.len()));
            }
            for customer in slots.iter().map(|slot| self.table.get(*slot)) {
                black_box((
                    customer.runs.len(),
                    customer.entries.len(),
                    customer.touches.len(),
                    customer.attributes.len(),
                ));
            }
            for run in slots.iter().filter_map(|slot| self.table.get(*slot).runs.first()) {
                black_box(run.captures.len());
            }
            slots.iter().for_each(|slot| sealed.add(self.table.get_mut(*slot)));
        }
        self.shared.products.take_changed(|key, product| sealed.add_product(key, product));
        self.shared.pools.take_fresh(|key, codes| sealed.add_codes(key, codes));
        sealed
    }

    /// Where the shard stands, behind this turn.
    fn meta(&self, at: At) -> Meta {
        let position = &self.position;
        let (mut streams, mut product_names, mut pools) = (Vec::new(), Vec::new(), Vec::new());
        self.shared.streams.encode(&mut streams);
        self.shared.control.encode(&mut streams);
        self.shared.broadcasts.encode(&mut streams);
        self.shared.products.encode_names(&mut product_names);
        self.shared.pools.encode(&mut pools);
        Meta {
            next_offset: position.next_offset,
            seq: at.seq,
            sends_offset: at.sends_offset.unwrap_or(-1),
            leader: at.leader,
            now: position.now,
            seen: position.seen,
            behind: position.mode == Mode::Behind,
            config: self.core.plan.hash,
            semantics: position.semantics,
            chain: position.chain,
            last_input: position.last_input,
            partitions: self.identity.partitions,
            sample_hour: position.samples.hour,
            sampled: position.samples.taken.bits(),
            partitioner: position.partitioner.map(|partitioner| partitioner as u8),
            streams,
            product_names,
            pools,
            documents_begin: self.tidy.begin,
            documents_end: self.effects.journal.end(),
        }
    }
}
