//! How much the events' amounts come to.

/// So much.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum(pub f64);

impl Sum {
    /// An amount more; an event without one adds nothing.
    pub fn add(&mut self, amount: Option<f64>) {
        self.0 += amount.unwrap_or(0.0);
    }
}
