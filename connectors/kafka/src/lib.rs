//! Kafka for Cartwheel: every client with its own settings, batches of borrowed records in, idempotent appends out.
//!
//! In the order in which an event passes: [`EventsProducer`] writes it; [`Assignment`] says which partitions are ours; [`Source`]
//! reads a partition in batches; [`SendsProducer`] appends decisions; [`Appender`] appends to whatever partitions it is told; [`Worker`] reads them for delivery; [`Compacted`] keeps
//! a compacted topic (suppressions, configurations) in view; [`Admin`] creates and describes topics.
//!
//! Everything except [`EventsProducer`] is synchronous and belongs on a thread of its own: librdkafka calls back only inside a poll.

mod admin;
mod appender;
mod assignment;
mod batch;
mod compacted;
mod config;
mod connection;
mod context;
mod direct;
mod error;
mod events;
mod farewell;
mod fetch;
mod group;
mod mock;
mod offsets;
mod protocol;
mod record;
mod sends;
mod settings;
mod source;
mod worker;

pub use admin::{Admin, Cleanup, TopicFacts, TopicSpec};
pub use appender::Appender;
pub use assignment::{Assignment, Change};
pub use batch::{Batch, RecordRef};
pub use compacted::Compacted;
pub use config::{Compression, KafkaConfig, SaslMechanism, Secret, SecurityProtocol, Topics};
pub use context::ClientStats;
pub use error::Error;
pub use events::{Appended, EventsProducer, Message};
pub use mock::MockBroker;
pub use offsets::Offsets;
pub use record::{Headers, OwnedRecord};
pub use sends::{Acknowledged, SendsProducer};
pub use source::{Source, Start};
pub use worker::{Position, Worker, WorkerEvent};
