//! Reading a partition without librdkafka's queues: one connection, one request under way while the records before are worked on, records
//! borrowed from its answers. A record costs no allocation and passes no other thread (ADR 10).
//!
//! It knows plain connections and batches of format 2. At anything else, and at every error, it gives up with a [`Trouble`], and
//! [`Source`](crate::Source) goes on at the same offset with librdkafka, which knows the rest and has the words for errors.

mod batches;
mod codec;
mod connection;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use batches::{Chunk, Fields, Span};
pub(crate) use connection::Direct;

/// Why the direct way ends here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection could not be made, or is gone.
    Connection,
    /// The broker answered with this code.
    Code(i16),
    /// A batch is older than format 2, compressed in an unknown way, damaged, or not what the protocol says.
    Unreadable,
}

impl Trouble {
    /// Whether to try again later.
    pub(crate) fn passes(self) -> bool {
        matches!(self, Trouble::Connection | Trouble::Code(_))
    }
}
