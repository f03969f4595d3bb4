//! A shard's thread: reads, turns, publishes, reads back, checkpoints; run to completion, no locks on the way.

use super::context::{Context, Control, Stop};
use super::failure::Failure;
use super::request::Request;
use super::stats::{Moment, Publisher};
use super::takeover::{Led, Membership, generation_of, take_over};
use super::ticker::{Standing, Ticker};
use super::writer::Writer;
use crate::metrics::ShardMeter;
use crate::metrics::labels::ShardState;
use cartwheel_core::event::Record;
use cartwheel_core::sends::{Headers, Kind, Mode};
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Batch, Error as KafkaError, SendsProducer, Source};
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::{Clock as ShardClock, Committed, Outgoing, ReadBack, Shard, ShardError};
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the question for the end offset may take; without an answer the clock stands still.
const ASK: Duration = Duration::from_secs(1);
/// A thread that waits for its own records looks up this often.
const BREATH: Duration = Duration::from_millis(5);
/// Records of several turns go out together for so long, while more events are there already. A request to the broker costs it and us the
/// same for one record as for many.
const HOLD: Duration = Duration::from_millis(50);
/// After an error that passes by itself.
const PAUSE: Duration = Duration::from_millis(20);
/// Records of our own sends partition in one read.
const READ_BACK: usize = 2_048;
/// Questions answered between two turns.
const ANSWERS: usize = 8;

/// Why a shard's thread ended without a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was told to.
    Stopped,
    /// Its leader record grows old: take over again, at once.
    Renew,
}

/// What a shard's thread is given.
pub(super) struct Job<S> {
    pub context: Arc<Context<S>>,
    pub control: Arc<Control>,
    pub partition: i32,
    pub membership: Membership,
    pub requests: Receiver<Request>,
    /// Number of this execution, and how many restarts after failures came before it.
    pub execution: u64,
    pub restarts: u64,
}

/// Takes over and works until told to stop. Blocks.
pub(super) fn run<S: Store>(job: Job<S>) -> Result<End, Failure> {
    let Job { context, control, partition, membership, requests, execution, restarts } = job;
    let mut publisher =
        Publisher::new(Arc::clone(&context), Arc::clone(&control), partition, execution, restarts);
    publisher.state(ShardState::Starting);
    let Some(led) = take_over(&context, partition, &membership, &control)? else {
        return Ok(End::Stopped);
    };
    control.epoch.store(led.shard.epoch(), Ordering::Relaxed);
    publisher.state(ShardState::Replaying);
    let Led { shard, producer, events, sends, later } = led;
    let started = context.clock.monotonic();
    let mut runner = Runner {
        meter: context.metrics.shard_meter(partition.unsigned_abs()),
        ticker: Ticker::new(context.settings.tick),
        checkpoint: Checkpoint { last: started, begun: started, at: shard.next_offset() },
        writer: Writer::default(),
        sends_batch: Some(Batch::new(READ_BACK)),
        out: Vec::new(),
        held_since: None,
        more: false,
        active: false,
        started,
        stop_by: None,
        partition,
        control: &control,
        context: &context,
        shard,
        producer,
        sends,
        requests,
        publisher,
    };
    match runner.run(events, later) {
        Ok(end) => Ok(end),
        Err(Halt::Stopped) => Ok(End::Stopped),
        Err(Halt::Failed(failure)) => Err(failure),
    }
}

/// Leaves the loop from within.
enum Halt {
    Stopped,
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Halt {
    fn from(error: E) -> Self {
        Halt::Failed(error.into())
    }
}

/// When the last checkpoint was written, when the pending one was begun (monotonic), and at which offset.
struct Checkpoint {
    last: Duration,
    begun: Duration,
    at: i64,
}

struct Runner<'a, S> {
    context: &'a Context<S>,
    control: &'a Control,
    partition: i32,
    shard: Shard<S>,
    producer: SendsProducer,
    sends: Source,
    /// Taken out while it is read.
    sends_batch: Option<Batch>,
    requests: Receiver<Request>,
    ticker: Ticker,
    publisher: Publisher<S>,
    meter: ShardMeter,
    checkpoint: Checkpoint,
    writer: Writer,
    /// Handed out by the shard and not yet sent.
    out: Vec<Outgoing>,
    /// Nothing in it is older.
    held_since: Option<Duration>,
    /// More events are there already.
    more: bool,
    /// The replay is over and the newest configuration in force.
    active: bool,
    started: Duration,
    stop_by: Option<Duration>,
}

