//! Why a record of the events topic is not an event.

use crate::closed::closed;
use std::borrow::Cow;

/// Why a record is not an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The reason.
    pub reason: Poison,
    /// The field or figure; never the content.
    pub detail: Cow<'static, str>,
}

impl Rejected {
    /// For this reason.
    pub fn new(reason: Poison, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

closed! {
    /// Why a record of the events topic could not be applied.
    Poison {
        /// Not a JSON object.
        NotJson "not_json",
        /// Longer than `max_event_bytes`.
        TooLarge "too_large",
        /// Nested deeper than 64.
        TooDeep "too_deep",
        /// No `type`, or an empty one.
        MissingType "missing_type",
        /// No `customer`, or an empty one.
        MissingCustomer "missing_customer",
        /// `type` or `customer` longer than 256 bytes.
        BadValue "bad_value",
        /// `time` is neither RFC 3339 nor a number of seconds or milliseconds.
        BadTime "bad_time",
        /// `time` lies more than `max_event_ahead` after the record's time.
        TimeInFuture "time_in_future",
        /// By the topic's partitioner its customer belongs to another partition.
        Misplaced "misplaced",
        /// Nobody knows its customer, and the shard has no room for one more.
        TooManyCustomers "too_many_customers",
        /// Its record's own time lies further ahead of the clock than the limit.
        RecordInFuture "record_in_future",
    }
}

impl Poison {
    /// Whether only the turn record can say so: who judged it looked at a clock, and a replay has none.
    pub const fn is_stated(self) -> bool {
        match self {
            Self::RecordInFuture => true,
            Self::NotJson
            | Self::TooLarge
            | Self::TooDeep
            | Self::MissingType
            | Self::MissingCustomer
            | Self::BadValue
            | Self::BadTime
            | Self::TimeInFuture
            | Self::Misplaced
            | Self::TooManyCustomers => false,
        }
    }
}
