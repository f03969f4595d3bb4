//! The demo's broker: librdkafka's mock cluster inside this process, or Apache Kafka on this machine.

use super::DemoError;
use crate::flags::DemoBroker;
use cartwheel_broker::{Broker, Options};
use cartwheel_kafka::{KafkaConfig, MockBroker, TopicSpec};
use cartwheel_runtime::engine::CreateTopics;

/// Shards of the demo.
pub const PARTITIONS: i32 = 2;
/// Memory of the real broker's JVM.
const HEAP: &str = "512m";

/// A running broker; stopped on drop.
pub enum Running {
    /// In this process. Holds 5 MiB a partition and drops the oldest beyond that: [`super::pump`] watches that nothing unread goes.
    Mock(MockBroker),
    /// A JVM of its own; the topics go with it.
    Kafka(Broker),
}

impl Running {
    /// Starts it. The mock's topics are made here, as it does not serve the request; the real broker's are made by the engine.
    pub fn start(which: DemoBroker) -> Result<Self, DemoError> {
        match which {
            DemoBroker::Kafka => {
                let options = Options { heap: HEAP.to_owned(), ..Options::default() };
                Broker::start(options)
                    .map(Self::Kafka)
                    .map_err(|error| DemoError::Broker(error.to_string()))
            }
            DemoBroker::Mock => {
                let broker = MockBroker::start()?;
                for topic in TopicSpec::all(
                    &KafkaConfig { namespace: NAMESPACE.to_owned(), ..KafkaConfig::default() },
                    PARTITIONS,
                    1,
                    None,
                ) {
                    broker.create_topic(&topic.name, topic.partitions)?;
                }
                Ok(Self::Mock(broker))
            }
        }
    }

    /// How everybody reaches it.
    pub fn config(&self) -> KafkaConfig {
        let bootstrap = match self {
            Self::Mock(broker) => broker.bootstrap(),
            Self::Kafka(broker) => broker.bootstrap(),
        };
        KafkaConfig {
            bootstrap,
            namespace: NAMESPACE.to_owned(),
            linger_ms: 2,
            ..KafkaConfig::default()
        }
    }

    /// The topics that the engine is to make. Nothing is ever deleted: the story's records are days old.
    pub fn topics(&self) -> Option<CreateTopics> {
        // The story's events have the story's times.
        let all = CreateTopics {
            partitions: PARTITIONS,
            replication: 1,
            retention_ms: Some(-1),
            log_append_time: false,
        };
        matches!(self, Self::Kafka(_)).then_some(all)
    }
}

const NAMESPACE: &str = "demo";
