//! A recorded turn: the turn record and the records that follow it, with sequence numbers and the chain hash.

use crate::ahead::MAX_CLAMPED;
use crate::checkpoint::{Store, StoreError, Stored};
use crate::commands;
use crate::documents::Reading;
use crate::error::ShardError;
use crate::json::json;
use crate::shard::Shard;
use crate::turn::Outgoing;
use cartwheel_core::address::AddressHash;
use cartwheel_core::effect::{Addressee, Draft, Effect};
use cartwheel_core::sends::{Kind, SEMANTICS, Suppression, Turn};

/// Commands and suppressions that are made together: what a turn has made is known to so many.
const TOGETHER: usize = 64;
/// Bytes of a command, a little more than most have: room made at once is cheaper than room that grows.
const ROOM: usize = 1_024;

/// Records that have been sent whose memory is kept.
const SPARE: usize = 4_096;

/// What a turn record tells reports one by one, roughly: a turn ends at the event or timer that reaches it, so that its record stays small.
const MAX_MEASURED: usize = 1_024;

/// What the present turn has made so far.
#[derive(Default)]
pub(crate) struct Made {
    /// Their sequence numbers are given at the end of the turn.
    followers: Vec<Outgoing>,
    /// Effects of which these were made. One that has nothing to say to anybody makes none.
    effects: usize,
    /// Bytes of the followers, and of the dead letters that come behind them.
    pub bytes: usize,
}

impl<S: Store> Shard<S> {
    /// Ends the turn with a record and appends it and its followers to `out`.
    pub(crate) fn write_turn(&mut self, out: &mut Vec<Outgoing>) -> Result<(), ShardError> {
        let (turn, followers) = self.close_turn()?;
        self.position.seq += 1;
        let (seq, value) = (self.position.seq, json(&turn));
        out.push(Outgoing { seq, value, ..Outgoing::new(Kind::Turn) });
        self.append(followers, 0, out);
        Ok(())
    }

    /// Executes the end of a replayed turn: the record that it would have had, and its followers, of which the first
    /// `have` are in the log. Publishes the others.
    pub(crate) fn write_again(
        &mut self,
        have: u32,
        out: &mut Vec<Outgoing>,
    ) -> Result<Turn, ShardError> {
        let (turn, followers) = self.close_turn()?;
        self.position.seq += 1;
        self.append(followers, have as usize, out);
        Ok(turn)
    }

    fn append(&mut self, followers: Vec<Outgoing>, have: usize, out: &mut Vec<Outgoing>) {
        for (place, mut follower) in followers.into_iter().enumerate() {
            self.position.seq += 1;
            if place >= have {
                follower.seq = self.position.seq;
                out.push(follower);
            }
        }
    }

    /// The memory of records that have been sent is used again, of as many as are worth it.
    pub(crate) fn reuse(&mut self, sent: &mut Vec<Outgoing>) {
        let room = SPARE.saturating_sub(self.spare_records.len());
        let plain = sent.drain(..).filter(|record| record.kind == Kind::Command);
        let small = plain.filter(|record| record.value.capacity() <= 4 * ROOM);
        self.spare_records.extend(small.take(room));
    }

    fn close_turn(&mut self) -> Result<(Turn, Vec<Outgoing>), ShardError> {
        let followers = self.followers()?;
        for follower in &followers {
            self.effects.chain_bytes(&follower.value);
        }
        self.position.chain = self.effects.close_chain(self.position.chain);
        self.counters.turns += 1;
        self.counters.forgotten = self.effects.forgotten; // what is forgotten gives way to something that was decided
        self.position.semantics = SEMANTICS;
        let turn = Turn {
            next_offset: self.position.next_offset,
            now: self.position.now,
            mode: self.position.mode,
            config: format!("{:032x}", self.core.plan.hash),
            semantics: SEMANTICS,
            fired: std::mem::take(&mut self.position.fired),
            walked: std::mem::take(&mut self.position.walked),
            follow: followers.len() as u32,
            skipped: std::mem::take(&mut self.skipped),
            clamped: std::mem::take(&mut self.clamped),
            partitioner: self.stating.take(),
            measured: self.effects.measures.take(&self.core.plan),
            chain: format!("{:032x}", self.position.chain),
        };
        Ok((turn, followers))
    }

