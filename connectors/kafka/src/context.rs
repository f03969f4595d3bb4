//! What every client does with librdkafka's logs, errors and statistics.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel as Level;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;
use std::sync::{Mutex, PoisonError};

/// A client's figures for metrics, as of its last statistics (every 15 s); zero before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientStats {
    /// Brokers that the client is connected to.
    pub brokers_up: u32,
    /// Requests that failed or timed out since the client started.
    pub request_errors: u64,
    /// Round trip to the slowest broker, 99th percentile, microseconds.
    pub round_trip_p99_us: u64,
    /// Records in the producer's queues.
    pub queued: u64,
    /// Their bytes.
    pub queued_bytes: u64,
}

/// Sends logs to `tracing` and keeps the newest statistics.
#[derive(Debug, Default)]
pub(crate) struct Context {
    stats: Mutex<ClientStats>,
}

impl Context {
    pub(crate) fn latest(&self) -> ClientStats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Context {
    fn log(&self, level: Level, facility: &str, text: &str) {
        match level {
            Level::Emerg | Level::Alert | Level::Critical | Level::Error => {
                tracing::error!(target: "librdkafka", facility, "{text}")
            }
            Level::Warning => tracing::warn!(target: "librdkafka", facility, "{text}"),
            Level::Notice | Level::Info => tracing::info!(target: "librdkafka", facility, "{text}"),
            Level::Debug => tracing::debug!(target: "librdkafka", facility, "{text}"),
        }
    }

    fn stats(&self, all: Statistics) {
        let brokers = || all.brokers.values();
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let stats = ClientStats {
            brokers_up: brokers().filter(|broker| broker.state == "UP").count() as u32,
            request_errors: brokers().map(|broker| broker.txerrs + broker.req_timeouts).sum(),
            round_trip_p99_us: brokers()
                .filter_map(|broker| broker.rtt.as_ref())
                .map(|rtt| count(rtt.p99))
                .max()
                .unwrap_or(0),
            queued: all.msg_cnt,
            queued_bytes: all.msg_size,
        };
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }

    /// Where an error matters, the call that met it returns it too.
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", "{error}: {reason}");
    }
}

impl ConsumerContext for Context {}
