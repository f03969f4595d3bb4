//! What an engine is told once.

use crate::clock::Clock;
use crate::metrics::Metrics;
use cartwheel_core::journey::bundle::ConfigBundle;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;
use cartwheel_kafka::KafkaConfig;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where a shard without any history begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// At the first event that retention has left.
    #[default]
    Earliest,
    /// Behind the last event.
    Latest,
}

/// Limits and periods. Durations are real time, whatever the clock shows; [`Millis`] are time as the clock shows it.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// How far shard time stays behind the clock when caught up, in ms of real time (a faster clock multiplies it).
    pub margin: Millis,
    /// The shards' own limits: `hold_after`, `max_clock_ahead` and so on.
    pub shard: cartwheel_shard::Settings,
    /// Customers of all partitions, roughly: shards take the memory for their share before they lead. 0: as they come.
    pub expected_customers: u32,
    /// How often a changed shard writes its state to disk.
    pub checkpoint_interval: Duration,
    /// Bytes of the decision log of a shard, at most.
    pub decision_log_bytes: u64,
    /// Records in one batch at most (at least 1).
    pub max_batch: usize,
    /// Records published and not yet read back, above which a shard waits.
    pub max_in_flight: u64,
    /// Least time between two questions for the end offset of a partition.
    pub tick: Duration,
    /// How long a shard may take to write its last checkpoint when it is asked to stop.
    pub stop_timeout: Duration,
    /// Where a shard without any history begins.
    pub begin: Begin,
    /// How long the broker may take to answer at the start before the engine gives up.
    pub start_timeout: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            margin: 500,
            shard: cartwheel_shard::Settings::default(),
            expected_customers: 0,
            checkpoint_interval: Duration::from_secs(60),
            decision_log_bytes: cartwheel_shard::checkpoint::DECISION_LOG_BYTES,
            max_batch: 8_192,
            max_in_flight: 50_000,
            tick: Duration::from_millis(50),
            stop_timeout: Duration::from_secs(20),
            begin: Begin::Earliest,
            start_timeout: Duration::from_secs(20),
        }
    }
}

/// Topics to be made where they are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateTopics {
    /// Partitions of events, sends and dead letters: the number of shards, for good.
    pub partitions: i32,
    /// Copies of each; -1: the broker's default.
    pub replication: i32,
    /// `retention.ms` of events, sends and dead letters; none: the broker's default.
    pub retention_ms: Option<i64>,
    /// Whether events carry the broker's time (`message.timestamp.type=LogAppendTime`), so that no producer's clock matters. Not for whoever writes events
    /// with times of its own.
    pub log_append_time: bool,
}

/// Values of settings by their keys, such as `engine.margin`.
pub type StartedWith = BTreeMap<String, serde_json::Value>;

/// What an engine is told once.
#[derive(Clone)]
pub struct EngineOptions {
    /// How to reach the broker, and the topics' namespace.
    pub kafka: KafkaConfig,
    /// Where the checkpoints are; one process owns it.
    pub data_dir: PathBuf,
    /// The configuration to activate.
    pub plan: Arc<Plan>,
    /// The same as text, for the configurations topic.
    pub bundle: ConfigBundle,
    /// Limits and periods.
    pub settings: EngineSettings,
    /// The settings that are read at a start only, by their keys and without secrets, as the admin listener shows them.
    pub started_with: StartedWith,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether this is the demo; shown by the console.
    pub demo: bool,
    /// Make missing topics; none: a missing topic is an error.
    pub create_topics: Option<CreateTopics>,
    /// Where shards post what they count.
    pub metrics: Arc<Metrics>,
}

impl std::fmt::Debug for EngineOptions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("EngineOptions")
            .field("kafka", &self.kafka)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}
