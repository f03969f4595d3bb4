//! A namespace of its own for each test on the shared broker.

use cartwheel_broker::Broker;
use cartwheel_kafka::{Admin, EventsProducer, KafkaConfig, Message, TopicSpec};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Generous: a bound for failure, never waited for on success.
pub const LONG: Duration = Duration::from_secs(20);

/// A configuration for a namespace that no other test and no other run uses.
pub fn fresh() -> KafkaConfig {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    KafkaConfig {
        bootstrap: Broker::shared().unwrap().bootstrap().to_owned(),
        namespace: format!("t{started:x}-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        ..KafkaConfig::default()
    }
}

/// The same with its five topics on the broker.
pub fn with_topics(partitions: i32) -> KafkaConfig {
    let config = fresh();
    let admin = Admin::new(&config, LONG).unwrap();
    admin.ensure(&TopicSpec::all(&config, partitions, 1, Some(86_400_000)), true).unwrap();
    config
}

/// Appends a leader record to the sends topic: its offset.
#[allow(dead_code, reason = "not every test needs one")]
pub fn lead(config: &KafkaConfig, partition: i32) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (producer, topic) = (EventsProducer::new(config).unwrap(), config.topics().sends);
    runtime.block_on(producer.send(Message::leader(&topic, partition, b"{}"))).unwrap().offset
}
