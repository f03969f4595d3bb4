//! Delivery: a member of the delivery group that hands accepted commands to providers.
//!
//! One thread ([`mod@pump`]) owns the worker's state machine and the group; calls, writes and the public listener run on a small async runtime, messages
//! are rendered beside it ([`render`]); a second thread ([`ends`]) asks for end offsets, which prove that the views of the suppressions are fresh.

mod call;
mod complaints;
mod ends;
mod inbound;
mod live;
mod member;
mod options;
mod pump;
mod render;
mod report;
mod source;
mod stats;
mod status;
mod writer;

pub use options::{DeliverError, DeliverOptions, Route, Unsubscribe};
pub use source::DeliverSource;

use crate::admin::Board;
use crate::current::Current;
use crate::own::{OwnError, name_member, own};
use crate::producer::Producer;
use call::Caller;
use cartwheel_delivery::Now;
use cartwheel_delivery::config::Config;
use cartwheel_delivery::worker::{Worker, Write};
use cartwheel_kafka::{Admin, Compacted, Offsets};
use complaints::Complaints;
use ends::Asker;
use inbound::{Clicks, Inbound, Place};
use live::Live;
use member::Member;
use pump::Pump;
use render::Renderer;
use report::Report;
use stats::Figures;
use status::Status;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{mpsc, watch};

/// Reports that may wait for the pump. Calls and writes are bounded by the worker, so this never fills for long.
const REPORTS: usize = 65_536;
/// What is left on the runtime at the end may take so long.
const GRACE: Duration = Duration::from_secs(2);

/// Running delivery. Dropping it stops it, as [`Deliver::stop`] does.
#[derive(Debug)]
pub struct Deliver {
    source: Arc<DeliverSource>,
    inbound: Option<SocketAddr>,
    stop: Arc<AtomicBool>,
    live: Arc<Current<Live>>,
    closing: watch::Sender<bool>,
    pump: Option<JoinHandle<()>>,
    asker: Option<(crossbeam_channel::Sender<()>, JoinHandle<()>)>,
    serving: Option<tokio::task::JoinHandle<()>>,
    runtime: Option<Runtime>,
}

impl Deliver {
    /// Checks topics and data directory, takes the public port, and joins the delivery group. Blocks; not for threads of an async runtime.
    ///
    /// # Errors
    /// See [`DeliverError`].
    pub fn start(mut options: DeliverOptions) -> Result<Self, DeliverError> {
        let lock = own_ledgers(&options.data_dir)?;
        name_member(&mut options.kafka, &ledgers(&options.data_dir)).map_err(|error| {
            DeliverError::DataDir { path: options.data_dir.display().to_string(), error }
        })?;
        let Found { offsets, starts, partitions } = check(&options)?;
        let runtime = tasks()?;
        let producer = Arc::new(Producer::open(&options.kafka, "delivery")?);

        let (closing, closed) = watch::channel(false);
        let live = Arc::new(Current::new(Live::of(&options)));
        let listener = listen(&options, &live, partitions, &runtime, &producer)?;
        let inbound = listener.as_ref().map(|listener| listener.address);
        let metrics = Arc::clone(&options.metrics);
        let serving = listener.map(|listener| runtime.spawn(listener.serve(metrics, closed)));

        let (reporting, reports) = crossbeam_channel::bounded(REPORTS);
        let (writes, written) = mpsc::unbounded_channel();
        let (topics, clock) = (options.kafka.topics(), Arc::clone(&options.clock));
        runtime.spawn(writer::run(producer, topics, clock, written, reporting.clone()));

        let shared = Shared::new(&options);
        let source = shared.source(&options);
        let stop = Arc::clone(&shared.stop);
        let asker = asker(&options, &shared, offsets, &starts, reporting.clone());
        let channels = Channels { tasks: runtime.handle().clone(), writes, reports, reporting };
        let pump = pump(options, &live, starts, shared, channels)?;

        let (close, closed) = crossbeam_channel::bounded(0);
        let asking = thread("deliver-ends", move || asker.run(&closed))?;
        let pumping = thread("deliver-pump", move || {
            pump.run();
            drop(lock);
        })?;
        Ok(Self {
            source,
            inbound,
            stop,
            live,
            closing,
            pump: Some(pumping),
            asker: Some((close, asking)),
            serving,
            runtime: Some(runtime),
        })
    }

