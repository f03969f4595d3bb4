//! The reader's rule (`protocol.md`): accept a record only if its leader is the newest leader seen and its sequence is
//! the last accepted plus one.

use super::{Headers, Kind};

/// A reader's position in one sends partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Offset of the newest leader record seen; none before the first.
    pub leader: Option<i64>,
    /// The last accepted sequence number; none for a reader that has no position yet and takes its base from the
    /// first turn record after a leader record.
    pub last: Option<u64>,
}

/// What the rule says of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// A leader record: now the newest leader.
    Leader,
    /// Part of the log of decisions.
    Accepted,
    /// Written by a deposed owner, a duplicate, or behind a gap: not part of the log.
    Rejected,
}

impl Reader {
    /// A reader at the very beginning of the partition: the first sequence number is 1.
    pub const fn at_start() -> Self {
        Self { leader: None, last: Some(0) }
    }

    /// A reader that begins somewhere: it accepts nothing before a leader record, then takes the base from a turn record.
    pub const fn without_position() -> Self {
        Self { leader: None, last: None }
    }

    /// A reader that goes on behind an accepted record.
    pub const fn after(leader: i64, seq: u64) -> Self {
        Self { leader: Some(leader), last: Some(seq) }
    }

    /// Judges the record at `offset` and moves on.
    pub fn read(&mut self, offset: i64, headers: Headers) -> Acceptance {
        if headers.kind == Kind::Leader {
            self.leader = Some(offset);
            return Acceptance::Leader;
        }
        if self.leader != Some(headers.leader) {
            return Acceptance::Rejected;
        }
        let expected = match self.last {
            Some(last) => last + 1,
            None if headers.kind == Kind::Turn => headers.seq,
            None => return Acceptance::Rejected,
        };
        if headers.seq != expected {
            return Acceptance::Rejected;
        }
        self.last = Some(headers.seq);
        Acceptance::Accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: Kind, leader: i64, seq: u64) -> Headers {
        Headers { kind, leader, seq }
    }

    #[test]
    fn a_paused_owner_is_not_heard() {
        let mut reader = Reader::at_start();
        let log = [
            (record(Kind::Leader, -1, 0), Acceptance::Leader),
            (record(Kind::Turn, 0, 1), Acceptance::Accepted),
            (record(Kind::Leader, -1, 0), Acceptance::Leader),
            (record(Kind::Command, 0, 2), Acceptance::Rejected), // the old owner wakes up
            (record(Kind::Command, 2, 2), Acceptance::Accepted), // the new owner completes the turn
            (record(Kind::Command, 2, 2), Acceptance::Rejected), // a retry
            (record(Kind::Command, 2, 4), Acceptance::Rejected), // a gap
            (record(Kind::Turn, 2, 3), Acceptance::Accepted),
        ];
        for (offset, (headers, verdict)) in log.into_iter().enumerate() {
            assert_eq!(reader.read(offset as i64, headers), verdict, "offset {offset}");
        }
    }

    #[test]
    fn a_reader_without_a_position_starts_at_a_turn_behind_a_leader() {
        let mut reader = Reader::without_position();
        assert_eq!(reader.read(7, record(Kind::Command, 3, 20)), Acceptance::Rejected);
        assert_eq!(reader.read(8, record(Kind::Leader, -1, 0)), Acceptance::Leader);
        assert_eq!(reader.read(9, record(Kind::Command, 8, 21)), Acceptance::Rejected);
        assert_eq!(reader.read(10, record(Kind::Turn, 8, 22)), Acceptance::Accepted);
        assert_eq!(reader.read(11, record(Kind::Command, 8, 23)), Acceptance::Accepted);
    }
}
