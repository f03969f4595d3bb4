//! What delivery is told once.

use crate::admin::Board;
use crate::clock::Clock;
use crate::metrics::Metrics;
use cartwheel_core::channel::Channel;
use cartwheel_core::policy::Policy;
use cartwheel_delivery::config::{Config, Provider as Limits};
use cartwheel_kafka::KafkaConfig;
use cartwheel_providers::template::Templates;
use cartwheel_providers::{Brand, Provider};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Who serves a channel, and how fast.
#[derive(Clone)]
pub struct Route {
    /// The channel.
    pub channel: Channel,
    /// Limits, and the name that stands in receipts and the ledger.
    pub limits: Limits,
    /// Makes the calls.
    pub sender: Arc<dyn Provider>,
}

/// Links in messages, to unsubscribe and with answers: who signs them and who answers them.
#[derive(Clone)]
pub struct Unsubscribe {
    /// How the world reaches the listener: the beginning of every link.
    pub public_url: String,
    /// The key that signs.
    pub current: Vec<u8>,
    /// An older key whose links still count.
    pub previous: Option<Vec<u8>>,
    /// Where this process answers; none: another process does.
    pub listen: Option<SocketAddr>,
    /// The shards' policy: what it takes for no event is not written, and its click not answered with 200.
    pub policy: Policy,
}

/// Without the keys.
impl std::fmt::Debug for Unsubscribe {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Unsubscribe")
            .field("public_url", &self.public_url)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// What delivery is told once.
#[derive(Clone)]
pub struct DeliverOptions {
    /// How to reach the broker, and the topics' namespace.
    pub kafka: KafkaConfig,
    /// Where the ledgers of attempts are; one process owns it.
    pub data_dir: PathBuf,
    /// Limits of the worker. Its `providers` and `sends_topic` are filled in from `routes` and the namespace.
    pub worker: Config,
    /// Who serves which channel.
    pub routes: Vec<Route>,
    /// The messages' texts.
    pub templates: Arc<Templates>,
    /// Who speaks.
    pub brand: Brand,
    /// Unsubscribe links.
    pub unsubscribe: Unsubscribe,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether this is the demo; shown by the console.
    pub demo: bool,
    /// Where figures are posted.
    pub metrics: Arc<Metrics>,
    /// The engine's board, where both run in one process; none: a board of its own.
    pub board: Option<Arc<Board>>,
    /// How long calls under way may take to come back when delivery stops or gives up a partition.
    pub stop_timeout: Duration,
    /// How long the broker may take to answer at the start.
    pub start_timeout: Duration,
}

impl std::fmt::Debug for DeliverOptions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("DeliverOptions")
            .field("kafka", &self.kafka)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

/// Why delivery does not start.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The broker cannot be reached, a topic is missing, or credentials are refused.
    #[error(transparent)]
    Kafka(#[from] cartwheel_kafka::Error),
    /// The data directory cannot be written.
    #[error("data directory {path} cannot be used: {error}")]
    DataDir {
        /// Where.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// Another process has the data directory's ledgers.
    #[error("the ledgers in data directory {path} are in use by another process")]
    DataDirInUse {
        /// Where.
        path: String,
    },
    /// The listener for unsubscribe links cannot start.
    #[error("cannot listen on {address} for unsubscribe links: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// A configuration that was read anew has other routes, or other limits of providers.
    #[error(
        "providers.route, the timeouts of providers, delivery.rates and delivery.concurrency take effect at a start only"
    )]
    OtherRoutes,
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}
