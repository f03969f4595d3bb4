//! What is measured: a closed list ([`table`]), filled from the plain snapshots that shards and delivery post ([`snapshot`]).
//!
//! Nothing here is on the per-event path. A shard thread counts in plain integers and hands over a copy a few times a second; only
//! the histograms are fed directly ([`ShardMeter`], once a turn; [`CallMeter`], once a call), with a lock-free push.
//! The recorder is an object, not the process's global one: two of them may live in one test.

pub mod labels;
mod process;
mod posted;
pub mod snapshot;
pub mod table;

use crate::clock::Reading;
use cartwheel_core::channel::Channel;
use labels::{AnswerGiven, Click, Closed, Direction, Listener, Provider, Reload};
use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use posted::Posted;
use snapshot::{DeliveryStats, ShardStats};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use table::{Id, Kind, TABLE};

/// How many different journey names may become label values in the life of a process; further ones count as `other`.
pub const MAX_JOURNEYS: usize = 256;

const METADATA: Metadata<'static> = Metadata::new("cartwheel", Level::INFO, None);

/// Every metric of this process.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    posted: Mutex<Posted>,
    /// Whose file system is shown.
    data_dir: OnceLock<PathBuf>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Metrics")
    }
}

/// The list cannot be registered: a histogram without bounds.
#[derive(Debug, thiserror::Error)]
#[error("the metrics table is invalid: {0}")]
pub struct TableError(#[from] BuildError);

impl Metrics {
    /// All metrics at zero; `version` is the build's.
    ///
    /// # Errors
    /// When a histogram of the table has no bounds, which a test excludes.
    pub fn new(version: &str) -> Result<Self, TableError> {
        let mut builder = PrometheusBuilder::new();
        for metric in TABLE {
            if let Kind::Histogram(bounds) = metric.kind {
                builder = builder
                    .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), bounds)?;
            }
        }
        let recorder = builder.build_recorder();
        for metric in TABLE {
            let (name, help) = (metric.name.into(), metric.help.into());
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name, None, help),
                Kind::Gauge => recorder.describe_gauge(name, None, help),
                Kind::Histogram(_) => recorder.describe_histogram(name, None, help),
            }
        }
        let metrics = Self {
            handle: recorder.handle(),
            recorder,
            posted: Mutex::default(),
            data_dir: OnceLock::new(),
        };
        metrics.gauge(Id::BuildInfo, &[version]).set(1.0);
        for listener in Listener::ALL {
            metrics.counter(Id::Refused, &[Closed::name(*listener)]).absolute(0);
        }
        for click in Click::ALL {
            metrics.counter(Id::Clicks, &[Closed::name(*click)]).absolute(0);
        }
        for outcome in Reload::ALL {
            metrics.counter(Id::Reloads, &[Closed::name(*outcome)]).absolute(0);
        }
        for given in AnswerGiven::ALL {
            metrics.counter(Id::Answers, &[Closed::name(*given)]).absolute(0);
        }
        Ok(metrics)
    }

    /// Room in this folder is shown from now on; the first one stays.
    pub fn watch_disk(&self, data_dir: &Path) {
        // A second one is the same process's other part, with the same folder.
        let _ = self.data_dir.set(data_dir.to_owned());
    }

    /// The events topic has so many partitions.
    pub fn partitions(&self, partitions: i32) {
        self.gauge(Id::Partitions, &[]).set(f64::from(partitions));
    }

    /// Takes over a shard's counters. Call it a few times a second, from any thread.
    pub fn post_shard(&self, stats: &ShardStats) {
        self.posted().shard(self, stats.clone(), Instant::now());
    }

    /// Sets the gauges of a shard that another process owns now to zero and its state to `away`; its counters stay.
    pub fn forget_shard(&self, shard: u32) {
        self.posted().forget(self, shard);
    }

    /// Takes over delivery's counters.
    pub fn post_delivery(&self, stats: &DeliveryStats) {
        self.posted().delivery(self, stats);
    }

    /// Shows whether the machine's clock is believed, and how often it has jumped. Call it a few times a second, from any thread.
    pub fn post_clock(&self, reading: Reading) {
        self.gauge(Id::ClockHeld, &[]).set(f64::from(u8::from(reading.held)));
        for direction in Direction::ALL {
            let jumps = match direction {
                Direction::Forward => reading.jumps.forward,
                Direction::Back => reading.jumps.back,
            };
            self.counter(Id::ClockJumps, &[Closed::name(*direction)]).absolute(jumps);
        }
    }

    fn posted(&self) -> MutexGuard<'_, Posted> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a shard's thread feeds once a turn and once a checkpoint.
    pub fn shard_meter(&self, shard: u32) -> ShardMeter {
        let shard = shard.to_string();
        let shard = &[shard.as_str()][..];
        ShardMeter {
            turn_duration: self.histogram(Id::TurnDuration, shard),
            turn_records: self.histogram(Id::TurnRecords, shard),
            checkpoint_duration: self.histogram(Id::CheckpointDuration, shard),
        }
    }

    /// What delivery feeds once a call.
    pub fn call_meter(&self, provider: Provider, channel: Channel) -> CallMeter {
        CallMeter {
            duration: self.histogram(Id::CallDuration, &[Closed::name(provider), channel.name()]),
        }
    }

    /// The configuration was read anew.
    pub fn reloaded(&self, outcome: Reload) {
        self.counter(Id::Reloads, &[Closed::name(outcome)]).increment(1);
    }

    /// A connection was closed because its peer had too many.
    pub(crate) fn connection_refused(&self, listener: Listener) {
        self.counter(Id::Refused, &[Closed::name(listener)]).increment(1);
    }

    /// Somebody has clicked on an unsubscribe link.
    pub(crate) fn clicked(&self, click: Click) {
        self.counter(Id::Clicks, &[Closed::name(click)]).increment(1);
    }

    /// Somebody has answered what a message asks.
    pub(crate) fn answered(&self, given: AnswerGiven) {
        self.counter(Id::Answers, &[Closed::name(given)]).increment(1);
    }

    /// Everything in the Prometheus text format, version 0.0.4.
    pub fn render(&self) -> String {
        self.posted().refresh(self, Instant::now());
        let process = process::read();
        if let Some(process) = process {
            self.gauge(Id::ProcessResident, &[]).set(process.resident as f64);
        }
        if let Some(limit) = process::memory_limit() {
            self.gauge(Id::MemoryLimit, &[]).set(limit as f64);
        }
        if let Some((free, size)) = self.data_dir.get().and_then(|dir| process::disk(dir)) {
            self.gauge(Id::DiskFree, &[]).set(free as f64);
            self.gauge(Id::DiskSize, &[]).set(size as f64);
        }
        let mut text = self.handle.render();
        if let Some(process) = process {
            // Written by hand, because the recorder's counters are whole numbers and CPU time is not.
            let metric = Id::ProcessCpu.metric();
            let name = metric.name;
            text += &format!(
                "# HELP {name} {}\n# TYPE {name} counter\n{name} {:.2}\n",
                metric.help, process.cpu
            );
        }
        text
    }

    /// Moves histogram samples into their buckets; without it they pile up. The admin listener calls it every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    fn counter(&self, id: Id, labels: &[&str]) -> Counter {
        self.recorder.register_counter(&key(id, labels), &METADATA)
    }

    fn gauge(&self, id: Id, labels: &[&str]) -> Gauge {
        self.recorder.register_gauge(&key(id, labels), &METADATA)
    }

    fn histogram(&self, id: Id, labels: &[&str]) -> Histogram {
        self.recorder.register_histogram(&key(id, labels), &METADATA)
    }
}