    /// The answers for the admin listener.
    pub fn source(&self) -> Arc<DeliverSource> {
        Arc::clone(&self.source)
    }

    /// Where unsubscribe links are answered, if here.
    pub fn inbound(&self) -> Option<SocketAddr> {
        self.inbound
    }

    /// Whether the pump has ended, which it does only when told to or by a defect.
    pub fn has_ended(&self) -> bool {
        self.pump.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Puts providers' credentials, templates, brand and the keys of unsubscribe links into force; what else the options say takes a start.
    ///
    /// # Errors
    /// [`DeliverError::OtherRoutes`]; then nothing changes.
    pub fn renew(&self, options: &DeliverOptions) -> Result<(), DeliverError> {
        live::renew(&self.live, options)
    }

    /// Waits for calls under way (at most `stop_timeout`), commits, leaves the group and closes the public listener. Blocks.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(pump) = self.pump.take()
            && pump.join().is_err()
        {
            tracing::error!("the delivery thread panicked");
        }
        if let Some((close, asker)) = self.asker.take() {
            drop(close);
            drop(asker.join());
        }
        self.closing.send_replace(true);
        if let Some(runtime) = self.runtime.take() {
            // The listener bounds its own end; a runtime that shuts down would cut its answers off.
            if let Some(serving) = self.serving.take().filter(|_| !std::thread::panicking()) {
                drop(runtime.block_on(serving));
            }
            runtime.shutdown_timeout(GRACE);
        }
    }
}

impl Drop for Deliver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Where the ledgers are.
fn ledgers(data_dir: &Path) -> PathBuf {
    data_dir.join("ledger")
}

/// Makes the ledgers' directory ours: writable, and locked against a second worker.
fn own_ledgers(data_dir: &Path) -> Result<File, DeliverError> {
    let path = || data_dir.display().to_string();
    own(&ledgers(data_dir).join("deliver.lock")).map_err(|failure| match failure {
        OwnError::Unusable(error) => DeliverError::DataDir { path: path(), error },
        OwnError::InUse => DeliverError::DataDirInUse { path: path() },
    })
}

/// What was found on the broker at the start.
struct Found {
    offsets: Offsets,
    /// Where each partition of the suppressions begins.
    starts: Vec<(i32, i64)>,
    /// Partitions of the events topic.
    partitions: i32,
}

/// That the topics are there.
fn check(options: &DeliverOptions) -> Result<Found, DeliverError> {
    let (topics, timeout) = (options.kafka.topics(), options.start_timeout);
    let admin = Admin::new(&options.kafka, timeout)?;
    admin.describe(&topics.sends)?;
    let partitions = admin.describe(&topics.events)?.partitions;
    admin.describe(&topics.suppressions)?;
    admin.describe(&topics.dlq)?;
    let offsets = Offsets::new(&options.kafka)?;
    let mut starts = Vec::new();
    for partition in 0..offsets.partitions(&topics.suppressions, timeout)? {
        let (start, _) = offsets.range(&topics.suppressions, partition, timeout)?;
        starts.push((partition, start));
    }
    Ok(Found { offsets, starts, partitions })
}

/// The runtime for calls, writes and the public listener.
fn tasks() -> Result<Runtime, DeliverError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("deliver")
        .enable_all()
        .build()
        .map_err(DeliverError::Thread)
}

/// Takes the public port, if unsubscribe links are answered here.
fn listen(
    options: &DeliverOptions,
    live: &Arc<Current<Live>>,
    partitions: i32,
    runtime: &Runtime,
    producer: &Arc<Producer>,
) -> Result<Option<Inbound>, DeliverError> {
    let Some(address) = options.unsubscribe.listen else { return Ok(None) };
    let (producer, clock) = (Arc::clone(producer), Arc::clone(&options.clock));
    let (topic, partitioner) = (options.kafka.topics().events, options.kafka.partitioner);
    let place = Place { topic, partitioner, partitions };
    let clicks = Clicks {
        keys: live::keys(live),
        policy: options.unsubscribe.policy.clone(),
        metrics: Arc::clone(&options.metrics),
    };
    let bound = Inbound::bind(address, clicks, producer, place, clock);
    runtime.block_on(bound).map(Some)
}

