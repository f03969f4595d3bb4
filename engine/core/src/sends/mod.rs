//! The sends topic: kinds and headers of its records, the values of those that are not commands, and the reader's rule.
//! `engine/docs/sends-topic.md` says the same for readers in other languages.

mod measured;
mod reader;
mod records;

pub use crate::event::Poison;
pub use measured::{Converted, HeldOut, Measured};
pub use reader::{Acceptance, Reader};
pub use records::{
    Clamped, Counts, Dead, DeadReason, Leader, Mode, Sample, Skipped, Suppression,
    SuppressionReason, Turn,
};

use crate::closed::closed;

/// Header with the record's kind.
pub const KIND: &str = "cartwheel-kind";
/// Header with the offset of the leader record, decimal; absent on a leader record.
pub const LEADER: &str = "cartwheel-leader";
/// Header with the sequence number, decimal; absent on a leader record.
pub const SEQ: &str = "cartwheel-seq";

/// The behaviour that a turn record was decided under; raised with every change that alters a decision or the bytes of it that the
/// chain hash covers. 2: decisions are packed more tightly. 3: what a message may show stands in its command as the events wrote it.
/// 4: every country has its zone; an order without a time happened at its own record's; packed decisions have 8 bits for a reason.
/// 5: event time decides, not arrival; a message shows the documents of its run.
/// An odd field costs itself and not the event; numbers in strings; a time as a number is in seconds or milliseconds.
/// 6: all that a customer has ends somewhere; a record without a time has that of the one before; a message's own address is suppressed.
/// A channel that nobody knows refuses all and grants none.
/// 7: keys by event type; what an event ends in any journey comes before what it starts, the most important first; a late order finds its run; a cart
/// without items is none; conditions on event time read `at`; ids of events are known by 48 bits.
/// 8: what comes before a run waits for it ends the wait; runs of one millisecond are two; facts of the shop's own.
/// 9: levels change, and journeys begin, by time; holds and groups put messages off; a holdout is the gate's last word, and measured.
/// 10: conditions read the catalogue; ledgers; answers; a cap's limit that cannot be read is 0.
/// 11: journeys begin for many by what the catalogue says, and for all by a broadcast; journeys are paused and stopped, splits have winners; codes from pools;
/// runs go on under another version as it says; past events feed facts; a run that has ended behind a message waits for its goal however it ended.
/// 12: who is held out waits for a code as anybody does; messages may show what was looked at.
pub const SEMANTICS: u32 = 12;

closed! {
    /// What a record of the sends topic is.
    Kind {
        /// A new owner; takes no sequence number.
        Leader "leader",
        /// A turn and the number of records that belong to it.
        Turn "turn",
        /// A request to send.
        Command "command",
        /// An address that must no longer (or may again) be written to.
        Suppression "suppression",
        /// An event for another customer or for later.
        Event "event",
        /// A record of the events topic that could not be applied, or a copy of one that was applied in part.
        Dead "dead",
    }
}

impl Kind {
    /// The kind with this name.
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

/// The three headers of a record, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    /// What it is.
    pub kind: Kind,
    /// Offset of its leader record; for a leader record, unused.
    pub leader: i64,
    /// Its sequence number; for a leader record, unused.
    pub seq: u64,
}

impl Headers {
    /// Reads the headers from (name, value) pairs; none if one is missing or malformed. Such a record is not ours and is skipped.
    pub fn read<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<Self> {
        let (mut kind, mut leader, mut seq) = (None, None, None);
        for (name, value) in headers {
            match name {
                KIND => kind = Kind::parse(value),
                LEADER => leader = decimal(value),
                SEQ => seq = decimal(value),
                _ => {}
            }
        }
        let kind = kind?;
        if kind == Kind::Leader {
            return Some(Self { kind, leader: -1, seq: 0 });
        }
        Some(Self { kind, leader: leader? as i64, seq: seq? })
    }
}

/// Reads an unsigned decimal number (digits only) that fits into an i64.
fn decimal(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number <= i64::MAX as u64).then_some(number)
}
