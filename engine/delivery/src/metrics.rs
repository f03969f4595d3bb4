//! Plain counters. Every label comes from a closed list; the runtime shows them.

use crate::breaker::State;
use cartwheel_core::channel::Channel;
use std::collections::BTreeMap;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Calls begun; no reason.
    Calls,
    /// Calls that were not begun in time and given back; no reason.
    NotBegun,
    /// Outcomes of calls that lead to another one: retry reasons, and `unauthorized`.
    Retries,
    /// Ambiguous outcomes, and calls that a crash left without one (`crash`).
    Ambiguous,
    /// Commands settled, by how they ended.
    Ended,
    /// Commands seen again that the ledger knows as settled; no call was made.
    Repeated,
    /// Steps in which calls waited because a view of the suppressions was not fresh.
    NotFresh,
    /// Records forwarded, by kind.
    Forwarded,
    /// Suppression values written again because they were overwritten.
    Rewritten,
    /// Dead letters, by reason.
    DeadLetters,
    /// Records that the reader's rule rejected (`rejected`) or that are not ours (`foreign`).
    Skipped,
    /// Records of the suppressions topic that cannot be read.
    UnreadableSuppressions,
    /// Times that a partition went back for commands that did not fit into memory.
    Refills,
    /// Steps in which calls waited because the ledgers have no room for another command.
    LedgerFull,
    /// Suppressions that the view has no room for.
    NoRoom,
}

impl Counter {
    /// The name, without prefix and unit.
    pub const fn name(self) -> &'static str {
        match self {
            Counter::Calls => "calls",
            Counter::NotBegun => "not_begun",
            Counter::Retries => "retries",
            Counter::Ambiguous => "ambiguous",
            Counter::Ended => "ended",
            Counter::Repeated => "repeated",
            Counter::NotFresh => "not_fresh",
            Counter::Forwarded => "forwarded",
            Counter::Rewritten => "rewritten",
            Counter::DeadLetters => "dead_letters",
            Counter::Skipped => "skipped",
            Counter::UnreadableSuppressions => "unreadable_suppressions",
            Counter::Refills => "refills",
            Counter::LedgerFull => "ledger_full",
            Counter::NoRoom => "no_room",
        }
    }
}

/// The counts since the worker began.
#[derive(Clone, Debug, Default)]
pub struct Counters(BTreeMap<(Counter, Option<Channel>, &'static str), u64>);

impl Counters {
    /// Counts one; `reason` is empty where there is none.
    pub fn add(&mut self, counter: Counter, channel: Option<Channel>, reason: &'static str) {
        *self.0.entry((counter, channel, reason)).or_default() += 1;
    }

    /// Every count: (what, channel, reason, number).
    pub fn iter(&self) -> impl Iterator<Item = (Counter, Option<Channel>, &'static str, u64)> {
        self.0
            .iter()
            .map(|((counter, channel, reason), count)| (*counter, *channel, *reason, *count))
    }

    /// The sum over channels of one counter, for one reason or, with an empty reason, for all.
    pub fn total(&self, counter: Counter, reason: &str) -> u64 {
        let wanted = |found: &(Counter, Option<Channel>, &str, u64)| {
            found.0 == counter && (reason.is_empty() || found.2 == reason)
        };
        self.iter().filter(wanted).map(|found| found.3).sum()
    }
}

/// Where the worker stands now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Commands in memory.
    pub queued: usize,
    /// Calls out.
    pub calling: usize,
    /// Writes without acknowledgement.
    pub writing: usize,
    /// Commands remembered by the ledgers.
    pub remembered: usize,
    /// Addresses in the suppression view.
    pub suppressions: usize,
    /// Words in it.
    pub suppression_words: usize,
    /// Whether a word had no room: nothing is sent until a worker with more of it starts.
    pub suppressions_full: bool,
    /// Providers whose breaker is not closed.
    pub breakers_open: usize,
}

/// Where the provider of one channel stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelGauges {
    /// The channel.
    pub channel: Channel,
    /// Commands in memory.
    pub queued: usize,
    /// Its breaker.
    pub breaker: State,
}
