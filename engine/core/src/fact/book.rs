//! What a ledger is made of: lines, each of which says what the events of some types enter.

use super::feed::Feed;
use super::path::Path;
use compact_str::CompactString;

/// Most lines of a ledger.
pub const MAX_ENTRIES: usize = 32;

/// The lines of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Book {
    /// In this order an event is entered.
    pub lines: Vec<BookLine>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct BookLine {
    /// What its events do.
    pub entry: EntryKind,
    /// The events, and what tells their entries apart.
    pub feed: Feed,
    /// How much, as it is written. Whoever compiles it evaluates it; an undoing has none.
    pub amount: Option<CompactString>,
    /// Of each number of the event that the amount reads: where the event may name the currency.
    pub currency: Vec<Vec<Path>>,
    /// Its keys are told apart from those of other lines by this. An undoing has that of the line whose entries it undoes.
    pub salt: u64,
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Adds a lot.
    Earn,
    /// Makes what a key has earned nothing.
    Undo,
    /// Takes from the lots.
    Spend,
    /// Says what the balance is.
    Reset,
}

impl Book {
    /// The line with this number.
    pub fn line(&self, number: u8) -> Option<&BookLine> {
        self.lines.get(usize::from(number))
    }
}
