//! Timers: one physical timer a customer, in a hierarchical wheel that is only a cache of the slots' deadlines.

mod wheel;

pub use wheel::Wheel;

use crate::time::Millis;

/// No deadline.
pub const NEVER: Millis = Millis::MAX;
