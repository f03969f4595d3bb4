//! When the last event happened.

use crate::time::Millis;

/// Its event time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Last(pub Millis);

impl Last {
    /// Another one.
    pub fn add(&mut self, at: Millis) {
        self.0 = at;
    }
}