impl<S: Store> Runner<'_, S> {
    fn run(
        &mut self,
        mut events: Source,
        later: Vec<(i64, Headers, Option<i64>)>,
    ) -> Result<End, Halt> {
        for (offset, headers, generation) in later {
            self.note(offset, headers, generation)?;
        }
        self.shard.begin_history(&mut self.out)?;
        self.publish()?;
        let mut batch = Batch::new(self.context.settings.max_batch);
        let mut spare = Vec::new();
        // What needs no records: the end of the replay, the configuration.
        self.apply(&[], events.position())?;
        loop {
            if self.control.told() == Stop::Gracefully {
                self.finish()?;
                return Ok(End::Stopped);
            }
            if self.leader_is_old() {
                self.finish()?;
                return Ok(End::Renew);
            }
            self.read(&mut events, &mut batch)?;
            self.more = batch.more();
            if batch.is_empty() {
                self.publish()?;
            } else {
                let mut records: Vec<Record<'_>> = spare;
                records.extend(batch.iter().map(|record| Record {
                    offset: record.offset(),
                    time: record.timestamp_ms(),
                    key: record.key(),
                    value: record.value().unwrap_or_default(),
                }));
                self.apply(&records, events.position())?;
                records.clear();
                spare = emptied(records);
            }
            self.ask_end(events.position());
            if self.ticker.reached(events.position()) {
                self.apply(&[], events.position())?;
            }
            self.service()?;
        }
    }

    /// Refills the batch; waits only if nothing is to be done sooner.
    fn read(&mut self, events: &mut Source, batch: &mut Batch) -> Result<(), Halt> {
        let patience = self.ticker.patience(self.standing(events.position()));
        let patience = if self.shard.in_flight() > 0 || self.shard.checkpoint_pending() {
            patience.min(BREATH)
        } else {
            patience
        };
        match events.poll(batch, patience) {
            Ok(()) => Ok(()),
            Err(error) if error.is_transient() => {
                tracing::debug!(partition = self.partition, %error, "reading events");
                std::thread::sleep(PAUSE);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Turns until the records are applied and nothing more is to be done at once. `position` is the reader's, behind them.
    fn apply(&mut self, records: &[Record<'_>], position: i64) -> Result<(), Halt> {
        let mut at = 0;
        loop {
            if !self.active && self.shard.replaying() == 0 {
                self.activate()?;
            }
            let began = self.context.clock.monotonic();
            let rest = &records[at..];
            let (take, caught_up) = match self.active {
                true => self.ticker.cut(rest, self.shard.next_offset(), position, began),
                false => (rest.len(), None),
            };
            let clock = ShardClock { wall: self.context.clock.wall(), caught_up };
            let turned = self.shard.turn(&rest[..take], clock, &mut self.out)?;
            self.publish()?;
            self.meter.turn(self.context.clock.monotonic().saturating_sub(began), turned.consumed);
            at += turned.consumed;
            if caught_up.is_some() && turned.consumed == take && !turned.more {
                self.ticker.used();
            }
            if at >= records.len() && !turned.more {
                return Ok(());
            }
            self.service()?;
        }
    }

    /// The replay is done: the newest configuration comes into force.
    fn activate(&mut self) -> Result<(), Halt> {
        if self.shard.activate(&self.context.plan, &mut self.out)? {
            tracing::info!(
                partition = self.partition,
                config = format!("{:032x}", self.context.plan.hash),
                "configuration activated"
            );
        }
        self.active = true;
        self.publisher.begin(&self.shard);
        self.publisher.state(ShardState::Running);
        tracing::info!(
            partition = self.partition,
            offset = self.shard.next_offset(),
            customers = self.shard.customers(),
            "running"
        );
        self.publish()
    }

    /// Sends what the shard handed out, unless it may wait for more; then waits while too much is in flight.
    fn publish(&mut self) -> Result<(), Halt> {
        let now = self.context.clock.monotonic();
        let held = now.saturating_sub(*self.held_since.get_or_insert(now));
        if !self.more || held >= HOLD || self.is_full() {
            self.send()?;
        }
        while self.is_full() {
            self.breathe(BREATH)?;
        }
        Ok(())
    }

    /// Nothing more may be applied before something has been read back, or written.
    fn is_full(&self) -> bool {
        self.shard.in_flight() > self.context.settings.max_in_flight || self.shard.must_wait()
    }

    fn send(&mut self) -> Result<(), Halt> {
        self.held_since = None;
        let mut out = std::mem::take(&mut self.out);
        for record in out.drain(..) {
            loop {
                match self.producer.send(
                    record.kind,
                    self.shard.epoch(),
                    record.seq,
                    &record.key,
                    &record.value,
                ) {
                    Ok(()) => break,
                    Err(KafkaError::QueueFull) => self.breathe(BREATH)?,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.out = out;
        Ok(())
    }

    /// All that is done between turns.
    fn service(&mut self) -> Result<(), Halt> {
        self.breathe(Duration::ZERO)?;
        let now = self.context.clock.monotonic();
        let due =
            now.saturating_sub(self.checkpoint.last) >= self.context.settings.checkpoint_interval;
        let changed = self.shard.dirty() > 0 || self.shard.next_offset() != self.checkpoint.at;
        if self.active
            && (due && changed || self.shard.wants_checkpoint())
            && !self.shard.checkpoint_pending()
        {
            self.begin_checkpoint()?;
        }
        Ok(())
    }

    fn begin_checkpoint(&mut self) -> Result<(), Halt> {
        self.checkpoint.begun = self.context.clock.monotonic();
        self.checkpoint.at = self.shard.next_offset();
        self.shard.begin_checkpoint(&mut self.out)?;
        // Not held back: until the store has it, which begins with its record read back, documents of two checkpoints are in memory.
        self.send()
    }

    /// Serves the producer, reads back what is there (waiting up to `wait` for something), answers questions, publishes figures.
    fn breathe(&mut self, wait: Duration) -> Result<(), Halt> {
        self.check_stop()?;
        self.producer.poll()?;
        self.read_back(wait)?;
        if let Some(done) = self.writer.ended() {
            self.checkpointed(done?);
        }
        for request in self.requests.try_iter().take(ANSWERS) {
            request.answer(&self.shard);
        }
        let wall = self.context.clock.wall();
        let checkpoint_age = self.context.clock.monotonic().saturating_sub(self.checkpoint.last);
        let moment =
            Moment { wall, due_by: wall - self.margin(), end: self.ticker.end(), checkpoint_age };
        self.publisher.publish(&self.shard, moment);
        Ok(())
    }

    fn checkpointed(&mut self, done: Committed) {
        self.shard.committed(done);
        let now = self.context.clock.monotonic();
        self.checkpoint.last = now;
        self.meter.checkpoint(now.saturating_sub(self.checkpoint.begun));
        tracing::info!(
            partition = self.partition,
            customers = done.customers,
            bytes = done.bytes,
            "checkpoint"
        );
    }

    fn check_stop(&mut self) -> Result<(), Halt> {
        let now = self.context.clock.monotonic();
        match self.control.told() {
            Stop::No => Ok(()),
            Stop::AtOnce => Err(Halt::Stopped),
            Stop::Gracefully => {
                let by = *self.stop_by.get_or_insert(now + self.context.settings.stop_timeout);
                if now <= by { Ok(()) } else { Err(Halt::Stopped) }
            }
        }
    }

    fn read_back(&mut self, wait: Duration) -> Result<(), Halt> {
        let mut batch = self.sends_batch.take().unwrap_or_else(|| Batch::new(READ_BACK));
        match self.sends.poll(&mut batch, wait) {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                tracing::debug!(partition = self.partition, %error, "reading back")
            }
            Err(error) => return Err(error.into()),
        }
        for record in batch.iter() {
            if let Some(headers) = record.sends_headers() {
                let generation =
                    record.value().filter(|_| headers.kind == Kind::Leader).and_then(generation_of);
                self.note(record.offset(), headers, generation)?;
            }
        }
        batch.clear();
        self.sends_batch = Some(batch);
        Ok(())
    }

    /// Takes note of one record of our own sends partition.
    fn note(&mut self, offset: i64, headers: Headers, generation: Option<i64>) -> Result<(), Halt> {
        match self.shard.read_back(offset, headers) {
            Ok(ReadBack::Accepted) => {}
            Ok(ReadBack::Rejected) if headers.leader == self.shard.epoch() => {
                return Err(Failure::Lost { offset, seq: headers.seq }.into());
            }
            Ok(ReadBack::Rejected) => {
                tracing::debug!(partition = self.partition, offset, "a record of a deposed owner");
                return Ok(());
            }
            Ok(ReadBack::Confirmed) => {
                if let Some(commit) = self.shard.commit() {
                    self.writer.begin(self.partition, commit)?;
                }
            }
            Err(ShardError::Deposed { ours, later }) => {
                return Err(Failure::Deposed { ours, later, generation }.into());
            }
            Err(error) => return Err(error.into()),
        }
        self.control.seq.store(headers.seq, Ordering::Relaxed);
        Ok(())
    }

    /// Asks for the end offset if it is time. The wall clock is read before.
    fn ask_end(&mut self, position: i64) {
        let standing = self.standing(position);
        if !self.active || !self.ticker.wants(standing, self.context.settings.max_batch) {
            return;
        }
        let end = match self.context.offsets.end(&self.context.topics.events, self.partition, ASK) {
            Ok(end) => Some(end),
            Err(error) => {
                tracing::debug!(partition = self.partition, %error, "no end offset: the clock waits");
                None
            }
        };
        self.ticker.answered(standing.mono, standing.wall, end);
    }

    fn standing(&self, position: i64) -> Standing {
        let clock = &self.context.clock;
        Standing {
            mono: clock.monotonic(),
            wall: clock.wall() - self.margin(),
            speed: clock.speed(),
            position,
            behind: self.shard.mode() == Mode::Behind,
            nothing_due_before: self.shard.nothing_due_before(),
        }
    }

    /// The margin is real time: what is under way to the broker does not travel faster with the demo's clock.
    fn margin(&self) -> Millis {
        (self.context.settings.margin as f64 * self.context.clock.speed()) as Millis
    }

    /// The leader record is renewed every quarter of the sends topic's retention, so that the log never loses it.
    fn leader_is_old(&self) -> bool {
        let age = self.context.clock.monotonic().saturating_sub(self.started);
        let quarter = self
            .context
            .layout
            .sends_retention_ms
            .map(|millis| Duration::from_millis(millis.unsigned_abs() / 4));
        self.active && quarter.is_some_and(|quarter| age >= quarter)
    }

    /// The last checkpoint: behind a pending one, and until it has been read back.
    fn finish(&mut self) -> Result<(), Halt> {
        self.more = false;
        self.publish()?;
        self.settle()?;
        self.begin_checkpoint()?;
        self.settle()
    }

    fn settle(&mut self) -> Result<(), Halt> {
        while self.shard.checkpoint_pending() {
            self.breathe(BREATH)?;
        }
        Ok(())
    }
}

/// The same room, free of borrowed records.
fn emptied<'a>(records: Vec<Record<'_>>) -> Vec<Record<'a>> {
    records.into_iter().map_while(|_| None).collect()
}
