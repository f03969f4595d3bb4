//! Records that every partition gets: a stream of them (of the catalogue, of control) has numbers without gaps, so that a shard knows that it has all of them.
//!
//! [`Streamed`] is such a record, [`Streams`] what a shard remembers of each stream: which of its records was applied last. [`Past`] is a past event that comes
//! numbered in the same way, to the partition of its customer alone.

mod past;
mod record;
mod state;
mod stored;

pub use past::Past;
pub use record::{MAX_NAME, Streamed};
pub use state::{MAX_PAST, MAX_STREAMS, Order, PAST, Stop, Stream, Streams};
