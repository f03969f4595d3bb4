//! What reaches the shop from outside of Kafka and leaves as events: the one-click unsubscribe of RFC 8058, and answers to what messages ask.

pub mod answer;
pub mod unsubscribe;
pub mod desk;
pub mod token;
pub mod secrets;
mod event;
mod once;
mod page;
pub mod sink;
#[cfg(test)]
mod testing;

pub use desk::{Clocks, Desk};
pub use secrets::{Keys, Secrets};
pub use sink::{BoxFuture, EventSink, SinkError};
pub use token::Claim;
