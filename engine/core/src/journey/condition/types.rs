//! The types that are known at load.

use crate::event::vocabulary;
use crate::journey::events_file::FieldType;
use std::fmt;

/// A type that is known at load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Number,
    Text,
    Instant,
    Duration,
    Date,
    /// A text that is one of seven.
    Weekday,
    List,
    Object,
    Null,
    /// Known at run time only.
    Any,
}

impl Type {
    /// Whether a list may be of it.
    pub(crate) fn may_be_list(self) -> bool {
        self == Type::List || self == Type::Any
    }
}

impl From<vocabulary::Type> for Type {
    fn from(known: vocabulary::Type) -> Self {
        match known {
            vocabulary::Type::Text | vocabulary::Type::Id => Type::Text,
            vocabulary::Type::Number => Type::Number,
            vocabulary::Type::List => Type::List,
            vocabulary::Type::Object => Type::Object,
            vocabulary::Type::Any => Type::Any,
        }
    }
}

impl From<FieldType> for Type {
    fn from(declared: FieldType) -> Self {
        match declared {
            FieldType::Text | FieldType::Id => Type::Text,
            FieldType::Number => Type::Number,
            FieldType::Boolean => Type::Bool,
            FieldType::List => Type::List,
            FieldType::Object => Type::Object,
            FieldType::Any => Type::Any,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Type::Bool => "a boolean",
            Type::Number => "a number",
            Type::Text => "a string",
            Type::Instant => "an instant",
            Type::Duration => "a duration",
            Type::Date => "a date",
            Type::Weekday => "a day of the week",
            Type::List => "a list",
            Type::Object => "an object",
            Type::Null => "null",
            Type::Any => "of unknown type",
        })
    }
}
