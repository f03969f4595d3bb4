//! A recorded turn: the turn record and the records that follow it, with sequence numbers and the chain hash.

use crate::ahead::MAX_CLAMPED;
use crate::checkpoint::{Documents, Store};
use crate::commands;
use crate::error::ShardError;
use crate::json::json;
use crate::shard::Shard;
use crate::turn::Outgoing;
use cartwheel_core::address::AddressHash;
use cartwheel_core::effect::{Addressee, Effect};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Kind, SEMANTICS, Suppression, Turn};

/// Commands and suppressions whose documents are read together: what a turn has made is known to so many.
const TOGETHER: usize = 64;

/// What a turn record tells reports one by one, roughly: a turn ends at the event or timer that reaches it, so that its record stays small.
const MAX_MEASURED: usize = 1_024;

/// A record that follows a turn record.
pub(crate) struct Follower {
    kind: Kind,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// What the present turn has made so far.
#[derive(Default)]
pub(crate) struct Made {
    followers: Vec<Follower>,
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
        out.push(Outgoing {
            kind: Kind::Turn,
            seq: self.position.seq,
            key: Vec::new(),
            value: json(&turn),
        });
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

    fn append(&mut self, followers: Vec<Follower>, have: usize, out: &mut Vec<Outgoing>) {
        for (place, follower) in followers.into_iter().enumerate() {
            self.position.seq += 1;
            if place >= have {
                out.push(Outgoing {
                    kind: follower.kind,
                    seq: self.position.seq,
                    key: follower.key,
                    value: follower.value,
                });
            }
        }
    }

    fn close_turn(&mut self) -> Result<(Turn, Vec<Follower>), ShardError> {
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
    fn make(&mut self) -> Result<(), ShardError> {
        let of = |effect: &Effect| match effect {
            Effect::Command(draft) => (draft.customer, draft.mark),
            Effect::Suppression { customer, mark, .. } => (*customer, *mark),
        };
        let known = self.known(self.effects.list.iter().map(|effect| of(effect).0))?;
        let encode = |effect: &Effect| {
            let (customer, mark) = of(effect);
            encode(&self.core.plan, effect, &known.as_of(customer, mark))
        };
        let followers: Vec<Follower> = self.effects.list.iter().filter_map(encode).collect();
        self.made.bytes += followers.iter().map(|follower| follower.value.len()).sum::<usize>();
        self.made.followers.extend(followers);
        for effect in &self.effects.list {
            match effect {
                Effect::Command(_) => self.counters.commands += 1,
                Effect::Suppression { .. } => self.counters.suppressions += 1,
            }
        }
        self.made.effects += self.effects.list.len();
        self.effects.list.clear();
        Ok(())
    }

    /// The turn's effects, encoded, then the dead letters.
    fn followers(&mut self) -> Result<Vec<Follower>, ShardError> {
        self.make()?;
        let Made { mut followers, .. } = std::mem::take(&mut self.made);
        let dead = std::mem::take(&mut self.dead);
        followers.extend(dead.iter().map(|dead| Follower {
            kind: Kind::Dead,
            key: Vec::new(),
            value: json(dead),
        }));
        Ok(followers)
    }
}

/// A suppression of the customer's own address, where there is none, has nothing to say to anybody.
fn encode(plan: &Plan, effect: &Effect, documents: &Documents<'_>) -> Option<Follower> {
    let name = documents.name();
    match effect {
        Effect::Command(draft) => {
            let value = commands::encode(plan, draft, documents, &name)?;
            Some(Follower { kind: Kind::Command, key: name.into_bytes(), value })
        }
        Effect::Suppression { channel, addressee, reason, active, at, .. } => {
            let own = || {
                let address = commands::address(&documents.profile(), *channel);
                address.map(|address| AddressHash::of(*channel, &address))
            };
            let address = match *addressee {
                Addressee::Customer => own()?,
                Addressee::Message { address, unless_own } => {
                    Some(address).filter(|address| !unless_own || own() != Some(*address))?
                }
            };
            let suppression = Suppression {
                channel: *channel,
                address: address.to_string(),
                reason: *reason,
                active: *active,
                at: *at,
            };
            Some(Follower {
                kind: Kind::Suppression,
                key: name.into_bytes(),
                value: json(&suppression),
            })
        }
    }
}
