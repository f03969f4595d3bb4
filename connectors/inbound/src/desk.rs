//! What the routes of all links share: whose tokens count, where events go, what time it is, and one event for many clicks on a link.

use crate::once::Once;
use crate::secrets::Keys;
use crate::sink::{BoxFuture, EventSink, SinkError};
use axum::extract::Request;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::Millis;
use std::hash::Hash;
use std::sync::Arc;

/// Gives a time in ms; the runtime passes its clock's.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Both times.
#[derive(Clone)]
pub struct Clocks {
    /// Wall time.
    pub wall: Clock,
    /// Monotonic time.
    pub mono: Clock,
}

/// What a listener gives to the routes of its links.
#[derive(Clone)]
pub struct Desk {
    /// Takes the events.
    pub sink: Arc<dyn EventSink>,
    /// Whose tokens count.
    pub keys: Keys,
    /// The time.
    pub clocks: Clocks,
    /// That of the shards, which says what is an event.
    pub policy: Policy,
}

/// Bodies are at most this long; that of RFC 8058 has 26 bytes.
pub(crate) const LONGEST_BODY: usize = 4 * 1024;

/// The body says nothing that the token does not; it is read, within the limit, so that the connection can be used again. Whether it was within it.
pub(crate) async fn takes_body(request: Request) -> bool {
    axum::body::to_bytes(request.into_body(), LONGEST_BODY).await.is_ok()
}

impl Desk {
    /// Writes the event of a click: or waits for that of another click on the same link, which `what` tells from others.
    pub(crate) async fn write<K: Clone + Eq + Hash + Send + 'static>(
        &self,
        once: &Once<K>,
        what: &K,
        customer: &str,
        json: Vec<u8>,
    ) -> Result<(), SinkError> {
        let (sink, customer) = (Arc::clone(&self.sink), customer.to_owned());
        let write = move || -> BoxFuture<'static, Result<(), SinkError>> {
            Box::pin(async move { sink.write(&customer, json).await })
        };
        once.write(what, Arc::clone(&self.clocks.mono), write).await
    }
}