/// What the parts see of each other.
struct Shared {
    board: Arc<Board>,
    status: Arc<Status>,
    /// The sends partitions whose ends are asked for.
    asked: Arc<Mutex<BTreeSet<i32>>>,
    stop: Arc<AtomicBool>,
}

impl Shared {
    fn new(options: &DeliverOptions) -> Self {
        let board = options.board.clone().unwrap_or_else(|| Arc::new(Board::new(Vec::new())));
        Self { board, status: Arc::default(), asked: Arc::default(), stop: Arc::default() }
    }

    fn source(&self, options: &DeliverOptions) -> Arc<DeliverSource> {
        Arc::new(DeliverSource {
            board: Arc::clone(&self.board),
            status: Arc::clone(&self.status),
            clock: Arc::clone(&options.clock),
            demo: options.demo,
        })
    }
}

fn asker(
    options: &DeliverOptions,
    shared: &Shared,
    offsets: Offsets,
    starts: &[(i32, i64)],
    reports: crossbeam_channel::Sender<Report>,
) -> Asker {
    let every = (options.worker.check_life / 5).max(10).unsigned_abs();
    Asker {
        offsets,
        topics: options.kafka.topics(),
        clock: Arc::clone(&options.clock),
        reports,
        partitions: Arc::clone(&shared.asked),
        suppressions: starts.iter().map(|(partition, _)| *partition).collect(),
        every: Duration::from_millis(every),
    }
}

/// The ways between the pump and what runs beside it.
struct Channels {
    tasks: Handle,
    writes: mpsc::UnboundedSender<Write>,
    reports: crossbeam_channel::Receiver<Report>,
    reporting: crossbeam_channel::Sender<Report>,
}

/// Joins the group, and makes what the pump drives.
fn pump(
    options: DeliverOptions,
    live: &Arc<Current<Live>>,
    starts: Vec<(i32, i64)>,
    shared: Shared,
    channels: Channels,
) -> Result<Pump, DeliverError> {
    let topics = options.kafka.topics();
    let limits = options.routes.iter().map(|route| (route.channel, route.limits.clone()));
    let config =
        Config { providers: limits.collect(), sends_topic: topics.sends.clone(), ..options.worker };
    let (path, rendering) =
        (options.data_dir.display().to_string(), ledgers(&options.data_dir).join("rendering"));
    let renderer = Renderer::open(&rendering, live::make(live))
        .map_err(|error| DeliverError::DataDir { path, error })?;
    let caller = Arc::new(Caller {
        live: Arc::clone(live),
        renderer: Arc::new(renderer),
        clock: Arc::clone(&options.clock),
        reports: channels.reporting,
    });
    let now = Now {
        mono: i64::try_from(options.clock.monotonic().as_millis()).unwrap_or(0),
        wall: options.clock.wall(),
    };
    Ok(Pump {
        member: Member::join(options.kafka.clone(), topics.sends)?,
        suppressions: Compacted::open(&options.kafka, &topics.suppressions)?,
        suppressions_topic: topics.suppressions,
        reopen_at: Instant::now(),
        kafka: options.kafka,
        complaints: Complaints::default(),
        check_life: config.check_life,
        figures: Figures::new(options.metrics, shared.board, &options.routes, &config),
        worker: Worker::new(config, starts, now),
        caller,
        clock: options.clock,
        reports: channels.reports,
        writes: channels.writes,
        tasks: channels.tasks,
        status: shared.status,
        ledgers: ledgers(&options.data_dir),
        stop_timeout: options.stop_timeout,
        stop: shared.stop,
        asked: shared.asked,
        seeks: BTreeMap::new(),
        broken: BTreeMap::new(),
        releasing: None,
    })
}

fn thread(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, DeliverError> {
    std::thread::Builder::new().name(name.into()).spawn(body).map_err(DeliverError::Thread)
}
