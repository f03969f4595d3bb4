//! The owner of a shard, without a broker: when to lead and to leave, what a record read back means, when shard time may follow the clock, when a
//! checkpoint is due, and what must wait for what. The rules are those of the shard protocol (`ARCHITECTURE.md`).
//!
//! A state machine: the pump around it (`runtime/src/engine/shard_thread.rs`) has the sources, the producer, the clocks and the thread
//! that writes. It hands in what it has read together with the time, and asks what is to be done.
//!
//! In the order of an owner's life: [`Logs::check`], [`Reading`], [`Owner::lead`], [`Logs::begin`], [`Owner::begin`]; then again and again
//! [`Owner::turn`], [`Owner::next`], [`Owner::read_back`], [`Owner::asks`] and [`Owner::checkpoint_if_due`]; at last [`Owner::finish`].

mod refusal;
mod takeover;
#[cfg(test)]
mod tests;
mod ticker;

pub use refusal::Refusal;
pub use takeover::{Ends, Logs, Reading, SendsRecord};

use crate::checkpoint::Store;
use crate::error::ShardError;
use crate::recover::Opened;
use crate::shard::{Commit, Committed, ReadBack, Shard};
use crate::turn::{Clock, Outgoing, Turned};
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Headers, Mode};
use cartwheel_core::time::Millis;
use std::sync::Arc;
use std::time::Duration;
use ticker::{Standing, Ticker};

/// Records of several turns go out together for so long, while more events are there already. A request to the broker costs it and us the
/// same for one record as for many.
const HOLD: Duration = Duration::from_millis(50);
/// Who waits for its own records looks up this often.
const BREATH: Duration = Duration::from_millis(5);

/// Limits and periods of an owner. Durations are real time.
#[derive(Clone, Debug)]
pub struct OwnerSettings {
    /// How far shard time stays behind the clock when caught up, in ms of real time (a faster clock multiplies it).
    pub margin: Millis,
    /// How often a changed shard is stored.
    pub checkpoint_interval: Duration,
    /// Records published and not yet read back, above which the shard waits.
    pub max_in_flight: u64,
    /// Least time between two questions for the end of the events.
    pub tick: Duration,
    /// So many records before the last known end, a question for it is worth its time.
    pub near: usize,
    /// How long (ms) the sends topic keeps a record; none: for ever.
    pub sends_retention: Option<Millis>,
}

/// The clocks, as they were read together.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Real time since some fixed moment; never falls.
    pub mono: Duration,
    /// Wall time.
    pub wall: Millis,
    /// How much faster than real time wall time runs.
    pub speed: f64,
}

/// What is to be done before anything more is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Append [`Owner::outgoing`], in order.
    Send,
    /// Read back, or wait for the store, then ask again.
    Wait,
    /// Nothing.
    Go,
}

/// What a record read back was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Of an owner that was deposed before it was appended; not part of the log.
    Stray,
    /// Ours, and part of the log.
    Accepted,
    /// The same; and it confirmed a checkpoint: run [`Owner::commit`].
    Confirmed,
}

/// See the module.
pub struct Owner<S> {
    shard: Shard<S>,
    settings: OwnerSettings,
    /// The configuration to activate behind the replay.
    plan: Arc<Plan>,
    ticker: Ticker,
    /// The wall clock is not believed.
    held: bool,
    checkpoint: Checkpoint,
    /// Read together with our leader record, and behind it.
    later: Vec<SendsRecord>,
    /// Handed out by the shard and not yet sent.
    out: Vec<Outgoing>,
    /// Since when the oldest of them waits.
    held_since: Option<Duration>,
    /// More events are there already.
    more: bool,
    /// The replay is over and the newest configuration in force.
    running: bool,
    /// When we began.
    since: Duration,
}

/// When the last checkpoint was stored, when the pending one was begun (monotonic), and at which offset.
#[derive(Default)]
struct Checkpoint {
    last: Duration,
    begun: Duration,
    at: i64,
    /// It is the one with which we leave.
    leaving: bool,
}

impl<S: Store> Owner<S> {
    /// Leads with what has been read. `find` gives the configurations that the log names; `plan` is the one to activate after the replay,
    /// and `begin` the first offset of a shard without any history.
    pub fn lead(
        opened: Opened<S>,
        reading: Reading,
        begin: i64,
        plan: &Arc<Plan>,
        find: &dyn Fn(u128) -> Option<Arc<Plan>>,
        settings: OwnerSettings,
    ) -> Result<Self, Refusal> {
        let Reading { epoch, log, later } = reading;
        let shard = opened.lead(epoch, log, begin, plan, find)?;
        let at = shard.next_offset();
        Ok(Self {
            shard,
            plan: Arc::clone(plan),
            ticker: Ticker::new(settings.tick),
            held: false,
            settings,
            checkpoint: Checkpoint { at, ..Checkpoint::default() },
            later,
            out: Vec::new(),
            held_since: None,
            more: false,
            running: false,
            since: Duration::ZERO,
        })
    }

