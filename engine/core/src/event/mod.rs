//! A record of the events topic, and the event in it, decoded lazily: first type, customer and time; a subject's fields only
//! where the product or some journey reads them.

mod decode;
mod full;
mod layout;
mod scan;
mod block;
mod number;
mod top;
pub mod vocabulary;
mod carried;
mod field;
mod odd;
mod profile;
mod raw;
mod rejected;

pub use carried::{SURVEY_ANSWER, SURVEY_STEP, carried, own_fields};
pub use decode::{Decoder, Event, decode, time_of};
pub use field::{EventField, array, field_raw, field_value, key_text, key_text_of, read_fields};
pub use odd::{OddField, OddFields};
pub use profile::MAX_VALUE;
pub(crate) use profile::only;
pub use raw::{Raw, array_elements, decimal, object_entries, trimmed};
pub use rejected::{Poison, Rejected};
pub use vocabulary::{Known, Meaning, Subject};

use crate::time::Millis;

/// A broker's bytes with their offset, borrowed from the consumer's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Offset in the events partition.
    pub offset: i64,
    /// When the broker had it (LogAppendTime) or the producer made it (CreateTime), epoch milliseconds.
    pub time: Millis,
    /// The record's key.
    pub key: Option<&'a [u8]>,
    /// The record's value.
    pub value: &'a [u8],
}
