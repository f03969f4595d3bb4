//! Why a record of the events topic is not an event.

use serde::{Deserialize, Serialize};
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
    pub(super) fn new(reason: Poison, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// Why a record of the events topic could not be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Poison {
    /// Not a JSON object.
    NotJson,
    /// Longer than `max_event_bytes`.
    TooLarge,
    /// Nested deeper than 64.
    TooDeep,
    /// No `type`, or an empty one.
    MissingType,
    /// No `customer`, or an empty one.
    MissingCustomer,
    /// `type` or `customer` longer than 256 bytes.
    BadValue,
    /// `time` is neither RFC 3339 nor an integer of milliseconds.
    BadTime,
    /// `time` lies more than `max_event_ahead` after the record's time.
    TimeInFuture,
    /// A field that the product reads has the wrong type.
    WrongType,
}

impl Poison {
    /// Every reason.
    pub const ALL: [Poison; 9] = [
        Poison::NotJson,
        Poison::TooLarge,
        Poison::TooDeep,
        Poison::MissingType,
        Poison::MissingCustomer,
        Poison::BadValue,
        Poison::BadTime,
        Poison::TimeInFuture,
        Poison::WrongType,
    ];

    /// The name in records, headers and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Poison::NotJson => "not_json",
            Poison::TooLarge => "too_large",
            Poison::TooDeep => "too_deep",
            Poison::MissingType => "missing_type",
            Poison::MissingCustomer => "missing_customer",
            Poison::BadValue => "bad_value",
            Poison::BadTime => "bad_time",
            Poison::TimeInFuture => "time_in_future",
            Poison::WrongType => "wrong_type",
        }
    }
}
