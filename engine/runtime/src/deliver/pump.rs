//! The thread that owns the worker: feeds it records, outcomes, acknowledgements and the time, and carries out what it asks.

use super::call::Caller;
use super::complaints::Complaints;
use super::member::Member;
use super::report::Report;
use super::stats::Figures;
use super::status::Status;
use crate::clock::Clock;
use crate::metrics::labels::Stopped;
use cartwheel_core::receipt::Outcome;
use cartwheel_core::sends::Headers;
use cartwheel_core::time::Millis;
use cartwheel_delivery::Now;
use cartwheel_delivery::attempt::refuses_account;
use cartwheel_delivery::ledger::{File, Ledger};
use cartwheel_delivery::worker::{Action, Call, Record, Worker, Write};
use cartwheel_kafka::{Compacted, Error, KafkaConfig, OwnedRecord, Position, WorkerEvent};
use crossbeam_channel::Receiver;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// A poll of the group waits so long for a record.
const POLL: Duration = Duration::from_millis(10);
/// Records taken before the worker is polled.
const RECORDS: usize = 500;
/// How long going to another offset may take.
const SEEK: Duration = Duration::from_secs(5);
/// Before a partition that could not be opened is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// See the module.
pub(super) struct Pump {
    pub member: Member,
    pub suppressions: Compacted,
    pub suppressions_topic: String,
    /// A reader of the suppressions that is finished is opened anew at this moment at the earliest.
    pub reopen_at: Instant,
    pub kafka: KafkaConfig,
    pub complaints: Complaints,
    pub worker: Worker<File>,
    pub caller: Arc<Caller>,
    pub clock: Arc<dyn Clock>,
    pub reports: Receiver<Report>,
    pub writes: mpsc::UnboundedSender<Write>,
    pub tasks: Handle,
    pub figures: Figures,
    pub status: Arc<Status>,
    pub ledgers: PathBuf,
    pub check_life: Millis,
    pub stop_timeout: Duration,
    pub stop: Arc<AtomicBool>,
    /// What the asker asks for.
    pub asked: Arc<Mutex<BTreeSet<i32>>>,
    /// Going to these offsets failed and is tried again; records polled meanwhile do not count.
    pub seeks: BTreeMap<i32, i64>,
    /// Could not be opened; tried again at this moment.
    pub broken: BTreeMap<i32, Instant>,
    /// Being given up, until this moment.
    pub releasing: Option<(Vec<i32>, Instant)>,
}

