//! What follows a step.

use crate::customer::Place;
use crate::time::Millis;

/// What a step leaves the run to do.
pub(super) enum Next {
    /// The operation at this index, at once.
    Op(u16),
    /// Nothing before the deadline.
    Stay(Place, Millis),
    /// The run has no step any more: it is over, or waits for its goal.
    Gone,
}
