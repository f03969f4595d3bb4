//! The public listener: unsubscribe links, answered once their event is in the events topic.

use super::options::{DeliverError, Unsubscribe};
use crate::clock::Clock;
use crate::listener::{self, Limits, Routes};
use crate::metrics::Metrics;
use crate::metrics::labels::Listener;
use crate::producer::Producer;
use cartwheel_inbound::{BoxFuture, EventSink, Secrets, SinkError, unsubscribe};
use cartwheel_kafka::{Error, Message};
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

/// The live keys.
pub(super) fn secrets(unsubscribe: &Unsubscribe) -> Secrets {
    Secrets::new(&unsubscribe.current, unsubscribe.previous.as_deref())
}

/// Appends events to the events topic, keyed by customer.
struct Events {
    producer: Arc<Producer>,
    topic: String,
    clock: Arc<dyn Clock>,
}

impl Events {
    /// A click that meets a finished client has the next one: not every mail client posts twice.
    async fn append(&self, message: Message<'_>) -> Result<(), Error> {
        match self.producer.send(message).await {
            Err(Error::Fatal { .. }) => self.producer.send(message).await.map(drop),
            outcome => outcome.map(drop),
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
                topic: &self.topic,
                key,
                value: Some(&json),
                timestamp_ms,
                ..Message::default()
            };
            match tokio::time::timeout(ACKNOWLEDGE, self.append(message)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "writing the event of an unsubscribe link");
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
        keys: &Unsubscribe,
        producer: Arc<Producer>,
        topic: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, DeliverError> {
        let failed = |error| DeliverError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let router = unsubscribe::router(
            Arc::new(Events { producer, topic, clock: Arc::clone(&clock) }),
            secrets(keys),
            Arc::new(move || clock.wall()),
        );
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
