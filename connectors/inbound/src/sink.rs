//! Where events go.

use std::future::Future;
use std::pin::Pin;

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes events into the events topic.
pub trait EventSink: Send + Sync {
    /// Writes one event, keyed by customer. Resolves, in bounded time, when the event is acknowledged and will not be lost, and stands where
    /// the shard of this customer reads it.
    fn write<'a>(
        &'a self,
        customer: &'a str,
        json: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), SinkError>>;
}

/// The event was not acknowledged, or not where its shard reads; it may or may not have been written. Writing it again is harmless: what it says can be said twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event was not acknowledged")]
pub struct SinkError;
