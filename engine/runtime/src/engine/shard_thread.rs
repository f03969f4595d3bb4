//! A shard's thread: the pump around its owner. It reads, turns, publishes, reads back and stores what and when the owner
//! (`cartwheel_shard::owner`) says, to completion, without locks on the way.

use super::context::{Context, Control, Stop};
use super::failure::Failure;
use super::follower::Follower;
use super::request::Request;
use super::stats::{Figures, Life, Moment};
use super::takeover::{Led, Membership, read_sends, take_over};
use super::writer::Writer;
use crate::clock::Reading;
use crate::metrics::ShardMeter;
use crate::metrics::labels::ShardState;
use cartwheel_core::event::Record;
use cartwheel_core::journey::plan::Plan;
use cartwheel_kafka::{Batch, Error as KafkaError, SendsProducer, Source, Start};
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::owner::{self, Next, Owner, Read, SendsRecord};
use cartwheel_shard::{Committed, Outgoing};
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the question for the end offset may take; without an answer the clock stands still.
const ASK: Duration = Duration::from_secs(1);
/// A thread that waits for its own records looks up this often.
const BREATH: Duration = Duration::from_millis(5);
/// After an error that passes by itself.
const PAUSE: Duration = Duration::from_millis(20);
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
    /// The configuration to activate.
    pub plan: Arc<Plan>,
    pub membership: Membership,
    pub requests: Receiver<Request>,
    /// Number of this execution, and how many restarts after failures came before it.
    pub execution: u64,
    pub restarts: u64,
}