impl Pump {
    /// Works until told to stop; then waits for calls under way, commits and leaves the group.
    pub fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            self.step();
        }
        let ours = self.ours();
        self.begin_release(ours);
        while self.releasing.is_some() {
            self.step();
        }
    }

    fn step(&mut self) {
        self.status.beat();
        self.status.set_joined(self.member.is_in());
        self.poll_group();
        self.poll_suppressions();
        while let Ok(report) = self.reports.try_recv() {
            self.report(report);
        }
        let reading = self.clock.read();
        self.worker.hold(reading.held);
        self.figures.clock(reading);
        let now = self.now();
        for action in self.worker.poll(now) {
            self.act(action);
        }
        self.retry_seeks();
        self.reopen_broken();
        self.end_release();
        if let Some(error) = self.member.commit_error() {
            tracing::warn!(%error, "a commit failed; a later one covers it");
        }
        let view_age = self
            .worker
            .suppressions_fresh_until()
            .map_or(Millis::MAX, |until| (now.mono - (until - self.check_life)).max(0));
        let gauges = self.worker.gauges();
        self.status.set_fresh(view_age < self.check_life && !gauges.suppressions_full);
        if gauges.suppressions_full && self.complaints.due("the view of the suppressions") {
            tracing::error!(
                "the view of the suppressions is full: nothing is sent; raise delivery.max_suppressions and start again"
            );
        }
        self.figures.post(self.worker.counters(), gauges, self.worker.channels(), view_age);
    }

    fn now(&self) -> Now {
        Now {
            mono: Millis::try_from(self.clock.monotonic().as_millis()).unwrap_or(Millis::MAX),
            wall: self.clock.wall(),
        }
    }

    fn ours(&self) -> Vec<i32> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    fn poll_group(&mut self) {
        let mut wait = POLL;
        for _ in 0..RECORDS {
            match self.member.poll(wait) {
                Ok(Some(WorkerEvent::Record(record))) => self.record(&record),
                Ok(Some(event)) => return self.event(event),
                Ok(None) => return,
                Err(error) => {
                    self.complaints.kafka("reading commands", &error);
                    if matches!(error, Error::Fatal { .. }) {
                        return self.expelled();
                    }
                    std::thread::sleep(POLL);
                    return;
                }
            }
            wait = Duration::ZERO;
        }
    }

    /// The group's client is finished. Whatever was ours may be another's already, so nothing is committed: we join again as anybody.
    fn expelled(&mut self) {
        let mut all = self.ours();
        all.extend(self.status.all_failing());
        all.extend(self.releasing.take().into_iter().flat_map(|(partitions, _)| partitions));
        all.into_iter().for_each(|partition| self.lose(partition));
        self.member.give_up();
    }

    /// No longer ours, and we were not asked.
    fn lose(&mut self, partition: i32) {
        drop(self.worker.revoke(partition));
        self.forget(partition);
    }

    fn record(&mut self, record: &OwnedRecord) {
        if self.seeks.contains_key(&record.partition) {
            return;
        }
        let headers = Headers::read(
            record.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())),
        );
        let given = Record {
            partition: record.partition,
            offset: record.offset,
            headers,
            key: record.key.as_deref(),
            value: record.value.as_deref().unwrap_or_default(),
        };
        self.figures.read(record.partition, record.offset + 1);
        let now = self.now();
        self.worker.record(&given, now);
    }

    fn event(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Record(record) => self.record(&record),
            WorkerEvent::Assigned(_) if self.stop.load(Ordering::Relaxed) => {} // leaving: nobody begins anything
            WorkerEvent::Assigned(positions) => {
                positions.iter().for_each(|position| self.assign(position))
            }
            WorkerEvent::OutOfLog { position, log } => {
                let (partition, offset) = (position.partition, position.offset);
                tracing::error!(
                    partition,
                    ?offset,
                    start = log.0,
                    end = log.1,
                    "the committed offset is not in the log: a person must look"
                );
                self.failing(partition, Some(Stopped::OutOfLog));
            }
            WorkerEvent::Revoked(partitions) => self.begin_release(partitions),
            WorkerEvent::Lost(partitions) => {
                partitions.into_iter().for_each(|partition| self.lose(partition))
            }
        }
    }

    /// Takes a partition on; if that fails, it is tried again later.
    fn assign(&mut self, position: &Position) {
        let partition = position.partition;
        match self.try_assign(position) {
            Ok(offset) => {
                tracing::info!(partition, offset, "delivering");
                self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(partition);
                self.figures.assigned(partition, Some(offset));
                self.failing(partition, None);
            }
            Err(reason) => {
                tracing::error!(
                    partition,
                    reason,
                    "a partition cannot be delivered; it is tried again"
                );
                self.failing(partition, Some(Stopped::Unusable));
                self.log(self.member.pause(partition), "pausing");
                self.broken.insert(partition, Instant::now() + RETRY);
            }
        }
    }

    fn try_assign(&mut self, position: &Position) -> Result<i64, String> {
        let partition = position.partition;
        let offset = match position.offset {
            Some(offset) => offset,
            None => self.member.range(partition, SEEK).map_err(|error| error.to_string())?.0,
        };
        let file = File::open(&self.ledgers.join(format!("partition-{partition}.ledger")))
            .map_err(|error| error.to_string())?;
        let ledger = Ledger::open(file).map_err(|error| error.to_string())?;
        let metadata = position.offset.map(|_| position.metadata.as_str());
        self.worker
            .assign(partition, offset, metadata, ledger)
            .map_err(|error| error.to_string())?;
        Ok(offset)
    }

    /// Partitions whose ledger could not be used: from their commit, with the ledger opened anew.
    fn reopen_broken(&mut self) {
        let now = Instant::now();
        let due: Vec<i32> = self
            .broken
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(partition, _)| *partition)
            .collect();
        for partition in due {
            self.broken.insert(partition, now + RETRY);
            let position = match self.member.committed(partition) {
                Ok(position) => position,
                Err(error) => {
                    return tracing::warn!(partition, %error, "reading the committed offset");
                }
            };
            let Some(position) = position else { continue };
            if let Ok(offset) = self.try_assign(&position) {
                tracing::info!(partition, offset, "delivering again");
                self.broken.remove(&partition);
                self.seeks.insert(partition, offset);
                self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(partition);
                self.figures.assigned(partition, Some(offset));
                self.failing(partition, None);
                self.log(self.member.resume(partition), "resuming");
            }
        }
    }

    /// Shows that a partition of ours is not delivered, or is.
    fn failing(&mut self, partition: i32, why: Option<Stopped>) {
        self.status.failing(partition, why.is_some());
        self.figures.stopped(partition, why);
    }

    fn forget(&mut self, partition: i32) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&partition);
        self.seeks.remove(&partition);
        self.broken.remove(&partition);
        self.figures.assigned(partition, None);
        self.failing(partition, None);
    }

    fn begin_release(&mut self, partitions: Vec<i32>) {
        partitions.iter().for_each(|partition| self.worker.drain(*partition));
        let (mut all, until) = self
            .releasing
            .take()
            .unwrap_or_else(|| (Vec::new(), Instant::now() + self.stop_timeout));
        all.extend(partitions);
        self.releasing = Some((all, until));
    }

    /// Gives up what is being released once its calls and writes are back, or time is up.
    fn end_release(&mut self) {
        let Some((partitions, until)) = &self.releasing else { return };
        if Instant::now() < *until
            && !partitions.iter().all(|partition| self.worker.is_idle(*partition))
        {
            return;
        }
        let Some((partitions, until)) = self.releasing.take() else { return };
        for partition in partitions {
            if let Some((offset, metadata)) = self.worker.revoke(partition) {
                self.log(self.member.commit_and_wait(partition, offset, &metadata), "committing");
            }
            self.forget(partition);
        }
        let Err(error) = self.member.release() else { return };
        self.complaints.kafka("giving up partitions", &error);
        if matches!(error, Error::Fatal { .. }) {
            return self.expelled();
        }
        // The group waits for it: again with the next round.
        self.releasing = Some((Vec::new(), until));
    }

    fn poll_suppressions(&mut self) {
        let worker = &mut self.worker;
        let polled = self.suppressions.poll(Duration::ZERO, |record| {
            worker.suppression_record(
                record.partition(),
                record.offset(),
                record.key().unwrap_or_default(),
                record.value(),
            );
        });
        // The end may lie behind the last record: a transaction's mark is none.
        for (partition, position) in self.suppressions.positions() {
            self.worker.suppression_position(*partition, *position);
        }
        let Err(error) = polled else { return };
        self.complaints.kafka("reading suppressions", &error);
        if !error.is_transient() && Instant::now() >= self.reopen_at {
            self.reopen_at = Instant::now() + RETRY;
            self.reopen_suppressions();
        }
    }

    /// Reads the suppressions again from the beginning; the view keeps the newest of each source, so what it knows already changes nothing.
    fn reopen_suppressions(&mut self) {
        match Compacted::open(&self.kafka, &self.suppressions_topic) {
            Ok(suppressions) => self.suppressions = suppressions,
            Err(error) => self.complaints.kafka("opening the suppressions again", &error),
        }
    }

    fn report(&mut self, report: Report) {
        let now = self.now();
        match report {
            Report::Outcome { call, route, outcome, took, unrenderable } => {
                self.figures.outcome(route, &outcome, took, unrenderable);
                self.complain(route, &outcome);
                self.worker.outcome(call, &outcome, now);
            }
            Report::NotBegun(call) => self.worker.not_begun(call, now),
            Report::Written(token) => self.worker.written(token),
            Report::End { partition, end, asked } => {
                self.figures.end(partition, end);
                self.worker.end_seen(partition, end, asked);
            }
            Report::SuppressionEnd { partition, end, asked } => {
                self.worker.suppression_end(partition, end, asked)
            }
        }
    }

    fn complain(&mut self, route: usize, outcome: &Outcome) {
        let live = self.caller.live.get();
        let Some(route) = live.routes.get(route) else { return };
        let (provider, channel) = (route.sender.name(), route.channel);
        match outcome {
            outcome if refuses_account(outcome) && self.complaints.due("the account") => {
                tracing::warn!(provider, %channel, "the provider refuses our credentials: messages wait until they are mended, or worthless");
            }
            Outcome::Retry { reason, .. } if self.complaints.due("a retry") => {
                tracing::warn!(provider, %channel, %reason, "the provider does not take messages now: they are tried again");
            }
            Outcome::Ambiguous { reason } if self.complaints.due("an ambiguous call") => {
                tracing::warn!(provider, %channel, %reason, "it is unknown whether the provider took a message");
            }
            _ => {}
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Call(call) => self.call(call),
            Action::Write(write) => {
                self.figures.writes(&write);
                drop(self.writes.send(write));
            }
            Action::Commit { partition, offset, metadata } => {
                self.log(self.member.commit(partition, offset, &metadata), "committing")
            }
            Action::Pause { partition } => self.log(self.member.pause(partition), "pausing"),
            Action::Resume { partition } => self.log(self.member.resume(partition), "resuming"),
            Action::Seek { partition, offset } => drop(self.seeks.insert(partition, offset)),
            Action::Failed { partition, error } => {
                tracing::error!(partition, %error, "the ledger of attempts failed");
                self.failing(partition, Some(Stopped::Unusable));
                self.log(self.member.pause(partition), "pausing");
                self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&partition);
                self.broken.insert(partition, Instant::now() + RETRY);
            }
        }
    }

    fn call(&mut self, call: Call) {
        let Some(route) = self.caller.live.get().route(call.command.channel) else {
            let now = self.now();
            return self.worker.not_begun(call.id, now);
        };
        self.figures.called(&call, route);
        self.tasks.spawn(Arc::clone(&self.caller).make(call, route));
    }

    fn retry_seeks(&mut self) {
        let member = &self.member;
        self.seeks.retain(|partition, offset| match member.seek(*partition, *offset, SEEK) {
            Ok(()) => false,
            Err(error) => {
                tracing::warn!(partition, offset, %error, "going to an offset; it is tried again");
                true
            }
        });
    }

    fn log(&self, outcome: Result<(), Error>, doing: &str) {
        if let Err(error) = outcome {
            tracing::warn!(%error, doing, "the group");
        }
    }
}
