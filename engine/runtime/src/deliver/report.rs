//! What comes back to the pump from calls, writes and questions.

use cartwheel_core::receipt::Outcome;
use cartwheel_core::time::Millis;
use cartwheel_delivery::worker::{CallId, Token};
use std::time::Duration;

/// What comes back to the pump.
pub(super) enum Report {
    /// A call came to an end.
    Outcome {
        call: CallId,
        /// Index into the routes.
        route: usize,
        outcome: Outcome,
        took: Duration,
        /// The message could not be rendered: no call was made.
        unrenderable: bool,
    },
    /// A call would have begun too late; nothing was sent.
    NotBegun(CallId),
    /// The broker has a write.
    Written(Token),
    /// The end of a sends partition, asked for at `asked` (monotonic ms).
    End { partition: i32, end: i64, asked: Millis },
    /// The end of a partition of the suppressions topic.
    SuppressionEnd { partition: i32, end: i64, asked: Millis },
}