    /// Effects and dead letters of the turn, and what its record tells reports one by one.
    pub(crate) fn makes(&self) -> usize {
        let told = self.effects.measures.len();
        self.made.effects + self.effects.list.len() + self.dead.len() + told
    }

    /// Whether the turn makes as many records, or as many bytes of them, or states as many times of records, as one may.
    pub(crate) fn full(&mut self) -> bool {
        // Where their documents cannot be read the turn ends, and its end says why.
        if self.effects.list.len() >= TOGETHER && self.make().is_err() {
            return true;
        }
        self.makes() >= self.settings.max_effects
            || self.made.bytes >= self.settings.max_turn_bytes
            || self.clamped.len() >= MAX_CLAMPED
            || self.effects.measures.len() >= MAX_MEASURED
    }

    /// Encodes the effects that there are by now, in the order in which they were decided. When that is done changes nothing in them: their
    /// documents are those of the decision.
    fn make(&mut self) -> Result<(), StoreError> {
        let mut list = std::mem::take(&mut self.effects.list);
        let mut reading = std::mem::take(&mut self.reading);
        self.look_ahead(list.iter().map(Effect::documents), &mut reading);
        let mut made = 0;
        let all = list.iter().try_for_each(|effect| {
            self.make_one(effect, &mut reading)?;
            made += 1;
            Ok(())
        });
        list.drain(..made);
        self.made.effects += made;
        (self.effects.list, self.reading) = (list, reading);
        all
    }

    fn make_one(&mut self, effect: &Effect, reading: &mut Reading) -> Result<(), StoreError> {
        let follower = match effect {
            Effect::Command(draft) => {
                let shows = |document, content: &[u8]| commands::shows(draft, document, content);
                self.read(draft.documents, shows, reading)?;
                self.counters.commands += 1;
                self.command(draft, &reading.stored)
            }
            Effect::Suppression { documents, .. } => {
                self.read(*documents, |_, _| true, reading)?;
                self.counters.suppressions += 1;
                suppression(effect, &reading.stored)
            }
        };
        if let Some(follower) = follower {
            self.made.bytes += follower.value.len();
            self.made.followers.push(follower);
        }
        Ok(())
    }

    fn command(&mut self, draft: &Draft, stored: &Stored) -> Option<Outgoing> {
        let mut record = self.spare_records.pop().unwrap_or_else(|| Outgoing {
            value: Vec::with_capacity(ROOM),
            ..Outgoing::new(Kind::Command)
        });
        record.key.clear();
        record.value.clear();
        let name = stored.name();
        record.key.extend_from_slice(name.as_bytes());
        let (plan, value) = (&self.core.plan, &mut record.value);
        commands::encode(plan, &self.frames, draft, stored, &name, value).then_some(record)
    }

    /// The turn's effects, encoded, then the dead letters.
    fn followers(&mut self) -> Result<Vec<Outgoing>, ShardError> {
        self.make()?;
        let Made { mut followers, .. } = std::mem::take(&mut self.made);
        let dead = std::mem::take(&mut self.dead);
        let letter = |dead| Outgoing { value: json(dead), ..Outgoing::new(Kind::Dead) };
        followers.extend(dead.iter().map(letter));
        Ok(followers)
    }
}

/// A suppression of the customer's own address, where there is none, has nothing to say to anybody.
fn suppression(effect: &Effect, stored: &Stored) -> Option<Outgoing> {
    let Effect::Suppression { channel, addressee, reason, active, at, .. } = *effect else {
        return None;
    };
    let own = || {
        let profile = stored.profile();
        commands::address(&profile, channel).map(|address| AddressHash::of(channel, &address))
    };
    let address = match addressee {
        Addressee::Customer => own()?,
        Addressee::Message { address, unless_own } => {
            Some(address).filter(|address| !unless_own || own() != Some(*address))?
        }
    };
    let address = address.to_string();
    let value = json(&Suppression { channel, address, reason, active, at });
    let key = stored.name().into_owned().into_bytes();
    Some(Outgoing { key, value, ..Outgoing::new(Kind::Suppression) })
}
