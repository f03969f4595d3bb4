//! Records that every partition gets: a stream of them (of the catalogue, of control) has numbers without gaps, so that a shard knows that it has all of them.
//!
//! [`Streamed`] is such a record, [`Streams`] what a shard remembers of each stream: which of its records was applied last.

mod record;
mod state;
mod stored;

pub use record::{MAX_NAME, Streamed};
pub use state::{MAX_STREAMS, Order, Stop, Stream, Streams};
