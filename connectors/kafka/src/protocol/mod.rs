//! Kafka's protocol (<https://kafka.apache.org/protocol>) as bytes alone: requests, answers, and what they hold. Nothing here knows a socket, a clock or a setting, so that every
//! answer can be tested cut at any byte. A [`Connection`](crate::connection::Connection) moves the bytes.
//!
//! Of each request one version is spoken, which brokers know since 3.1; [`Versions`] says whether a broker does.

mod batches;
mod codec;
mod epochs;
mod fetch;
mod frames;
mod metadata;
mod produce;
mod producer;
mod records;
mod request;
mod sasl;
mod sift;
#[cfg(test)]
pub(crate) mod tests;
mod versions;
mod wire;

pub(crate) use batches::{Chunk, Fields, Span, read};
pub(crate) use codec::Pack;
pub(crate) use epochs::{AskEpoch, EpochEnd};
pub(crate) use fetch::{Answer, Ask};
pub(crate) use frames::{Frames, MAX_ANSWER};
pub(crate) use metadata::{Leader, Place, TopicId, ask_topic, place};
pub(crate) use produce::{Append, appended_at};
pub(crate) use producer::{ProducerId, ask_producer_id};
pub(crate) use records::{Records, Sealed};
pub(crate) use request::{Api, Request};
pub(crate) use sasl::{authenticate, authenticated, handshake, mechanism_taken};
pub(crate) use versions::{Versions, ask_versions};
pub(crate) use wire::{Reader, text};

/// Reads any bytes as answers, for the fuzz target.
#[cfg(fuzzing)]
pub(crate) fn read_any(bytes: &[u8]) {
    let body = || Reader { bytes, at: 0 };
    let _ = Answer::read(&mut body());
    let _ = place(&mut body(), "events", 0);
    let _ = EpochEnd::read(&mut body());
    let _ = Versions::read(&mut body());
    let _ = mechanism_taken(&mut body());
    let _ = authenticated(&mut body());
    let _ = appended_at(&mut body());
    let _ = ProducerId::read(&mut body());
    let mut chunk = Chunk { bytes: bytes.to_vec(), ..Chunk::default() };
    let room = chunk.bytes.len() + (64 << 20);
    let read = read(&mut chunk.bytes, 0..bytes.len(), 0, Vec::new(), &mut chunk.records);
    assert!(chunk.bytes.len() <= room, "{} bytes", chunk.bytes.len());
    for span in &chunk.records {
        assert!(span.offset >= 0 && read.is_ok());
        let _ = (span.key.as_ref().map(|range| chunk.bytes(range)), chunk.headers(span).count());
        let _ = span.value.as_ref().map(|range| chunk.bytes(range));
    }
}

/// Why a conversation with a broker ends here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection could not be made, or is gone; how that was seen.
    Connection(String),
    /// Whoever answers could not prove who they are, or did not take what we showed (TLS); why.
    Untrusted(String),
    /// The broker does not take our login; in its words.
    Denied(String),
    /// The broker answered with this code.
    Code(i16),
    /// The broker does not know a request in the version that we speak.
    Old,
    /// A batch is older than format 2, compressed in an unknown way, damaged, or an answer is not what the protocol says.
    Unreadable,
}

/// Codes of answers that we tell apart (<https://kafka.apache.org/protocol#protocol_error_codes>).
pub(crate) mod code {
    pub(crate) const OFFSET_OUT_OF_RANGE: i16 = 1;
    pub(crate) const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
    pub(crate) const UNKNOWN_MEMBER_ID: i16 = 25;
    pub(crate) const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
    pub(crate) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
    pub(crate) const UNSUPPORTED_VERSION: i16 = 35;
    pub(crate) const DUPLICATE_SEQUENCE_NUMBER: i16 = 46;
    pub(crate) const FENCED_INSTANCE_ID: i16 = 82;
    pub(crate) const UNKNOWN_TOPIC_ID: i16 = 100;
    pub(crate) const INCONSISTENT_TOPIC_ID: i16 = 103;
}
