//! The engine: a member of the consumer group that runs one thread for each partition it owns.
//!
//! [`Engine::start`] checks the topics and publishes the configuration; then a thread joins the group ([`assignment`]) and
//! hands partitions to the supervisor ([`supervision`]), which starts a thread for each ([`shard_thread`]). That takes the partition over
//! ([`takeover`]) and drives the shard. Nothing is shared between shards but clients for questions, the
//! appender of leader records and the places where figures are shown.

mod assignment;
mod bundle;
mod context;
mod directory;
mod failure;
mod follower;
mod known;
mod options;
mod placement;
mod request;
mod shard_thread;
mod source;
mod stats;
mod supervision;
mod takeover;
mod writer;
mod topics;

pub use cartwheel_core::journey::bundle::{ConfigBundle, JourneyText};
pub use context::OpenStore;
pub use failure::{Failure, Remedy};
pub use options::{Begin, CreateTopics, EngineOptions, EngineSettings, StartedWith};
pub use source::EngineSource;
pub use topics::EngineError;

use crate::admin::view::ConfigurationView;
use crate::admin::{Board, graphs};
use crate::current::Current;
use crate::metrics::labels::ShardState;
use crate::own::{OwnError, name_member, own};
use crate::producer::Producer;
use assignment::Member;
use bundle::Configurations;
use cartwheel_core::journey::plan::Plan;
use cartwheel_kafka::{Assignment, Offsets};
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::checkpoint::rocks::RocksStore;
use context::Context;
use crossbeam_channel::Sender;
use directory::Directory;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use supervision::Supervisor;

/// The file in its data directory that a running engine has locked; its process's id stands in it.
pub const LOCK: &str = "engine.lock";

