//! Two logs and a disk in memory, and an owner that can be stopped after any durable step.

use crate::checkpoint::Store;
use crate::checkpoint::memory::MemoryStore;
use crate::{AcceptedLog, Clock, Identity, Lone, Opened, Outgoing, Settings, Shard, ShardError};
use cartwheel_core::command::Command;
use cartwheel_core::event::Record;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::{Acceptance, Headers, Kind, Reader, Turn};
use cartwheel_core::time::Millis;
use std::sync::Arc;

/// 2026-03-02T10:00:00Z, a Monday.
pub const START: Millis = 1_772_445_600_000;
pub const MINUTE: Millis = 60_000;
pub const HOUR: Millis = 60 * MINUTE;

pub const CART: &str = include_str!("../../../../loadtest/config/journeys/cart_abandonment.yaml");

/// The shipped cart journey without its holdout, under the default policy.
pub fn plan() -> Arc<Plan> {
    plan_of(&CART.replace("holdout: 5%", "holdout: 0%"))
}

pub fn plan_of(text: &str) -> Arc<Plan> {
    let source = SourceFile { path: "test.yaml".into(), text: text.into() };
    Arc::new(load(&Policy::default(), &[source]).expect("the journey is valid"))
}

/// A shard that needs no logs, no disk and no owner.
pub fn lone(settings: Settings) -> Lone<MemoryStore> {
    Lone::open(&plan(), settings, MemoryStore::default()).expect("a shard opens")
}

/// The events and sends partitions.
#[derive(Clone, Default)]
pub struct World {
    pub events: Vec<(Millis, Vec<u8>)>,
    pub sends: Vec<(Headers, Vec<u8>)>,
    pub plans: Vec<Arc<Plan>>,
    /// How many partitions there are, and how keys are placed; none: one.
    pub placed: Option<(i32, Partitioner)>,
    /// Which of them this is.
    pub partition: i32,
    /// Durable steps until the owner is stopped; none: never.
    pub steps_left: Option<u64>,
    /// Bytes of turns that a replay has in memory; 0: one turn.
    pub in_memory: usize,
}

/// The owner was stopped.
#[derive(Debug)]
pub struct Stopped;

impl World {
    pub fn event(&mut self, time: Millis, json: &str) {
        self.events.push((time, json.as_bytes().to_vec()));
    }

