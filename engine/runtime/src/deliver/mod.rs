//! Delivery: a member of the delivery group that hands accepted commands to providers.
//!
//! One thread ([`pump`]) owns the worker's state machine and the group; calls, writes and the public listener run on a small async runtime; a
//! second thread ([`ends`]) asks for end offsets, which prove that the views of the suppressions are fresh.

mod call;
mod complaints;
mod ends;
mod inbound;
mod member;
mod options;
mod pump;
mod report;
mod source;
mod stats;
mod status;
mod writer;

pub use options::{DeliverError, DeliverOptions, Route, Unsubscribe};
pub use source::DeliverSource;

use crate::admin::Board;
use crate::own::{OwnError, own};
use crate::producer::Producer;
use call::Caller;
use cartwheel_delivery::Now;
use cartwheel_delivery::config::Config;
use cartwheel_delivery::worker::Worker;
use cartwheel_kafka::{Admin, Compacted, Offsets};
use complaints::Complaints;
use ends::Asker;
use inbound::Inbound;
use member::Member;
use pump::Pump;
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
use tokio::runtime::Runtime;
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
    pub fn start(options: DeliverOptions) -> Result<Self, DeliverError> {
        let ledgers = ledgers(&options.data_dir);
        let lock = own_ledgers(&options.data_dir)?;
        let topics = options.kafka.topics();
        let admin = Admin::new(&options.kafka, options.start_timeout)?;
        for topic in [&topics.sends, &topics.events, &topics.suppressions, &topics.dlq] {
            admin.describe(topic)?;
        }
        let offsets = Arc::new(Offsets::new(&options.kafka)?);
        let mut starts = Vec::new();
        for partition in 0..offsets.partitions(&topics.suppressions, options.start_timeout)? {
            starts.push((
                partition,
                offsets.range(&topics.suppressions, partition, options.start_timeout)?.0,
            ));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("deliver")
            .enable_all()
            .build();
        let runtime = runtime.map_err(DeliverError::Thread)?;
        let producer = Arc::new(Producer::open(&options.kafka, "delivery")?);
        let (closing, closed) = watch::channel(false);
        let inbound = match options.unsubscribe.listen {
            None => None,
            Some(address) => {
                let (producer, clock) = (Arc::clone(&producer), Arc::clone(&options.clock));
                let bound = Inbound::bind(
                    address,
                    &options.unsubscribe,
                    producer,
                    topics.events.clone(),
                    clock,
                );
                Some(runtime.block_on(bound)?)
            }
        };
        let address = inbound.as_ref().map(|inbound| inbound.address);
        let serving = inbound.map(|inbound| runtime.spawn(inbound.serve(closed)));

        let (reporting, reports) = crossbeam_channel::bounded(REPORTS);
        let (writing, writes) = mpsc::unbounded_channel();
        runtime.spawn(writer::run(
            producer,
            topics.clone(),
            Arc::clone(&options.clock),
            writes,
            reporting.clone(),
        ));
        let board = options.board.clone().unwrap_or_else(|| Arc::new(Board::new(Vec::new())));
        let (status, asked, stop) = (
            Arc::<Status>::default(),
            Arc::<Mutex<BTreeSet<i32>>>::default(),
            Arc::<AtomicBool>::default(),
        );
        let config = Config {
            providers: options
                .routes
                .iter()
                .map(|route| (route.channel, route.limits.clone()))
                .collect(),
            sends_topic: topics.sends.clone(),
            ..options.worker.clone()
        };
        let asker = Asker {
            offsets,
            topics: topics.clone(),
            clock: Arc::clone(&options.clock),
            reports: reporting.clone(),
            partitions: Arc::clone(&asked),
            suppressions: starts.iter().map(|(partition, _)| *partition).collect(),
            every: Duration::from_millis((config.check_life / 5).max(10).unsigned_abs()),
        };
        let source = Arc::new(DeliverSource {
            board: Arc::clone(&board),
            status: Arc::clone(&status),
            clock: Arc::clone(&options.clock),
            demo: options.demo,
        });
        let caller = Arc::new(Caller {
            routes: options.routes,
            templates: options.templates,
            brand: options.brand,
            secrets: inbound::secrets(&options.unsubscribe),
            public_url: options.unsubscribe.public_url,
            clock: Arc::clone(&options.clock),
            reports: reporting,
        });
        let now = Now {
            mono: i64::try_from(options.clock.monotonic().as_millis()).unwrap_or(0),
            wall: options.clock.wall(),
        };
        let pump = Pump {
            member: Member::join(options.kafka.clone(), topics.sends)?,
            suppressions: Compacted::open(&options.kafka, &topics.suppressions)?,
            reopen_at: Instant::now(),
            complaints: Complaints::default(),
            suppressions_topic: topics.suppressions,
            kafka: options.kafka,
            check_life: config.check_life,
            worker: Worker::new(config, starts, now),
            figures: Figures::new(options.metrics, board, &caller.routes),
            tasks: runtime.handle().clone(),
            clock: options.clock,
            stop_timeout: options.stop_timeout,
            stop: Arc::clone(&stop),
            writes: writing,
            seeks: BTreeMap::new(),
            broken: BTreeMap::new(),
            releasing: None,
            caller,
            reports,
            status,
            ledgers,
            asked,
        };
        let (close, closed) = crossbeam_channel::bounded(0);
        let thread = |name: &str| std::thread::Builder::new().name(name.into());
        let asking = thread("deliver-ends")
            .spawn(move || asker.run(&closed))
            .map_err(DeliverError::Thread)?;
        let body = move || {
            pump.run();
            drop(lock);
        };
        let pumping = thread("deliver-pump").spawn(body).map_err(DeliverError::Thread)?;
        let (pump, asker, runtime) = (Some(pumping), Some((close, asking)), Some(runtime));
        Ok(Self { source, inbound: address, stop, closing, pump, asker, serving, runtime })
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
