//! A broker inside the process, for the demo and for injecting errors.
//!
//! librdkafka's mock cluster: it speaks to any client, keeps at most 5 MiB or 100,000 records a partition and silently drops the
//! oldest beyond that, knows no topic configuration, and forgets everything at the end. Not for anything about durability or speed.

use crate::error::Error;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

/// A running mock broker; stopped on drop.
pub struct MockBroker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

// SAFETY: librdkafka's mock functions may be called from any thread (rdkafka_mock.h: operations are sent to the cluster's own
// thread and locked there); the client that the cluster belongs to is itself Send and Sync.
unsafe impl Send for MockBroker {}

impl std::fmt::Debug for MockBroker {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("MockBroker").field("bootstrap", &self.bootstrap()).finish()
    }
}

impl MockBroker {
    /// Starts one broker on a free loopback port.
    pub fn start() -> Result<Self, Error> {
        let cluster =
            MockCluster::new(1).map_err(|error| Error::of(&error, "starting the mock broker"))?;
        Ok(Self { cluster })
    }

    /// `host:port` for clients.
    pub fn bootstrap(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    /// Creates a topic. (The broker does not serve the admin requests for it.)
    pub fn create_topic(&self, name: &str, partitions: i32) -> Result<(), Error> {
        self.cluster
            .create_topic(name, partitions, 1)
            .map_err(|error| Error::of(&error, &format!("creating topic {name}")))
    }

    /// Cuts all connections and refuses new ones.
    pub fn down(&self) -> Result<(), Error> {
        self.cluster.broker_down(-1).map_err(|error| Error::of(&error, "stopping the mock broker"))
    }

    /// Takes connections again.
    pub fn up(&self) -> Result<(), Error> {
        self.cluster.broker_up(-1).map_err(|error| Error::of(&error, "resuming the mock broker"))
    }
}
