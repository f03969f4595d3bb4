//! Headers and owned records.

use crate::protocol::Fields;
use cartwheel_core::sends;
use rdkafka::bindings as sys;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr;

/// The headers of a record, read one by one. Names that are not UTF-8 and headers without a value are passed over.
#[derive(Debug)]
pub struct Headers<'a>(Kind<'a>);

/// Where they lie.
#[derive(Debug)]
enum Kind<'a> {
    Queued(Queued<'a>),
    Direct(Fields<'a>),
}

/// In librdkafka's memory.
#[derive(Debug)]
struct Queued<'a> {
    list: *mut sys::rd_kafka_headers_t,
    next: usize,
    message: PhantomData<&'a [u8]>,
}

impl<'a> Headers<'a> {
    /// The headers of a message.
    ///
    /// # Safety
    /// `message` is a valid message, and neither it nor its headers change or go away during `'a`.
    pub(crate) unsafe fn of(message: *const sys::rd_kafka_message_t) -> Self {
        let mut list = ptr::null_mut();
        // SAFETY: the message is valid; the list stays the message's own.
        let code = unsafe { sys::rd_kafka_message_headers(message, &mut list) };
        if code != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            list = ptr::null_mut();
        }
        Self(Kind::Queued(Queued { list, next: 0, message: PhantomData }))
    }

    /// The headers of a record that came the direct way.
    pub(crate) fn direct(fields: Fields<'a>) -> Self {
        Self(Kind::Direct(fields))
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Kind::Queued(headers) => headers.next(),
            Kind::Direct(headers) => headers.next(),
        }
    }
}

impl<'a> Iterator for Queued<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.list.is_null() {
            let (mut name, mut value, mut length) = (ptr::null(), ptr::null(), 0);
            // SAFETY: the list is valid during 'a (see `of`); the three out-pointers are live.
            let code = unsafe {
                sys::rd_kafka_header_get_all(
                    self.list,
                    self.next,
                    &mut name,
                    &mut value,
                    &mut length,
                )
            };
            if code != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return None;
            }
            self.next += 1;
            // SAFETY: librdkafka ends names with a zero byte and keeps them as long as the list.
            let name = unsafe { CStr::from_ptr(name) }.to_str();
            // SAFETY: librdkafka gave pointer and length of bytes that live as long as the list.
            let value = unsafe { bytes(value, length) };
            if let (Ok(name), Some(value)) = (name, value) {
                return Some((name, value));
            }
        }
        None
    }
}

/// A byte slice from librdkafka; none for a null pointer.
///
/// # Safety
/// A pointer that is not null points to `length` bytes that stay as they are during `'a`.
pub(crate) unsafe fn bytes<'a>(start: *const std::ffi::c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start.cast(), length) })
}

/// A record with memory of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// The record's time, epoch milliseconds; -1 where the record has none.
    pub timestamp_ms: i64,
    /// Key; none for a null key.
    pub key: Option<Vec<u8>>,
    /// Value; none for a null value (a tombstone in a compacted topic).
    pub value: Option<Vec<u8>>,
    /// Headers in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl OwnedRecord {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }

    /// The headers of a record of the sends topic; none if it is not one.
    pub fn sends_headers(&self) -> Option<sends::Headers> {
        sends::Headers::read(
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())),
        )
    }
}