/// A running engine. Dropping it stops it, as [`Engine::stop`] does.
#[derive(Debug)]
pub struct Engine {
    source: Arc<EngineSource>,
    plans: Sender<Arc<Plan>>,
    publisher: Publisher,
    started_with: StartedWith,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Checks data directory and topics, publishes the configuration, and joins the group; shards start as they are assigned.
    /// Blocks for as long as the broker takes to answer (`start_timeout` bounds each question): not for threads of an async runtime.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn start(mut options: EngineOptions) -> Result<Self, EngineError> {
        let data_dir = options.data_dir.clone();
        let shown = || data_dir.display().to_string();
        let lock = own(&data_dir.join(LOCK)).map_err(|failure| match failure {
            OwnError::Unusable(error) => EngineError::DataDir { path: shown(), error },
            OwnError::InUse => EngineError::DataDirInUse { path: shown() },
        })?;
        name_member(&mut options.kafka, &data_dir)
            .map_err(|error| EngineError::DataDir { path: shown(), error })?;
        let decisions = options.settings.decision_log_bytes;
        Self::start_with(
            options,
            Box::new(move |partition| {
                let store = RocksStore::open(&data_dir.join(format!("shard-{partition}")))?;
                Ok(store.with_decision_log(decisions))
            }),
            Some(lock),
        )
    }

    /// The same with another checkpoint store, opened by `open` on the shard's thread; `lock` is held as long as the engine runs.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn start_with<S: Store + 'static>(
        options: EngineOptions,
        open: Box<OpenStore<S>>,
        lock: Option<File>,
    ) -> Result<Self, EngineError> {
        let started_with = options.started_with.clone();
        let configuration = shown(&options.bundle, &options.plan, &started_with)?;
        let layout = topics::check(&options)?;
        let (topics, directory) = (options.kafka.topics(), Arc::<Directory>::default());
        let producer = Arc::new(Producer::open(&options.kafka, "the shards")?);
        let publisher = Publisher {
            producer: Arc::clone(&producer),
            topic: topics.configs.clone(),
            timeout: options.settings.start_timeout,
        };
        known::agree(&options.kafka, &producer, layout.partitions, options.settings.start_timeout)?;
        publisher.publish(options.plan.hash, &options.bundle)?;
        options.metrics.watch_disk(&options.data_dir);
        options.metrics.partitions(layout.partitions);
        let board = Arc::new(Board::new(graphs(&options.plan)));
        let source = Arc::new(EngineSource {
            board: Arc::clone(&board),
            directory: Arc::clone(&directory),
            clock: Arc::clone(&options.clock),
            plan: Current::new(Arc::clone(&options.plan)),
            configuration: Current::new(configuration),
            partitions: layout.partitions,
            partitioner: options.kafka.partitioner,
            demo: options.demo,
        });
        let context = Arc::new(Context {
            configurations: Configurations::new(&options.kafka, &options.plan),
            offsets: Arc::new(Offsets::new(&options.kafka)?),
            producer,
            kafka: options.kafka,
            layout,
            settings: options.settings,
            clock: options.clock,
            metrics: options.metrics,
            topics,
            board,
            open,
        });
        let stop = Arc::<AtomicBool>::default();
        let (plans, new_plans) = crossbeam_channel::unbounded();
        let member = Member {
            kafka: context.kafka.clone(),
            topic: context.topics.events.clone(),
            assignment: Some(Assignment::join(&context.kafka, &context.topics.events)?),
            supervisor: Supervisor::new(context, Arc::clone(&directory), options.plan),
            directory,
            stop: Arc::clone(&stop),
            plans: new_plans,
            releasing: Vec::new(),
            commit_at: Instant::now(),
            rejoin_at: Instant::now(),
        };
        let body = move || {
            member.run();
            drop(lock);
        };
        let thread = std::thread::Builder::new()
            .name("engine".into())
            .spawn(body)
            .map_err(EngineError::Thread)?;
        Ok(Self { source, plans, publisher, started_with, stop, thread: Some(thread) })
    }

    /// The answers for the admin listener.
    pub fn source(&self) -> Arc<EngineSource> {
        Arc::clone(&self.source)
    }

    /// Number of partitions, here and elsewhere.
    pub fn partitions(&self) -> i32 {
        self.source.partitions
    }

    /// The shards of this process that decide now, in order.
    pub fn running(&self) -> Vec<i32> {
        self.source.directory.in_state(ShardState::Running)
    }

    /// The shards of this process that are not started again.
    pub fn quarantined(&self) -> Vec<i32> {
        self.source.directory.in_state(ShardState::Quarantined)
    }

    /// Whether the engine's thread has ended, which it does only when told to or by a defect.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Puts another configuration into force: publishes it, then every shard writes a checkpoint, begins anew and activates it in a recorded turn.
    /// Journeys that it has no more are named by each shard as it does.
    /// What cannot be published changes nothing. Blocks for as long as the broker takes to take it.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn reconfigure(&self, plan: Arc<Plan>, bundle: &ConfigBundle) -> Result<(), EngineError> {
        let configuration = shown(bundle, &plan, &self.started_with)?;
        self.publisher.publish(plan.hash, bundle)?;
        self.source.plan.set(Arc::clone(&plan));
        self.source.configuration.set(configuration);
        // The engine's thread is gone only at the end.
        drop(self.plans.send(plan));
        Ok(())
    }

    /// Finishes: every shard ends its turn and writes a checkpoint (each at most `stop_timeout`), then the group is left. Blocks.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the engine's thread panicked");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end();
    }
}

/// Appends configurations to their topic.
#[derive(Debug)]
struct Publisher {
    producer: Arc<Producer>,
    topic: String,
    timeout: Duration,
}

impl Publisher {
    fn publish(&self, hash: u128, bundle: &ConfigBundle) -> Result<(), EngineError> {
        Ok(bundle::publish(&self.producer, &self.topic, hash, bundle, self.timeout)?)
    }
}

/// The configuration as the admin listener shows it, if the text is what the plan was compiled from: a replay compiles it again.
fn shown(
    bundle: &ConfigBundle,
    plan: &Plan,
    started_with: &StartedWith,
) -> Result<ConfigurationView, EngineError> {
    let compiled = bundle.load().map_err(|problems| EngineError::Bundle(says(&problems)))?;
    let (hash, wanted) = (format!("{:032x}", compiled.hash), format!("{:032x}", plan.hash));
    if hash != wanted {
        return Err(EngineError::Bundle(format!("hash {hash} instead of {wanted}")));
    }
    let content = bundle.stored().and_then(|stored| serde_json::from_slice(&stored));
    let content = content.map_err(|error| EngineError::Bundle(error.to_string()))?;
    Ok(ConfigurationView { configuration: hash, content, started_with: started_with.clone() })
}

fn says(problems: &[cartwheel_core::journey::load::Problem]) -> String {
    problems
        .first()
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .unwrap_or_default()
}
