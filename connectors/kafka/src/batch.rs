//! A batch of records, borrowed from the buffers that they were fetched into: nothing is copied per record.

use crate::fetch::Native;
use crate::protocol::{Chunk, Span};
use crate::record::{Headers, OwnedRecord, bytes};
use cartwheel_core::sends;
use rdkafka::bindings as sys;
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

/// Room for up to `capacity` records; refilled by every poll, freed on drop.
#[derive(Debug)]
pub struct Batch {
    messages: Vec<NonNull<sys::rd_kafka_message_t>>,
    capacity: usize,
    /// Messages must not outlive the client that they came from.
    client: Option<Arc<Native>>,
    /// Records that came the direct way; then there are no messages.
    chunk: Option<(Arc<Chunk>, Range<usize>)>,
}

// SAFETY: the batch alone owns its messages, and librdkafka lets any thread read and destroy them. (Not Sync: librdkafka
// parses headers on first access, which writes into the message.)
unsafe impl Send for Batch {}
impl Batch {
    /// An empty batch for at most `capacity` records (at least 1).
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { messages: Vec::with_capacity(capacity), capacity, client: None, chunk: None }
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.messages.len() + self.chunk.as_ref().map_or(0, |(_, range)| range.len())
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether more is there already behind these records: said by the broker, or likely because librdkafka's queue gave a full batch.
    pub fn more(&self) -> bool {
        match &self.chunk {
            Some((chunk, range)) => chunk.more || range.end < chunk.records.len(),
            None => self.messages.len() == self.capacity,
        }
    }

    /// At most so many records.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The records in the order in which they were read: by offset within a partition.
    pub fn iter(&self) -> impl Iterator<Item = RecordRef<'_>> {
        let queued = self.messages.iter().map(|message| {
            RecordRef(Kind::Message(Message { message: *message, batch: PhantomData }))
        });
        let direct = self.chunk.iter().flat_map(|(chunk, range)| {
            let spans = chunk.records.get(range.clone()).unwrap_or_default();
            spans.iter().map(|span| RecordRef(Kind::Span(chunk, span)))
        });
        queued.chain(direct)
    }

    /// Fills the empty batch with these records of an answer.
    pub(crate) fn hold(&mut self, chunk: Arc<Chunk>, range: Range<usize>) {
        self.chunk = Some((chunk, range));
    }

    /// Frees the records now rather than at the next poll.
    pub fn clear(&mut self) {
        for message in self.messages.drain(..) {
            // SAFETY: the batch owns each message and gives it up here, once.
            unsafe { sys::rd_kafka_message_destroy(message.as_ptr()) };
        }
        self.client = None;
        self.chunk = None;
    }

    /// Fills the empty batch from `queue`: takes what is there; if nothing is, waits up to `timeout_ms` for the first record.
    /// (One call with a timeout would wait for a full batch.)
    pub(crate) fn fill(&mut self, client: &Arc<Native>, timeout_ms: i32) {
        self.client = Some(client.clone());
        self.take(client, 0, self.capacity);
        if self.messages.is_empty() && timeout_ms > 0 {
            self.take(client, timeout_ms, 1);
            if !self.messages.is_empty() {
                self.take(client, 0, self.capacity - 1);
            }
        }
    }

    fn take(&mut self, client: &Native, timeout_ms: i32, limit: usize) {
        let filled = self.messages.len();
        self.messages.reserve(limit);
        // SAFETY: the spare room holds `limit` pointers (reserved above); NonNull has the layout of a pointer, and librdkafka
        // writes that many valid, non-null message pointers as it returns, each of which it hands over to us.
        unsafe {
            let room =
                self.messages.as_mut_ptr().add(filled).cast::<*mut sys::rd_kafka_message_t>();
            let count = sys::rd_kafka_consume_batch_queue(client.queue(), timeout_ms, room, limit);
            self.messages.set_len(filled + usize::try_from(count).unwrap_or(0));
        }
    }

    /// Keeps the messages for which `keep` is true, in order; destroys the others.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&sys::rd_kafka_message_t) -> bool) {
        self.messages.retain(|message| {
            // SAFETY: the batch owns the message; nobody writes to it meanwhile.
            let kept = keep(unsafe { message.as_ref() });
            if !kept {
                // SAFETY: it leaves the batch with this call, so it is destroyed once.
                unsafe { sys::rd_kafka_message_destroy(message.as_ptr()) };
            }
            kept
        });
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A record in a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a>(Kind<'a>);

/// Where it lies.
#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Message(Message<'a>),
    Span(&'a Chunk, &'a Span),
}

/// A message of librdkafka's.
#[derive(Clone, Copy, Debug)]
struct Message<'a> {
    message: NonNull<sys::rd_kafka_message_t>,
    batch: PhantomData<&'a Batch>,
}

impl<'a> Message<'a> {
    fn raw(&self) -> &'a sys::rd_kafka_message_t {
        // SAFETY: the batch owns the message and is borrowed during 'a, so it is not refilled.
        unsafe { self.message.as_ref() }
    }
}

impl<'a> RecordRef<'a> {
    /// Partition.
    pub fn partition(&self) -> i32 {
        match self.0 {
            Kind::Message(message) => message.raw().partition,
            Kind::Span(chunk, _) => chunk.partition,
        }
    }

    /// Offset.
    pub fn offset(&self) -> i64 {
        match self.0 {
            Kind::Message(message) => message.raw().offset,
            Kind::Span(_, span) => span.offset,
        }
    }

    /// The record's time (by the topic's setting the producer's or the broker's), epoch milliseconds; -1 if it has none.
    pub fn timestamp_ms(&self) -> i64 {
        match self.0 {
            Kind::Message(message) => {
                let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
                // SAFETY: message and out-pointer are valid.
                unsafe { sys::rd_kafka_message_timestamp(message.message.as_ptr(), &mut kind) }
            }
            Kind::Span(_, span) => span.time,
        }
    }

    /// Key; none for a null key.
    pub fn key(&self) -> Option<&'a [u8]> {
        match self.0 {
            Kind::Message(message) => {
                let message = message.raw();
                // SAFETY: librdkafka gave pointer and length; the bytes live as long as the message.
                unsafe { bytes(message.key, message.key_len) }
            }
            Kind::Span(chunk, span) => span.key.as_ref().map(|range| chunk.bytes(range)),
        }
    }

    /// Value; none for a null value.
    pub fn value(&self) -> Option<&'a [u8]> {
        match self.0 {
            Kind::Message(message) => {
                let message = message.raw();
                // SAFETY: as for the key.
                unsafe { bytes(message.payload, message.len) }
            }
            Kind::Span(chunk, span) => span.value.as_ref().map(|range| chunk.bytes(range)),
        }
    }

    /// The headers, parsed on demand.
    pub fn headers(&self) -> Headers<'a> {
        match self.0 {
            // SAFETY: the message lives and stays during 'a, as in `raw`; only this thread can reach it.
            Kind::Message(message) => unsafe { Headers::of(message.message.as_ptr()) },
            Kind::Span(chunk, span) => Headers::direct(chunk.headers(span)),
        }
    }

    /// The headers of a record of the sends topic; none if it is not one.
    pub fn sends_headers(&self) -> Option<sends::Headers> {
        sends::Headers::read(self.headers())
    }

    /// A copy.
    pub fn to_owned(&self) -> OwnedRecord {
        OwnedRecord {
            partition: self.partition(),
            offset: self.offset(),
            timestamp_ms: self.timestamp_ms(),
            key: self.key().map(<[u8]>::to_vec),
            value: self.value().map(<[u8]>::to_vec),
            headers: self
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
        }
    }
}
