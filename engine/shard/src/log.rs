//! The accepted log: what the reader's rule leaves of the sends partition, from the checkpoint's turn record to our leader record.
//!
//! It is read once as a whole before an owner leads: that confirms the checkpoint, counts what a partial last turn has, and names what the
//! replay needs. Of its turns only the next [`IN_MEMORY`] bytes are kept, however long the log is: a replay that has used them up asks for
//! the next ones ([`crate::Shard::log_wanted`]), which are read a second time.

use crate::checkpoint::Meta;
use crate::error::ShardError;
use cartwheel_core::sends::{Acceptance, Headers, Kind, Reader, SEMANTICS, Turn};
use std::collections::VecDeque;

/// Turn records of which so many bytes, as they stand in the log, are kept in memory for a replay; at least one.
const IN_MEMORY: usize = 16 << 20;

/// A turn of the accepted log.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedTurn {
    /// Sequence of its turn record.
    pub seq: u64,
    /// Offset of its turn record.
    pub offset: i64,
    /// Offset of its leader record.
    pub leader: i64,
    /// The turn record.
    pub turn: Turn,
    /// How many of its followers are accepted.
    pub have: u32,
}

impl AcceptedTurn {
    fn read(offset: i64, headers: Headers, value: &[u8]) -> Result<Self, ShardError> {
        let turn = serde_json::from_slice(value)
            .map_err(|error| ShardError::BadLog { offset, why: error.to_string() })?;
        Ok(Self { seq: headers.seq, offset, leader: headers.leader, turn, have: 0 })
    }

    /// A reader that accepts it next.
    fn reader(&self) -> Reader {
        Reader::after(self.leader, self.seq.saturating_sub(1))
    }

    /// Whether all of its followers are accepted.
    pub(crate) fn is_whole(&self) -> bool {
        self.have == self.turn.follow
    }
}

/// The accepted log from a position to our leader record.
pub struct AcceptedLog {
    reader: Reader,
    checkpoint: Option<Meta>,
    /// The checkpoint's own turn.
    base: Option<AcceptedTurn>,
    /// The next offset that the first turn behind it states.
    begins: Option<i64>,
    configurations: Vec<u128>,
    /// The first turn of a semantics number that is not ours: its sequence, and the number.
    foreign: Option<(u64, u32)>,
    replay: Replay,
}

impl AcceptedLog {
    /// From the checkpoint's turn record, or from the start of the partition.
    pub fn new(checkpoint: Option<Meta>) -> Self {
        Self::keeping(checkpoint, IN_MEMORY)
    }

    /// The same, with so many bytes of turns in memory.
    pub(crate) fn keeping(checkpoint: Option<Meta>, bound: usize) -> Self {
        let reader = match &checkpoint {
            Some(meta) => Reader::after(meta.leader, meta.seq.saturating_sub(1)),
            None => Reader::at_start(),
        };
        Self {
            reader,
            base: None,
            begins: None,
            configurations: checkpoint.iter().map(|meta| meta.config).collect(),
            foreign: None,
            replay: Replay {
                bound,
                until: checkpoint.as_ref().map(|meta| meta.next_offset),
                ..Replay::default()
            },
            checkpoint,
        }
    }

    /// The offset at which to begin to read the sends partition; none for its start.
    pub fn begin(&self) -> Option<i64> {
        self.checkpoint.as_ref().map(|meta| meta.sends_offset)
    }

    /// Takes the next record of the sends partition.
    pub fn push(&mut self, offset: i64, headers: Headers, value: &[u8]) -> Result<(), ShardError> {
        match self.reader.read(offset, headers) {
            Acceptance::Leader | Acceptance::Rejected => Ok(()),
            Acceptance::Accepted if headers.kind == Kind::Turn => {
                self.push_turn(AcceptedTurn::read(offset, headers, value)?, value.len())
            }
            Acceptance::Accepted => {
                match self.base.as_mut().filter(|_| self.begins.is_none()) {
                    Some(base) => base.have += 1,
                    None => self.replay.follower(),
                }
                Ok(())
            }
        }
    }

    fn push_turn(&mut self, turn: AcceptedTurn, bytes: usize) -> Result<(), ShardError> {
        if let Some(meta) = self.checkpoint.as_ref().filter(|_| self.base.is_none()) {
            confirm(meta, &turn.turn)?;
            self.base = Some(turn);
            return Ok(());
        }
        let next = turn.turn.next_offset;
        if let Some(before) = self.replay.until.filter(|before| next < *before) {
            let why = format!("its next offset is {next}, and that of the turn before it {before}");
            return Err(ShardError::BadLog { offset: turn.offset, why });
        }
        self.begins.get_or_insert(next);
        if let Ok(hash) = u128::from_str_radix(&turn.turn.config, 16)
            && !self.configurations.contains(&hash)
        {
            self.configurations.push(hash);
        }
        if turn.turn.semantics != SEMANTICS {
            self.foreign.get_or_insert((turn.seq, turn.turn.semantics));
        }
        self.replay.push(turn, bytes);
        Ok(())
    }

    /// The configuration hashes that a replay needs, in order of their first use; the checkpoint's first.
    pub fn configurations(&self) -> Vec<u128> {
        self.configurations.clone()
    }

    /// The newest leader record.
    pub(crate) fn leader(&self) -> Option<i64> {
        self.reader.leader
    }

    /// The last accepted sequence.
    pub(crate) fn last(&self) -> Option<u64> {
        self.reader.last
    }