    /// Before the first turn: whether we still lead, and the record that begins the log of a shard without any history.
    pub fn begin(&mut self, mono: Duration) -> Result<(), Refusal> {
        self.since = mono;
        self.checkpoint.last = mono;
        for record in std::mem::take(&mut self.later) {
            self.read_back(record)?;
        }
        Ok(self.shard.begin_history(&mut self.out)?)
    }

    /// Once the replay is done, the newest configuration comes into force, and the shard runs: says then, and only then, whether the
    /// configuration changed.
    pub fn start_running(&mut self) -> Result<Option<bool>, Refusal> {
        if self.running || self.shard.replaying() > 0 {
            return Ok(None);
        }
        self.running = true;
        Ok(Some(self.shard.activate(&self.plan, &mut self.out)?))
    }

    /// Whether there are more events than those that have been read.
    pub fn more(&mut self, more: bool) {
        self.more = more;
    }

    /// One turn over the front of `records`; the reader stands at `position` behind them. What is not consumed is to be offered again.
    pub fn turn(
        &mut self,
        records: &[Record<'_>],
        position: i64,
        mono: Duration,
        wall: Millis,
    ) -> Result<Turned, Refusal> {
        let (take, caught_up) = if self.running {
            self.ticker.cut(records, self.shard.next_offset(), position, mono)
        } else {
            (records.len(), None)
        };
        let level = self.ticker.level(self.shard.next_offset());
        let clock = Clock { wall, caught_up, level };
        let turned = self.shard.turn(&records[..take], clock, &mut self.out)?;
        if caught_up.is_some() && turned.consumed == take && !turned.more {
            self.ticker.used();
        }
        Ok(turned)
    }

    /// What is to be done behind a turn: what the shard handed out may wait for more, unless too much is under way already.
    pub fn next(&mut self, mono: Duration) -> Next {
        let full = self.is_full();
        if self.out.is_empty() {
            self.held_since = None;
        } else {
            let held = mono.saturating_sub(*self.held_since.get_or_insert(mono));
            if !self.more || held >= HOLD || full {
                return Next::Send;
            }
        }
        if full { Next::Wait } else { Next::Go }
    }

    /// Nothing more may be applied before something has been read back, or stored.
    fn is_full(&self) -> bool {
        self.shard.in_flight() > self.settings.max_in_flight || self.shard.must_wait()
    }

    /// The records to append now, under our leader record. The room is to be given back: [`Owner::sent`].
    pub fn outgoing(&mut self) -> Vec<Outgoing> {
        self.held_since = None;
        std::mem::take(&mut self.out)
    }

    /// What has been sent: its memory is used again.
    pub fn sent(&mut self, mut room: Vec<Outgoing>) {
        self.shard.reuse(&mut room);
        if self.out.is_empty() {
            self.out = room;
        }
    }

    /// Takes note of the next record of our own sends partition.
    pub fn read_back(&mut self, record: SendsRecord) -> Result<Read, Refusal> {
        let SendsRecord { offset, headers, generation } = record;
        match self.shard.read_back(offset, headers) {
            Ok(ReadBack::Accepted) => Ok(Read::Accepted),
            Ok(ReadBack::Confirmed) => Ok(Read::Confirmed),
            Ok(ReadBack::Rejected) if headers.leader == self.shard.epoch() => {
                Err(Refusal::Lost { offset, seq: headers.seq })
            }
            Ok(ReadBack::Rejected) => Ok(Read::Stray),
            Err(ShardError::Deposed { ours, later }) => {
                Err(Refusal::Deposed { ours, later, generation })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Begins a checkpoint if one is due; then what has been handed out is to be sent at once. Nothing of it is held back: until the store has
    /// the checkpoint, which begins with its record read back, documents of two checkpoints are in memory.
    pub fn checkpoint_if_due(&mut self, mono: Duration) -> Result<bool, Refusal> {
        let due = self.checkpoint_age(mono) >= self.settings.checkpoint_interval;
        let changed = self.shard.dirty() > 0 || self.shard.next_offset() != self.checkpoint.at;
        let wanted = due && changed || self.shard.wants_checkpoint();
        if !self.running || !wanted || self.shard.is_writing() {
            return Ok(false);
        }
        self.begin_checkpoint(mono)?;
        Ok(true)
    }

    /// What is to be written now because documents and decisions take much memory; to be run once, then [`Owner::committed`].
    pub fn spill_if_due(&mut self) -> Option<Commit<S>> {
        if !self.running || !self.shard.wants_spill() {
            return None;
        }
        self.shard.begin_spill();
        self.shard.commit()
    }

    fn begin_checkpoint(&mut self, mono: Duration) -> Result<(), Refusal> {
        self.checkpoint.begun = mono;
        self.checkpoint.at = self.shard.next_offset();
        Ok(self.shard.begin_checkpoint(&mut self.out)?)
    }

    /// The confirmed checkpoint, to be run once; then [`Owner::committed`].
    pub fn commit(&self) -> Option<Commit<S>> {
        self.shard.commit()
    }

    /// The store has what was pending. Says of a checkpoint how long that took from its beginning.
    pub fn committed(&mut self, done: Committed, mono: Duration) -> Option<Duration> {
        self.shard.committed(done);
        done.checkpoint.then(|| {
            self.checkpoint.last = mono;
            mono.saturating_sub(self.checkpoint.begun)
        })
    }

    /// Since the last checkpoint; before the first, since we began.
    pub fn checkpoint_age(&self, mono: Duration) -> Duration {
        mono.saturating_sub(self.checkpoint.last)
    }

    /// Whether the leader record grows old: it is renewed every quarter of the sends topic's retention, so that the log never loses it.
    pub fn is_old(&self, mono: Duration) -> bool {
        let retention = self.settings.sends_retention.map(i64::unsigned_abs);
        let quarter = retention.map(|millis| Duration::from_millis(millis / 4));
        self.running && quarter.is_some_and(|quarter| mono.saturating_sub(self.since) >= quarter)
    }

    /// What is to be done before we leave, until it is nothing: what is being written is stored, then the last checkpoint.
    pub fn finish(&mut self, mono: Duration) -> Result<Next, Refusal> {
        self.more = false;
        let next = self.next(mono);
        if next != Next::Go {
            return Ok(next);
        }
        if self.shard.is_writing() {
            return Ok(Next::Wait);
        }
        if self.checkpoint.leaving {
            return Ok(Next::Go);
        }
        self.checkpoint.leaving = true;
        self.begin_checkpoint(mono)?;
        Ok(Next::Send)
    }

    /// Whether to ask for the end of the events now. The clocks are read before the question.
    pub fn asks(&self, at: Moment, position: i64) -> bool {
        self.running && self.ticker.wants(self.standing(at, position), self.settings.near)
    }

    /// The wall clock has jumped and is not believed (or is, again). Until it is, shard time follows records alone: nothing fires by a clock that may be
    /// wrong. To be said before [`Owner::answered`].
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// The question that was asked at `at` has this answer; none if it came to nothing: then the clock waits.
    pub fn answered(&mut self, at: Moment, end: Option<i64>) {
        match self.held {
            true => self.ticker.told(at.mono, end),
            false => self.ticker.answered(at.mono, self.due_by(at), end),
        }
    }

    /// Whether a reader at `position` stands at the end, so that a turn without records is worth it.
    pub fn is_at_end(&self, position: i64) -> bool {
        self.ticker.reached(position)
    }

    /// Where the replay of a long log reads on in the sends partition: its records, from this offset on, are to be handed to
    /// [`Owner::log_record`] until it says that it has enough. None where that is not needed now; until then no turn is replayed.
    pub fn log_wanted(&self) -> Option<i64> {
        self.shard.log_wanted()
    }

    /// Takes the next record of the sends partition for the replay; whether another one is wanted.
    pub fn log_record(
        &mut self,
        offset: i64,
        headers: Headers,
        value: &[u8],
    ) -> Result<bool, Refusal> {
        Ok(self.shard.log_record(offset, headers, value)?)
    }

    /// The newest end of the events that is known.
    pub fn end(&self) -> i64 {
        self.ticker.end()
    }

    /// How long a reader at `position` may wait for events.
    pub fn patience(&self, at: Moment, position: i64) -> Duration {
        let patience = self.ticker.patience(self.standing(at, position));
        if self.shard.in_flight() > 0 || self.shard.is_writing() {
            patience.min(BREATH)
        } else {
            patience
        }
    }

    /// The time by which a timer counts as due. The margin is real time: what is under way to the broker does not travel faster with the demo's
    /// clock.
    pub fn due_by(&self, at: Moment) -> Millis {
        at.wall - (self.settings.margin as f64 * at.speed) as Millis
    }

    fn standing(&self, at: Moment, position: i64) -> Standing {
        Standing {
            mono: at.mono,
            wall: self.due_by(at),
            speed: at.speed,
            position,
            behind: self.shard.mode() == Mode::Behind,
            nothing_due_before: self.shard.nothing_due_before(),
        }
    }

    /// The shard.
    pub fn shard(&self) -> &Shard<S> {
        &self.shard
    }
}
