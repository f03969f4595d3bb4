//! When the last event happened.

use crate::time::Millis;

/// Its event time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Last(pub Millis);

impl Last {
    /// Another one, which may have come late.
    pub fn add(&mut self, at: Millis) {
        self.0 = self.0.max(at);
    }
}
