//! The public listener: unsubscribe links and answers, answered once their event is in the events topic.

use super::options::DeliverError;
use crate::clock::Clock;
use crate::listener::{self, Limits, Routes};
use crate::metrics::Metrics;
use crate::metrics::labels::{AnswerGiven, Click, Listener};
use crate::producer::Producer;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use cartwheel_inbound::answer::{self, Came, Heard};
use cartwheel_inbound::unsubscribe::{self, Answer, Told};
use cartwheel_inbound::{BoxFuture, Clocks, Desk, EventSink, Keys, SinkError};
use cartwheel_kafka::{Appended, Error, Message};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A click waits so long for the broker.
const ACKNOWLEDGE: Duration = Duration::from_secs(10);
/// The whole world may come: mail clients, people, scanners.
const LIMITS: Limits = Limits {
    name: Listener::Unsubscribe,
    connections: 1_024,
    // Health is asked of the admin listener.
    reserved: 0,
    // A proxy before it is one peer, and may have most of them.
    per_peer: 768,
    head: Duration::from_secs(10),
    answer: Duration::from_secs(20),
    write: Duration::from_secs(10),
    life: Duration::from_secs(120),
};

/// By what clicks are judged, and who counts them.
pub(super) struct Clicks {
    pub keys: Keys,
    pub policy: Policy,
    pub metrics: Arc<Metrics>,
}

impl Clicks {
    fn told(&self) -> Told {
        let metrics = Arc::clone(&self.metrics);
        Arc::new(move |answer| {
            metrics.clicked(match answer {
                Answer::Applied => Click::Applied,
                Answer::Refused => Click::Refused,
                Answer::Failed => Click::Failed,
            });
        })
    }

    fn heard(&self) -> Heard {
        let metrics = Arc::clone(&self.metrics);
        Arc::new(move |came| {
            metrics.answered(match came {
                Came::Applied => AnswerGiven::Applied,
                Came::Expired => AnswerGiven::Expired,
                Came::Refused => AnswerGiven::Refused,
                Came::Failed => AnswerGiven::Failed,
            });
        })
    }
}

/// The events topic: its name, and where the shards expect a customer's events.
pub(super) struct Place {
    pub topic: String,
    pub partitioner: Partitioner,
    pub partitions: i32,
}

impl Place {
    /// Whether a record of this customer stands where its shard reads it.
    fn is_read(&self, customer: &str, appended: Appended) -> bool {
        self.partitioner.partition_of(customer.as_bytes(), self.partitions) == appended.partition
    }
}

/// Appends events to the events topic, keyed by customer.
struct Events {
    producer: Arc<Producer>,
    place: Place,
    clock: Arc<dyn Clock>,
}

impl Events {
    /// A click that meets a finished client has the next one: not every mail client posts twice.
    async fn append(&self, message: Message<'_>) -> Result<Appended, Error> {
        match self.producer.send(message).await {
            Err(Error::Fatal { .. }) => self.producer.send(message).await,
            outcome => outcome,
        }
    }
}

impl EventSink for Events {
    fn write<'a>(
        &'a self,
        customer: &'a str,
        json: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            let (key, timestamp_ms) = (Some(customer.as_bytes()), Some(self.clock.wall()));
            let message = Message {
                topic: &self.place.topic,
                key,
                value: Some(&json),
                timestamp_ms,
                ..Message::default()
            };
            match tokio::time::timeout(ACKNOWLEDGE, self.append(message)).await {
                Ok(Ok(appended)) if self.place.is_read(customer, appended) => Ok(()),
                Ok(Ok(appended)) => {
                    let (partition, partitions) = (appended.partition, self.place.partitions);
                    tracing::error!(
                        partition,
                        partitions,
                        "the event of a link stands where its shard does not read it: has the events topic got partitions since the start?"
                    );
                    Err(SinkError)
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "writing the event of a link");
                    Err(SinkError)
                }
                Err(_) => Err(SinkError),
            }
        })
    }
}

/// A bound listener.
pub(super) struct Inbound {
    listener: TcpListener,
    router: axum::Router,
    pub address: SocketAddr,
}

impl Inbound {
    /// Takes the port.
    pub async fn bind(
        address: SocketAddr,
        clicks: Clicks,
        producer: Arc<Producer>,
        place: Place,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, DeliverError> {
        let failed = |error| DeliverError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let (told, heard) = (clicks.told(), clicks.heard());
        let sink = Arc::new(Events { producer, place, clock: Arc::clone(&clock) });
        let Clicks { keys, policy, .. } = clicks;
        let desk = Desk { sink, keys, clocks: clocks(clock), policy };
        let router = unsubscribe::router(desk.clone(), told).merge(answer::router(desk, heard));
        Ok(Self { listener, router, address: bound })
    }

    /// Answers until `closing` turns true, then finishes answers under way.
    pub async fn serve(self, metrics: Arc<Metrics>, mut closing: watch::Receiver<bool>) {
        let until = async move { drop(closing.wait_for(|closing| *closing).await) };
        let routes = Routes { all: self.router.clone(), probes: self.router };
        let done = watch::channel(false).0;
        listener::serve(self.listener, routes, LIMITS, &metrics, done, until).await;
    }
}

fn clocks(clock: Arc<dyn Clock>) -> Clocks {
    let other = Arc::clone(&clock);
    let mono = move || Millis::try_from(other.monotonic().as_millis()).unwrap_or(Millis::MAX);
    Clocks { wall: Arc::new(move || clock.wall()), mono: Arc::new(mono) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_where_the_partitioner_puts_its_customer() {
        let (topic, partitioner) = ("events".to_owned(), Partitioner::Crc32);
        let place = Place { topic, partitioner, partitions: 4 };
        let partition = partitioner.partition_of(b"ana", 4);
        let appended = |partition| Appended { partition, offset: 0 };
        assert!(place.is_read("ana", appended(partition)));
        assert!(!place.is_read("ana", appended((partition + 1) % 4)));
    }
}
