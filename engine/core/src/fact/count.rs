//! How many events there were.

/// So many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count(pub u32);

impl Count {
    /// One more.
    pub fn add(&mut self) {
        self.0 = self.0.saturating_add(1);
    }

    /// As many more as there.
    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}
