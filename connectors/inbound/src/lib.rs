//! What reaches the shop from outside of Kafka and leaves as events: so far the one-click unsubscribe of RFC 8058.

pub mod unsubscribe;
pub mod token;
mod event;
mod once;
pub mod sink;

pub use sink::{BoxFuture, EventSink, SinkError};
pub use token::{Claim, Keys, Secrets};