/// Takes over and works until told to stop. Blocks.
pub(super) fn run<S: Store>(job: Job<S>) -> Result<End, Failure> {
    let Job { context, control, partition, plan, membership, requests, execution, restarts } = job;
    let life = Life { partition, execution, restarts };
    let mut figures =
        Figures::new(Arc::clone(&context), Arc::clone(&control), Arc::clone(&plan), life);
    figures.state(ShardState::Starting);
    let Some(led) = take_over(&context, partition, &plan, &membership, &control)? else {
        return Ok(End::Stopped);
    };
    let Led { owner, producer, events, sends } = led;
    control.epoch.store(owner.shard().epoch(), Ordering::Relaxed);
    figures.state(ShardState::Replaying);
    let mut runner = Runner {
        meter: context.metrics.shard_meter(partition.unsigned_abs()),
        writer: Writer::default(),
        stop_by: None,
        partition,
        plan: &plan,
        control: &control,
        context: &context,
        owner,
        producer,
        follower: Follower::new(sends),
        requests,
        figures,
    };
    match runner.run(events) {
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

struct Runner<'a, S> {
    context: &'a Context<S>,
    control: &'a Control,
    partition: i32,
    plan: &'a Plan,
    owner: Owner<S>,
    producer: SendsProducer,
    follower: Follower,
    requests: Receiver<Request>,
    figures: Figures<S>,
    meter: ShardMeter,
    writer: Writer,
    stop_by: Option<Duration>,
}

impl<S: Store> Runner<'_, S> {
    fn run(&mut self, mut events: Source) -> Result<End, Halt> {
        self.owner.begin(self.context.clock.monotonic())?;
        self.publish()?;
        let mut batch = Batch::new(self.context.settings.max_batch);
        let mut spare = Vec::new();
        // What needs no records: the end of the replay, the configuration.
        self.apply(&[], events.position())?;
        loop {
            if let Some(end) = self.end() {
                self.finish()?;
                return Ok(end);
            }
            self.read(&mut events, &mut batch)?;
            self.owner.more(batch.more());
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
            if self.owner.is_at_end(events.position()) {
                self.apply(&[], events.position())?;
            }
            self.service()?;
        }
    }

    /// Whether it is time to leave in good order.
    fn end(&self) -> Option<End> {
        if self.control.told() == Stop::Gracefully {
            return Some(End::Stopped);
        }
        self.owner.is_old(self.context.clock.monotonic()).then_some(End::Renew)
    }

    /// Refills the batch; waits only if nothing is to be done sooner.
    fn read(&mut self, events: &mut Source, batch: &mut Batch) -> Result<(), Halt> {
        let patience = self.owner.patience(self.moment(), events.position());
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
            self.start_running()?;
            self.read_log()?;
            let began = self.context.clock.monotonic();
            // Records are judged by the later time: none is refused because our clock is held.
            let wall = self.context.clock.read().latest;
            let turned = self.owner.turn(&records[at..], position, began, wall)?;
            self.publish()?;
            self.meter.turn(self.context.clock.monotonic().saturating_sub(began), turned.consumed);
            at += turned.consumed;
            if at >= records.len() && !turned.more {
                return Ok(());
            }
            self.service()?;
        }
    }

    /// What a long replay wants of the log, now that it has used up what it had of it.
    fn read_log(&mut self) -> Result<(), Halt> {
        let Some(begin) = self.owner.log_wanted() else { return Ok(()) };
        let (owner, start) = (&mut self.owner, Start::Offset(begin));
        let read = read_sends(self.context, self.partition, start, self.control, |batch, _| {
            let mut more = true;
            for record in batch.iter() {
                if let Some(headers) = record.sends_headers() {
                    let value = record.value().unwrap_or_default();
                    more = more && owner.log_record(record.offset(), headers, value)?;
                }
            }
            Ok(more)
        })?;
        if read.is_none() { Err(Halt::Stopped) } else { Ok(()) }
    }

    /// Says so when the replay is done and the newest configuration in force.
    fn start_running(&mut self) -> Result<(), Halt> {
        let before = Arc::clone(&self.owner.shard().core().plan);
        let Some(activated) = self.owner.start_running()? else { return Ok(()) };
        if activated {
            for journey in before.gone_in(self.plan) {
                tracing::warn!(
                    partition = self.partition,
                    journey,
                    "the journey is gone: its runs have exited (journey_changed)"
                );
            }
            tracing::info!(
                partition = self.partition,
                config = format!("{:032x}", self.plan.hash),
                "configuration activated"
            );
        }
        self.control.run(Instant::now());
        self.figures.begin(self.owner.shard());
        self.figures.state(ShardState::Running);
        tracing::info!(
            partition = self.partition,
            offset = self.owner.shard().next_offset(),
            customers = self.owner.shard().customers(),
            "running"
        );
        self.publish()
    }

    /// Sends what the shard handed out, unless it may wait for more; then waits while too much is in flight.
    fn publish(&mut self) -> Result<(), Halt> {
        loop {
            match self.owner.next(self.context.clock.monotonic()) {
                Next::Send => self.send()?,
                Next::Wait => self.breathe(BREATH)?,
                Next::Go => return Ok(()),
            }
        }
    }

    fn send(&mut self) -> Result<(), Halt> {
        let out = self.owner.outgoing();
        for record in &out {
            self.append(record)?;
        }
        self.owner.sent(out);
        Ok(())
    }

    fn append(&mut self, record: &Outgoing) -> Result<(), Halt> {
        let epoch = self.owner.shard().epoch();
        loop {
            match self.producer.send(record.kind, epoch, record.seq, &record.key, &record.value) {
                Ok(()) => return Ok(()),
                Err(KafkaError::QueueFull) => self.breathe(BREATH)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// All that is done between turns.
    fn service(&mut self) -> Result<(), Halt> {
        self.breathe(Duration::ZERO)?;
        if self.owner.checkpoint_if_due(self.context.clock.monotonic())? {
            self.send()?;
        }
        if let Some(commit) = self.owner.spill_if_due() {
            self.writer.begin(self.partition, commit)?;
        }
        Ok(())
    }

    /// Serves the producer, takes note of what the log has (waiting up to `wait` for something), answers questions, posts figures.
    fn breathe(&mut self, wait: Duration) -> Result<(), Halt> {
        self.check_stop()?;
        self.follow(wait)?;
        if let Some(done) = self.writer.ended() {
            self.checkpointed(done?);
        }
        for request in self.requests.try_iter().take(ANSWERS) {
            request.answer(self.owner.shard());
        }
        let now = self.moment();
        let moment = Moment {
            wall: now.wall,
            due_by: self.owner.due_by(now),
            end: self.owner.end(),
            checkpoint_age: self.owner.checkpoint_age(now.mono),
        };
        self.figures.post(self.owner.shard(), moment);
        Ok(())
    }

    fn checkpointed(&mut self, done: Committed) {
        let took = self.owner.committed(done, self.context.clock.monotonic());
        let (partition, bytes) = (self.partition, done.bytes);
        match took {
            Some(took) => {
                self.meter.checkpoint(took);
                tracing::info!(partition, customers = done.customers, bytes, "checkpoint");
            }
            None => tracing::debug!(partition, bytes, "spill"),
        }
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

    /// Sends what waits for it, and takes note of what our sends partition has by now. Waits up to `wait` for something.
    fn follow(&mut self, wait: Duration) -> Result<(), Halt> {
        let mono = self.context.clock.monotonic();
        let waits = self.producer.in_flight() > 0;
        let due = self.follower.is_due(waits, mono) || !waits && !wait.is_zero();
        self.producer.poll(if due { Duration::ZERO } else { wait })?;
        let mut records = Vec::new();
        let mut take = |record| {
            records.push(record);
            Ok::<(), Halt>(())
        };
        for acknowledged in self.producer.acknowledgements() {
            self.follower.acknowledged(&acknowledged, mono, &mut take)?;
        }
        if due {
            self.follower.read(wait, mono, &mut take)?;
        }
        records.into_iter().try_for_each(|record| self.note(record))
    }

    /// Takes note of one record of our own sends partition.
    fn note(&mut self, record: SendsRecord) -> Result<(), Halt> {
        match self.owner.read_back(record)? {
            Read::Stray => {
                let offset = record.offset;
                tracing::debug!(partition = self.partition, offset, "a record of a deposed owner");
                return Ok(());
            }
            Read::Accepted => {}
            Read::Confirmed => {
                if let Some(commit) = self.owner.commit() {
                    self.writer.begin(self.partition, commit)?;
                }
            }
        }
        self.control.seq.store(record.headers.seq, Ordering::Relaxed);
        Ok(())
    }

    /// Asks for the end offset if it is time. The wall clock is read before.
    fn ask_end(&mut self, position: i64) {
        let reading = self.context.clock.read();
        self.owner.hold(reading.held);
        let asked = self.moment_of(reading);
        if !self.owner.asks(asked, position) {
            return;
        }
        let end = match self.context.offsets.end(&self.context.topics.events, self.partition, ASK) {
            Ok(end) => Some(end),
            Err(error) => {
                tracing::debug!(partition = self.partition, %error, "no end offset: the clock waits");
                None
            }
        };
        self.owner.answered(asked, end);
    }

    fn moment(&self) -> owner::Moment {
        self.moment_of(self.context.clock.read())
    }

    fn moment_of(&self, reading: Reading) -> owner::Moment {
        let clock = &self.context.clock;
        owner::Moment { mono: clock.monotonic(), wall: reading.wall, speed: clock.speed() }
    }

    /// The last checkpoint: behind a pending one, and until it has been read back.
    fn finish(&mut self) -> Result<(), Halt> {
        loop {
            match self.owner.finish(self.context.clock.monotonic())? {
                Next::Send => self.send()?,
                Next::Wait => self.breathe(BREATH)?,
                Next::Go => return Ok(()),
            }
        }
    }
}

/// The same room, free of borrowed records.
fn emptied<'a>(records: Vec<Record<'_>>) -> Vec<Record<'a>> {
    records.into_iter().map_while(|_| None).collect()
}
