//! Of what time a report is.

use cartwheel_core::time::Millis;

/// From an instant on, until before another; epoch milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first instant in it.
    pub from: Millis,
    /// The first one behind it.
    pub to: Millis,
}

impl Period {
    /// All of time.
    pub const ALWAYS: Self = Self { from: Millis::MIN, to: Millis::MAX };

    /// Whether the instant is in it.
    pub fn has(&self, at: Millis) -> bool {
        self.from <= at && at < self.to
    }
}
