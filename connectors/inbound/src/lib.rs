//! What reaches the shop from outside of Kafka and leaves as events: so far the one-click unsubscribe of RFC 8058.

pub mod sink;
pub mod token;
pub mod unsubscribe;

pub use sink::{BoxFuture, EventSink, SinkError};
pub use token::{Claim, Secrets};
