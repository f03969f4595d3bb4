//! Appending to one partition of the sends topic: in order, once, without waiting.

use crate::appender::Appender;
use crate::config::KafkaConfig;
use crate::context::ClientStats;
use crate::error::Error;
use cartwheel_core::sends::{KIND, Kind, LEADER, SEQ};
use rdkafka::message::{Header, OwnedHeaders};
use std::time::Duration;

/// An idempotent appender to one partition of the sends topic. Belongs to one thread at a time.
///
/// Reports are collected by [`poll`](Self::poll) and [`flush`](Self::flush). After the first failed append every call fails with
/// the same error: drop the producer (what it still holds is thrown away) and resend with a new one from the last accepted sequence number.
#[derive(Debug)]
pub struct SendsProducer {
    appender: Appender,
    partition: i32,
}

impl SendsProducer {
    /// Makes the client; it connects in the background.
    pub fn open(config: &KafkaConfig, topic: &str, partition: i32) -> Result<Self, Error> {
        Ok(Self { appender: Appender::open(config, topic)?, partition })
    }

    /// Enqueues a record under a leader record and returns at once; an empty key is sent as none. [`Error::QueueFull`]: nothing was enqueued;
    /// poll, then send again. The bytes are copied.
    pub fn send(
        &self,
        kind: Kind,
        leader: i64,
        seq: u64,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), Error> {
        let headers = OwnedHeaders::new_with_capacity(3)
            .insert(Header { key: KIND, value: Some(kind.name()) })
            .insert(Header { key: LEADER, value: Some(&leader.to_string()) })
            .insert(Header { key: SEQ, value: Some(&seq.to_string()) });
        self.appender.send_with(self.partition, key, value, Some(headers))
    }

    /// Collects the delivery reports that are there, without waiting. Call it at least every turn.
    pub fn poll(&self) -> Result<(), Error> {
        self.appender.poll(Duration::ZERO)
    }

    /// Waits until every record so far is acknowledged. An acknowledgement proves only that the broker has the record, not that readers accept it.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        self.appender.flush(timeout)
    }

    /// Records that are enqueued and not yet acknowledged (or whose reports have not been polled).
    pub fn in_flight(&self) -> usize {
        self.appender.in_flight()
    }

    /// Offset of the newest acknowledged record; none before the first.
    pub fn acknowledged(&self) -> Option<i64> {
        self.appender.acknowledged()
    }

    /// The first failed append, if any.
    pub fn failure(&self) -> Option<Error> {
        self.appender.failure()
    }

    /// The client's figures.
    pub fn stats(&self) -> ClientStats {
        self.appender.stats()
    }
}
