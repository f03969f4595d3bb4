//! What is wrong in a condition, and where.

use crate::journey::problem::Severity;
use std::ops::Range;

/// What a condition may be made of, for messages.
pub(super) const SUPPORTED: &str = "supported are == != < <= > >= && || ! in + - * / % ( ) ?:, size(x), has(x), x.startsWith(y), x.endsWith(y), x.contains(y), \
     x.lowerAscii(), min, max, floor, ceil, round, abs, days, hours, minutes, instant, age, of lists exists, all and sum, numbers, strings in quotes, \
     durations such as 7d, true, false, null, now, and the paths event.X, profile.X, customer.X, local.X";

/// Something wrong in a condition. The range counts bytes of the condition's text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) severity: Severity,
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(super) fn error(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, range, message: message.into(), help: None }
    }

    pub(super) fn warning(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(range, message) }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
