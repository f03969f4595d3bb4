//! What is counted of messages, and of runs.

use serde::Serialize;

/// Of the messages of one step, or of several. A message counts once for each thing that became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Decided.
    pub sent: u64,
    /// Kept back by a holdout.
    pub held_out: u64,
    /// Taken over by a provider.
    pub taken: u64,
    /// Reached the recipient, as far as the provider says.
    pub delivered: u64,
    /// Opened, as far as the provider says.
    pub opened: u64,
    /// A link in it was followed.
    pub clicked: u64,
    /// The address refused it for good.
    pub bounced: u64,
    /// The recipient complained.
    pub complained: u64,
    /// Given up.
    pub failed: u64,
    /// The recipient unsubscribed by it.
    pub unsubscribed: u64,
    /// Runs that reached their goal and are credited to it, without those that were held out.
    pub converted: u64,
    /// What their orders were worth, in the shop's currency.
    pub revenue: f64,
}

impl Counts {
    /// Both together.
    pub fn and(self, other: &Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            held_out: self.held_out + other.held_out,
            taken: self.taken + other.taken,
            delivered: self.delivered + other.delivered,
            opened: self.opened + other.opened,
            clicked: self.clicked + other.clicked,
            bounced: self.bounced + other.bounced,
            complained: self.complained + other.complained,
            failed: self.failed + other.failed,
            unsubscribed: self.unsubscribed + other.unsubscribed,
            converted: self.converted + other.converted,
            revenue: self.revenue + other.revenue,
        }
    }
}

/// Of the runs on one side of a comparison: all whose first message was sent, or kept back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Runs {
    /// How many.
    pub runs: u64,
    /// Reached their goal in the time that it has, counted from their first message.
    pub converted: u64,
    /// What their orders were worth, in the shop's currency.
    pub revenue: f64,
}
