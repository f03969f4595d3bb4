//! How much of a customer there may be in memory, whatever the events say. `docs/semantics.md` ("How much of a customer there is") has what gives way and
//! to what that leads. Documents have their bounds in `kept`, values in [`crate::event::MAX_VALUE`].

use crate::closed::closed;

/// Event ids that are remembered.
pub const REMEMBERED_IDS: usize = 8;
/// Windows and runs that have not finished, of all journeys; each has a bound of its own, `max_runs`.
pub const MAX_RUNS: usize = 64;
/// Finished runs that wait for their goal.
pub const MAX_LINGERING: usize = 64;
/// Entries into one journey.
pub const MAX_ENTRIES: usize = 64;
/// Marketing messages of one journey on one channel; not below the largest limit of a cap, so that no cap misses one.
pub const MAX_TOUCHES: usize = 64;
/// Latest times of each use.
pub const MAX_LATEST: usize = 8;
/// Fields of the profile beside those that the product reads or a condition names.
pub const MAX_FIELDS: usize = 64;

closed! {
    /// What a customer has no room for any more and gives up: counted. (A run too many is a decision, `limit`; a field too many of the profile an odd
    /// field.)
    Forgotten {
        /// The oldest entry into a journey that may be entered once for a key: that key may enter again.
        Entry "entry",
        /// The oldest message of a journey on a channel, which no cap needs any more.
        Touch "touch",
        /// The finished run whose time for its goal would have ended first: it converts no more.
        Lingering "lingering",
        /// A change of a level where sixteen events have happened already: no journey hears of it.
        Change "change",
    }
}

#[cfg(test)]
mod tests;
