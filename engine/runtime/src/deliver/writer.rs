//! Writes receipts, suppressions and dead letters, in order, each repeated until the broker has it.

use super::report::Report;
use crate::clock::Clock;
use crate::producer::Producer;
use cartwheel_core::time::Millis;
use cartwheel_delivery::worker::{Target, Token, Write};
use cartwheel_kafka::{Message, Topics};
use crossbeam_channel::Sender;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Before a failed write is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes what arrives until the other side is gone, and reports each acknowledgement. The worker bounds what is under way.
pub(super) async fn run(
    producer: Arc<Producer>,
    topics: Topics,
    clock: Arc<dyn Clock>,
    mut writes: mpsc::UnboundedReceiver<Write>,
    reports: Sender<Report>,
) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            // Acknowledgements first; new writes are enqueued in the order of their arrival.
            biased;
            Some(token) = under_way.next(), if !under_way.is_empty() => drop(reports.send(Report::Written(token))),
            write = writes.recv() => match write {
                Some(write) => under_way.push(append(&producer, &topics, clock.wall(), write)),
                None => break,
            },
        }
    }
    while let Some(token) = under_way.next().await {
        drop(reports.send(Report::Written(token)));
    }
}

/// The record's time is the runtime's, so that the demo's receipts do not come from the future.
async fn append(producer: &Producer, topics: &Topics, wall: Millis, write: Write) -> Token {
    let topic = match write.target {
        Target::Events => &topics.events,
        Target::Suppressions => &topics.suppressions,
        Target::DeadLetters => &topics.dlq,
    };
    let headers: Vec<(&str, &[u8])> =
        write.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let (key, value) = (write.key.as_deref(), write.value.as_deref());
    let message =
        Message { topic, key, value, headers: &headers, timestamp_ms: Some(wall), partition: None };
    loop {
        match producer.send(message).await {
            Ok(_) => return write.token,
            Err(error) => {
                tracing::error!(%error, "a write of delivery failed; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
