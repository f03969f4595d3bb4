//! What the gate says.

use super::holdout::Holdout;
use crate::channel::Channel;
use crate::customer::PutOff;
use crate::decision::{Compared, Reason};
use crate::time::Millis;

/// What the gate says of a send.
#[derive(Debug, PartialEq)]
pub enum Ruling {
    /// Now, through the channel with this index.
    Send(usize),
    /// The same, but this holdout keeps it back.
    HoldOut(usize, Holdout),
    /// Not now: the gate is asked again at `until`.
    Defer {
        /// A hold, a group, quiet hours, a cap, a reservation, or that no coupon is left.
        reason: Reason,
        /// When.
        until: Millis,
        /// What may let it go on sooner.
        by: Option<PutOff>,
        /// The channel that was chosen.
        channel: Channel,
        /// The values compared.
        values: Compared,
    },
    /// Not at all.
    Drop {
        /// Why.
        reason: Reason,
        /// The channel that was chosen, or the first.
        channel: Channel,
        /// The values compared.
        values: Compared,
    },
    /// The run's `while` condition no longer holds: the run exits.
    Exit(Compared),
}
