//! Writes receipts, suppressions and dead letters, in order, each repeated until the broker has it.

use super::report::Report;
use cartwheel_delivery::worker::{Target, Token, Write};
use cartwheel_kafka::{EventsProducer, Message, Topics};
use crossbeam_channel::Sender;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;
use tokio::sync::mpsc;

/// Before a failed write is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes what arrives until the other side is gone, and reports each acknowledgement. The worker bounds what is under way.
pub(super) async fn run(producer: EventsProducer, topics: Topics, mut writes: mpsc::UnboundedReceiver<Write>, reports: Sender<Report>) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            // Acknowledgements first; new writes are enqueued in the order of their arrival.
            biased;
            Some(token) = under_way.next(), if !under_way.is_empty() => drop(reports.send(Report::Written(token))),
            write = writes.recv() => match write {
                Some(write) => under_way.push(append(&producer, &topics, write)),
                None => break,
            },
        }
    }
    while let Some(token) = under_way.next().await {
        drop(reports.send(Report::Written(token)));
    }
}

async fn append(producer: &EventsProducer, topics: &Topics, write: Write) -> Token {
    let topic = match write.target {
        Target::Events => &topics.events,
        Target::Suppressions => &topics.suppressions,
        Target::DeadLetters => &topics.dlq,
    };
    let headers: Vec<(&str, &[u8])> = write.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let message = Message { topic, key: write.key.as_deref(), value: write.value.as_deref(), headers: &headers, ..Message::default() };
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
