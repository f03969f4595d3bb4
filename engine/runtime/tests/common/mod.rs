//! An engine on a namespace of its own on the shared broker.

use cartwheel_broker::Broker;
use cartwheel_kafka::{EventsProducer, KafkaConfig, Message};
use cartwheel_runtime::clock::{Clock, SystemClock};
use cartwheel_runtime::engine::{
    ConfigBundle, CreateTopics, Engine, EngineError, EngineOptions, EngineSettings, JourneyText,
};
use cartwheel_runtime::metrics::Metrics;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Generous: a bound for failure, never waited for on success.
pub const LONG: Duration = Duration::from_secs(40);
pub const PARTITIONS: i32 = 2;

pub const WELCOME: &str = "journey: thanks
class: transactional
trigger: { event: order_placed }
steps:
  - send: thanks
    channels: [email]
";

pub fn kafka() -> KafkaConfig {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    KafkaConfig {
        bootstrap: Broker::shared().unwrap().bootstrap().to_owned(),
        namespace: format!("r{started:x}-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        ..KafkaConfig::default()
    }
}

pub fn options(kafka: &KafkaConfig, data_dir: &Path) -> EngineOptions {
    let bundle = ConfigBundle {
        journeys: vec![JourneyText { path: "thanks.yaml".into(), text: WELCOME.into() }],
        ..ConfigBundle::default()
    };
    EngineOptions {
        kafka: kafka.clone(),
        data_dir: data_dir.to_owned(),
        plan: Arc::new(bundle.load().unwrap_or_else(|problems| panic!("{problems:?}"))),
        bundle,
        settings: EngineSettings::default(),
        clock: Arc::new(SystemClock::default()),
        started_with: Default::default(),
        demo: false,
        create_topics: Some(CreateTopics {
            partitions: PARTITIONS,
            replication: 1,
            retention_ms: None,
            log_append_time: false,
        }),
        metrics: Arc::new(Metrics::new("test").unwrap()),
    }
}

pub fn start(kafka: &KafkaConfig, data_dir: &Path) -> Result<Engine, EngineError> {
    Engine::start(options(kafka, data_dir))
}

/// Waits until `done`; fails with `what` after [`LONG`].
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The shop: appends events.
pub struct Shop {
    runtime: tokio::runtime::Runtime,
    producer: EventsProducer,
    topic: String,
    next: u32,
}

impl Shop {
    pub fn open(kafka: &KafkaConfig) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            runtime,
            producer: EventsProducer::new(kafka).unwrap(),
            topic: kafka.topics().events,
            next: 0,
        }
    }

    fn append(&mut self, customer: &str, kind: &str, rest: serde_json::Value) {
        self.next += 1;
        let time = SystemClock::default().wall();
        let mut event = serde_json::json!({ "id": format!("{customer}-{}-{time}", self.next), "type": kind, "customer": customer, "time": time });
        event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let value = serde_json::to_vec(&event).unwrap();
        let message = Message {
            topic: &self.topic,
            key: Some(customer.as_bytes()),
            value: Some(&value),
            ..Message::default()
        };
        self.runtime.block_on(self.producer.send(message)).unwrap();
    }

    /// Somebody else takes over a partition.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn lead(&mut self, kafka: &KafkaConfig, partition: i32) {
        let value = br#"{"nonce":"x","generation":0,"member":"stranger"}"#;
        self.runtime
            .block_on(self.producer.send(Message::leader(&kafka.topics().sends, partition, value)))
            .unwrap();
    }

    /// Somebody with an address, who then orders: one command follows.
    pub fn order(&mut self, customer: &str) {
        let profile = serde_json::json!({ "profile": { "email": format!("{customer}@example.com"), "first_name": "Ana" } });
        self.append(customer, "profile_updated", profile);
        self.append(
            customer,
            "order_placed",
            serde_json::json!({ "order": { "id": format!("o-{customer}"), "total": 20.5, "currency": "USD" } }),
        );
    }
}