    fn step(&mut self) -> Result<(), Stopped> {
        match &mut self.steps_left {
            Some(0) => Err(Stopped),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn append(&mut self, headers: Headers, value: Vec<u8>) -> Result<i64, Stopped> {
        self.step()?;
        self.sends.push((headers, value));
        Ok(self.sends.len() as i64 - 1)
    }

    /// Takes over: leader record, read back, checkpoint, replay.
    pub fn open<S: Store>(
        &mut self,
        settings: Settings,
        disk: S,
    ) -> Result<Result<Owner<S>, ShardError>, Stopped> {
        let epoch =
            self.append(Headers { kind: Kind::Leader, leader: -1, seq: 0 }, b"{}".to_vec())?;
        let (partitions, partitioner) = self.placed.unwrap_or((1, Partitioner::Murmur2));
        let identity = Identity {
            events_topic: "shop.events.v1".into(),
            partition: self.partition,
            partitions,
            partitioner,
        };
        let lead = || {
            let opened = Opened::open(identity, settings, disk)?;
            let mut log = AcceptedLog::keeping(opened.checkpoint().cloned(), self.in_memory);
            let begin = log.begin().unwrap_or(0);
            for offset in begin..=epoch {
                let (headers, value) = &self.sends[offset as usize];
                log.push(offset, *headers, value)?;
            }
            let newest = self.plans.last().expect("a plan");
            opened.lead(epoch, log, 0, newest, &|hash| {
                self.plans.iter().find(|plan| plan.hash == hash).cloned()
            })
        };
        let mut owner = match lead() {
            Ok(shard) => Owner { shard, read: epoch + 1, level: None },
            Err(error) => return Ok(Err(error)),
        };
        let mut out = Vec::new();
        owner.shard.begin_history(&mut out).expect("history begins");
        Ok(owner.publish(self, &mut out)?.map(|()| owner))
    }

    /// The accepted log: turns and commands.
    pub fn accepted(&self) -> (Vec<Turn>, Vec<Command>) {
        let mut reader = Reader::at_start();
        let (mut turns, mut commands) = (Vec::new(), Vec::new());
        for (offset, (headers, value)) in self.sends.iter().enumerate() {
            if reader.read(offset as i64, *headers) != Acceptance::Accepted {
                continue;
            }
            match headers.kind {
                Kind::Turn => turns.push(serde_json::from_slice(value).expect("a turn")),
                Kind::Command => commands.push(serde_json::from_slice(value).expect("a command")),
                _ => {}
            }
        }
        (turns, commands)
    }
}

/// An owner of the shard.
pub struct Owner<S = MemoryStore> {
    pub shard: Shard<S>,
    read: i64,
    /// When it stood at the end of the events.
    level: Option<Millis>,
}

impl<S: Store> Owner<S> {
    /// Publishes what a turn handed out, record by record, and reads it back.
    pub fn publish(
        &mut self,
        world: &mut World,
        out: &mut Vec<Outgoing>,
    ) -> Result<Result<(), ShardError>, Stopped> {
        for record in out.iter() {
            let headers =
                Headers { kind: record.kind, leader: self.shard.epoch(), seq: record.seq };
            world.append(headers, record.value.clone())?;
        }
        self.shard.reuse(out);
        while (self.read as usize) < world.sends.len() {
            let pending = self.shard.is_writing();
            if pending {
                world.step()?; // may stop before the commit
            }
            let headers = world.sends[self.read as usize].0;
            if let Err(error) = self.shard.read_back(self.read, headers) {
                return Ok(Err(error));
            }
            if let Err(error) = self.shard.commit_here() {
                return Ok(Err(error.into()));
            }
            self.read += 1;
        }
        Ok(Ok(()))
    }

    /// Processes everything in the events log in batches of `batch`; `wall` is what the clock says.
    pub fn drain(
        &mut self,
        world: &mut World,
        batch: usize,
        wall: Millis,
        caught_up: bool,
    ) -> Result<Result<(), ShardError>, Stopped> {
        self.turns(world, batch, (wall, caught_up), usize::MAX)
    }

    /// The same for so many turns.
    pub fn drain_some(
        &mut self,
        world: &mut World,
        batch: usize,
        wall: Millis,
        turns: usize,
    ) -> Result<Result<(), ShardError>, Stopped> {
        self.turns(world, batch, (wall, true), turns)
    }

    fn turns(
        &mut self,
        world: &mut World,
        batch: usize,
        (wall, caught_up): (Millis, bool),
        turns: usize,
    ) -> Result<Result<(), ShardError>, Stopped> {
        let mut out = Vec::new();
        for _ in 0..turns {
            if let Err(error) = self.read_log(world) {
                return Ok(Err(error));
            }
            let from = self.shard.wanted_offset().max(0) as usize;
            let until = (from + batch).min(world.events.len());
            let values: Vec<(Millis, Vec<u8>)> = world.events[from..until].to_vec();
            let records: Vec<Record<'_>> = values
                .iter()
                .enumerate()
                .map(|(place, (time, value))| Record {
                    offset: (from + place) as i64,
                    time: *time,
                    key: None,
                    value,
                })
                .collect();
            let at_end = until == world.events.len();
            let caught_up = (caught_up && at_end).then_some(wall);
            let clock = Clock { wall, caught_up, level: self.level };
            let turned = match self.shard.turn(&records, clock, &mut out) {
                Ok(turned) => turned,
                Err(error) => return Ok(Err(error)),
            };
            if let Err(error) = self.publish(world, &mut out)? {
                return Ok(Err(error));
            }
            if self.shard.replaying() == 0 && self.shard.wants_spill() {
                self.shard.begin_spill();
                if let Err(error) = self.shard.commit_here() {
                    return Ok(Err(error.into()));
                }
            }
            if at_end && turned.consumed == records.len() && !turned.more {
                self.level = self.level.max(caught_up);
                return Ok(Ok(()));
            }
        }
        Ok(Ok(()))
    }

    /// What a replay wants of the log.
    fn read_log(&mut self, world: &World) -> Result<(), ShardError> {
        let Some(begin) = self.shard.log_wanted() else { return Ok(()) };
        for (offset, (headers, value)) in (begin..).zip(&world.sends[begin as usize..]) {
            if !self.shard.log_record(offset, *headers, value)? {
                break;
            }
        }
        Ok(())
    }

    /// Replays so many turns of the log, or all there are, and hands out what a partial last one lacks.
    pub fn replay(&mut self, world: &World, turns: usize) -> Result<Vec<Outgoing>, ShardError> {
        let mut out = Vec::new();
        let until = self.shard.replaying().saturating_sub(turns);
        while self.shard.replaying() > until {
            self.read_log(world)?;
            let from = self.shard.wanted_offset().max(0);
            let records: Vec<Record<'_>> = (from..)
                .zip(&world.events[from as usize..])
                .map(|(offset, (time, value))| Record { offset, time: *time, key: None, value })
                .collect();
            self.shard.turn(&records, Clock { wall: 0, caught_up: None, level: None }, &mut out)?;
        }
        Ok(out)
    }

    pub fn checkpoint(&mut self, world: &mut World) -> Result<Result<(), ShardError>, Stopped> {
        let mut out = Vec::new();
        self.shard.begin_checkpoint(&mut out).expect("a checkpoint begins");
        self.publish(world, &mut out)
    }
}
