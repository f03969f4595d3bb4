//! Reading a partition without librdkafka's queues: one connection, one request under way while the records before are worked on, records
//! borrowed from its answers. A record costs no allocation and passes no other thread (ADR 10).
//!
//! It knows plain connections and batches of format 2. At anything else, and at every error, it gives up with a [`Trouble`], and
//! [`Source`](crate::Source) goes on at the same offset with librdkafka, which knows the rest and has the words for errors.
//! The other thing that is said without librdkafka is a static member's [`Farewell`].

mod batches;
mod codec;
mod connection;
mod farewell;
mod sift;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use batches::{Chunk, Fields, Span};
pub(crate) use connection::Direct;
pub(crate) use farewell::Farewell;

/// Reads any bytes as a fetched answer, for the fuzz target.
#[cfg(fuzzing)]
pub(crate) fn read_any(bytes: &[u8]) {
    let mut chunk = Chunk { bytes: bytes.to_vec(), ..Chunk::default() };
    let _ = wire::answer(bytes, 0);
    let room = chunk.bytes.len() + (64 << 20);
    let read = batches::read(&mut chunk.bytes, 0..bytes.len(), 0, Vec::new(), &mut chunk.records);
    assert!(chunk.bytes.len() <= room, "{} bytes", chunk.bytes.len());
    for span in &chunk.records {
        assert!(span.offset >= 0 && read.is_ok());
        let _ = (span.key.as_ref().map(|range| chunk.bytes(range)), chunk.headers(span).count());
        let _ = span.value.as_ref().map(|range| chunk.bytes(range));
    }
}

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
