//! Timers: one physical timer a customer, in a hierarchical wheel that is only a cache of the slots' deadlines.

mod wheel;

pub use crate::time::NEVER;
pub use wheel::Wheel;