    /// The first turn of a semantics number that is not ours: its sequence, and the number.
    pub(crate) fn foreign(&self) -> Option<(u64, u32)> {
        self.foreign
    }

    /// The next offset that the first turn to be replayed states.
    pub(crate) fn begins(&self) -> Option<i64> {
        self.begins
    }

    /// The sequence behind which the replay begins: that of the last record of the checkpoint's turn; 0 without a checkpoint. Refuses a checkpoint
    /// whose turn is not there as a whole.
    pub(crate) fn base(&self) -> Result<u64, ShardError> {
        let Some(meta) = &self.checkpoint else { return Ok(0) };
        let refused = |why| Err(ShardError::CheckpointNotInLog { seq: meta.seq, why });
        match &self.base {
            None => refused("no accepted record with that sequence follows".into()),
            Some(base) if !base.is_whole() => refused(format!(
                "of the {} records that follow in its turn {} are there",
                base.turn.follow, base.have
            )),
            Some(base) => Ok(meta.seq + u64::from(base.turn.follow)),
        }
    }

    /// The turns to be replayed.
    pub(crate) fn into_replay(self) -> Replay {
        self.replay
    }
}

/// Whether the turn record at the checkpoint's place is the checkpoint's.
fn confirm(meta: &Meta, turn: &Turn) -> Result<(), ShardError> {
    if turn.chain == format!("{:032x}", meta.chain) && turn.next_offset == meta.next_offset {
        return Ok(());
    }
    let why = format!(
        "chain {} and next offset {} where the checkpoint has {:032x} and {}",
        turn.chain, turn.next_offset, meta.chain, meta.next_offset
    );
    Err(ShardError::CheckpointNotInLog { seq: meta.seq, why })
}

/// The turns that are still to be replayed, the next of them in memory.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    turns: VecDeque<AcceptedTurn>,
    bytes: usize,
    bound: usize,
    /// Where those begin that had no room.
    rest: Option<Rest>,
    /// How many there are, those without room included.
    left: usize,
    /// The next offset of the last of them.
    until: Option<i64>,
}

/// Where to read on, and the reader's state there.
#[derive(Clone, Copy, Debug)]
struct Rest {
    offset: i64,
    reader: Reader,
    /// What stands there may belong to the last turn in memory.
    open: bool,
}

impl Replay {
    fn push(&mut self, turn: AcceptedTurn, bytes: usize) {
        self.left += 1;
        self.until = Some(turn.turn.next_offset);
        if self.rest.is_none() {
            self.rest = self.keep(turn, bytes);
        }
    }

    /// Keeps the turn, or says where to read on behind those that are kept.
    fn keep(&mut self, turn: AcceptedTurn, bytes: usize) -> Option<Rest> {
        if !self.turns.is_empty() && self.bytes + bytes > self.bound {
            return Some(Rest { offset: turn.offset, reader: turn.reader(), open: false });
        }
        self.bytes += bytes;
        self.turns.push_back(turn);
        None
    }

    /// The next record belongs to the last turn.
    fn follower(&mut self) {
        if let Some(last) = self.turns.back_mut().filter(|_| self.rest.is_none_or(|rest| rest.open))
        {
            last.have += 1;
        }
    }

    /// Turns that are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The next offset of the last turn; none if none is left.
    pub fn until(&self) -> Option<i64> {
        self.until.filter(|_| self.left > 0)
    }

    /// The next turn; none where none is left or the log is to be read on first.
    pub fn next(&self) -> Option<&AcceptedTurn> {
        self.turns.front().filter(|_| self.wanted().is_none())
    }

    /// Takes the next turn.
    pub fn take(&mut self) -> Option<AcceptedTurn> {
        self.next()?;
        let turn = self.turns.pop_front()?;
        self.left -= 1;
        if self.turns.is_empty() {
            self.bytes = 0;
        }
        Some(turn)
    }

    /// Where the log is to be read on; none where that is not needed now.
    pub fn wanted(&self) -> Option<i64> {
        self.rest.filter(|rest| rest.open || self.turns.is_empty()).map(|rest| rest.offset)
    }

    /// Takes the next record from there, as long as the log (which ends at our leader record, at `epoch`) has one and there is room for its
    /// turn; whether another one is wanted.
    pub fn read_on(
        &mut self,
        epoch: i64,
        offset: i64,
        headers: Headers,
        value: &[u8],
    ) -> Result<bool, ShardError> {
        let Some(mut rest) = self.rest.filter(|_| self.wanted().is_some()) else {
            return Ok(false);
        };
        if offset < rest.offset {
            return Ok(true);
        }
        if offset >= epoch {
            self.rest = None;
            return self.complete(offset).map(|()| false);
        }
        let accepted = rest.reader.read(offset, headers) == Acceptance::Accepted;
        self.rest = Some(Rest { offset: offset + 1, open: true, ..rest });
        if accepted && headers.kind == Kind::Turn {
            if let Some(full) = self.keep(AcceptedTurn::read(offset, headers, value)?, value.len())
            {
                self.rest = Some(full);
                return Ok(false);
            }
        } else if accepted {
            self.follower();
        }
        Ok(true)
    }

    /// The log has been read to its end, at this offset.
    fn complete(&self, offset: i64) -> Result<(), ShardError> {
        if self.turns.len() == self.left {
            return Ok(());
        }
        let why = format!(
            "{} turns are to be replayed, and reading the log again found {} up to here",
            self.left,
            self.turns.len()
        );
        Err(ShardError::BadLog { offset, why })
    }
}

#[cfg(test)]
mod tests;