fn key(id: Id, values: &[&str]) -> Key {
    let metric = id.metric();
    debug_assert_eq!(metric.labels.len(), values.len(), "{}", metric.name);
    let labels: Vec<_> = metric
        .labels
        .iter()
        .zip(values)
        .map(|(label, value)| metrics::Label::new(label.name, (*value).to_owned()))
        .collect();
    Key::from_parts(metric.name, labels)
}

/// The histograms of one shard.
#[derive(Clone)]
pub struct ShardMeter {
    turn_duration: Histogram,
    turn_records: Histogram,
    checkpoint_duration: Histogram,
}

impl ShardMeter {
    /// A turn took so long and so many records.
    pub fn turn(&self, duration: Duration, records: usize) {
        self.turn_duration.record(duration.as_secs_f64());
        self.turn_records.record(records as f64);
    }

    /// A checkpoint took so long, from copying the dirty set to its commit.
    pub fn checkpoint(&self, duration: Duration) {
        self.checkpoint_duration.record(duration.as_secs_f64());
    }
}

/// The histogram of calls to one provider on one channel.
#[derive(Clone)]
pub struct CallMeter {
    duration: Histogram,
}

impl CallMeter {
    /// A call took so long.
    pub fn call(&self, duration: Duration) {
        self.duration.record(duration.as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
