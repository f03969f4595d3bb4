//! A small world around one worker: two logs, a provider that keeps the truth, two clocks, and everything that may go wrong.
//! Each step checks the promises of `protocol.md`, "Delivery", against what really happened.

use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::receipt::{AmbiguousReason, Outcome, RejectReason, RetryReason};
use cartwheel_core::sends::{Headers, Kind, Suppression, SuppressionReason};
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_delivery::Now;
use cartwheel_delivery::attempt::RetryPolicy;
use cartwheel_delivery::breaker::BreakerPolicy;
use cartwheel_delivery::bucket::Rate;
use cartwheel_delivery::config::{Config, Provider, Room};
use cartwheel_delivery::ledger::{Ledger, Memory};
use cartwheel_delivery::position;
use cartwheel_delivery::suppression::{Accepted, View};
use cartwheel_delivery::worker::{Action, Call, Record, Target, Worker, Write};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub const LIFE: Millis = 50;
/// Short, so that repeats come after it too.
const KEY_LIFE: Millis = 120;
const WALL: Millis = 1_767_225_600_000;

type Shared = Rc<RefCell<Memory>>;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Command {
        customer: u8,
        sms: bool,
        transactional: bool,
        ttl: u16,
    },
    Suppress {
        customer: u8,
        active: bool,
    },
    /// Another shard's worker suppresses an address in the compacted topic.
    SuppressElsewhere {
        customer: u8,
    },
    /// A transaction of somebody else's ends in the compacted topic.
    Mark,
    NewLeader,
    /// A deposed owner appends a command with the sequence that is due.
    Zombie {
        customer: u8,
    },
    Hold(bool),
    Advance(u8),
    Read(u8),
    ReadSuppressions(u8),
    Ask,
    Answer,
    Poll,
    Begin(u8),
    Finish {
        call: u8,
        how: u8,
    },
    Acknowledge(u8),
    Rebalance,
    /// Power is lost: so many bytes of what was not synced survive.
    Crash(u8),
}

struct Sent {
    kind: Kind,
    leader: i64,
    seq: u64,
    value: Vec<u8>,
    command: Option<Command>,
}

struct Flying {
    call: Call,
    begun: Option<Millis>,
}

/// What is known of a command outside of the worker.
#[derive(Default)]
struct Truth {
    taken: u32,
    /// Wall time when the provider first took it: a key collapses repeats for [`KEY_LIFE`].
    taken_at: Option<Millis>,
    /// An outcome of it was lost or ambiguous.
    unclear: bool,
    ended: BTreeSet<String>,
}

pub struct World {
    config: Config,
    worker: Worker<Shared>,
    storage: Shared,
    mono: Millis,
    log: Vec<Sent>,
    leader: i64,
    deposed: Option<i64>,
    seq: u64,
    /// What has no record is the mark of another's transaction.
    topic: Vec<Option<(Vec<u8>, Vec<u8>)>>,
    /// Address -> append times of suppressions that hold; a lift removes them.
    suppressed: BTreeMap<String, Millis>,
    elsewhere: BTreeMap<String, Millis>,
    position: i64,
    topic_position: i64,
    paused: bool,
    committed: (i64, Option<String>),
    answers: Vec<(i64, i64, Millis)>,
    flying: Vec<Flying>,
    writes: Vec<Write>,
    truth: BTreeMap<CommandId, Truth>,
    forwarded: BTreeSet<(String, u64)>,
    others: u64,
}

fn config() -> Config {
    let provider = |name: &str, key_life| Provider {
        name: name.into(),
        account: name.into(),
        key_life,
        rate: Rate::per_second(500, 5),
        max_in_flight: 3,
    };
    Config {
        providers: vec![
            (Channel::Sms, provider("plain", None)),
            (Channel::Email, provider("keyed", Some(KEY_LIFE))),
        ],
        check_life: LIFE,
        queue: Room { count: 4, bytes: 1 << 20 },
        writes: Room { count: 6, bytes: 1 << 20 },
        max_in_flight: 4,
        commit_every: 0,
        retry: RetryPolicy { base: 10, cap: 100, max_attempts: 4 },
        breaker: BreakerPolicy { failures: 3, open_for: 40, open_at_most: 100 },
        ..Config::default()
    }
}

fn address(customer: u8) -> String {
    format!("customer{customer}@example.com")
}

impl World {
    pub fn new() -> Self {
        Self::limited(|_| {})
    }

    /// With other limits than usual.
    pub fn limited(limit: impl FnOnce(&mut Config)) -> Self {
        let storage = Shared::default();
        let mut config = config();
        limit(&mut config);
        let worker = Worker::new(config.clone(), [(0, 0)], Now { mono: 0, wall: WALL });
        let mut world = World {
            config,
            worker,
            storage,
            mono: 0,
            log: Vec::new(),
            leader: 0,
            deposed: None,
            seq: 0,
            topic: Vec::new(),
            suppressed: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            position: 0,
            topic_position: 0,
            paused: false,
            committed: (0, None),
            answers: Vec::new(),
            flying: Vec::new(),
            writes: Vec::new(),
            truth: BTreeMap::new(),
            forwarded: BTreeSet::new(),
            others: 0,
        };
        world.append(Kind::Leader, -1, 0, b"{}".to_vec(), None);
        world.assign();
        world
    }

    fn now(&self) -> Now {
        Now { mono: self.mono, wall: WALL + self.mono }
    }

    fn append(
        &mut self,
        kind: Kind,
        leader: i64,
        seq: u64,
        value: Vec<u8>,
        command: Option<Command>,
    ) {
        self.log.push(Sent { kind, leader, seq, value, command });
    }

    fn append_next(&mut self, kind: Kind, value: Vec<u8>, command: Option<Command>) {
        self.seq += 1;
        self.append(kind, self.leader, self.seq, value, command);
    }

    fn command(&self, customer: u8, channel: Channel, class: Class, ttl: Millis) -> Command {
        Command {
            command_id: CommandId(self.log.len() as u128 + 1_000),
            run_id: RunId(1),
            journey: "j".into(),
            version: "v".into(),
            step: "s".into(),
            customer: format!("c{customer}"),
            channel,
            class,
            template: "t".into(),
            to: address(customer),
            data: serde_json::Value::Null,
            variant: None,
            team: None,
            answers: Vec::new(),
            side: None,
            due_at: 0,
            decided_at: 0,
            not_after: WALL + self.mono + ttl,
        }
    }

    fn assign(&mut self) {
        let ledger = Ledger::open(self.storage.clone()).unwrap();
        let (offset, metadata) = self.committed.clone();
        self.worker.assign(0, offset, metadata.as_deref(), ledger).unwrap();
        (self.position, self.paused) = (offset, false);
    }

    pub fn step(&mut self, op: Op) {
        match op {
            Op::Command { customer, sms, transactional, ttl } => {
                let channel = if sms { Channel::Sms } else { Channel::Email };
                let class = if transactional { Class::Transactional } else { Class::Marketing };
                let command = self.command(customer, channel, class, i64::from(ttl) + 1);
                self.append_next(
                    Kind::Command,
                    serde_json::to_vec(&command).unwrap(),
                    Some(command),
                );
            }
            Op::Suppress { customer, active } => self.suppress(customer, active),
            Op::SuppressElsewhere { customer } => self.suppress_elsewhere(customer),
            Op::Mark => self.topic.push(None),
            Op::NewLeader => {
                self.deposed = Some(self.leader);
                self.leader = self.log.len() as i64;
                self.append(Kind::Leader, -1, 0, b"{}".to_vec(), None);
            }
            Op::Zombie { customer } => {
                if let Some(leader) = self.deposed {
                    let command = self.command(customer, Channel::Sms, Class::Transactional, HOUR);
                    self.append(
                        Kind::Command,
                        leader,
                        self.seq + 1,
                        serde_json::to_vec(&command).unwrap(),
                        None,
                    );
                }
            }
            Op::Hold(held) => self.worker.hold(held),
            Op::Advance(by) => self.mono += i64::from(by),
            Op::Read(count) => self.read(count.into()),
            Op::ReadSuppressions(count) => self.read_suppressions(count.into()),
            Op::Ask => {
                self.answers.push((self.log.len() as i64, self.topic.len() as i64, self.mono))
            }
            Op::Answer => {
                if !self.answers.is_empty() {
                    let (end, topic_end, at) = self.answers.remove(0);
                    self.worker.end_seen(0, end, at);
                    self.worker.suppression_end(0, topic_end, at);
                }
            }
            Op::Poll => self.poll(),
            Op::Begin(index) => self.begin(index.into()),
            Op::Finish { call, how } => self.finish(call.into(), how),
            Op::Acknowledge(index) => self.acknowledge(index.into()),
            Op::Rebalance => self.rebalance(),
            Op::Crash(kept) => self.crash(kept.into()),
        }
    }

    fn suppress(&mut self, customer: u8, active: bool) {
        let hash = Suppression::hash(Channel::Email, &address(customer));
        let at = WALL + self.mono;
        let suppression = Suppression {
            channel: Channel::Email,
            address: hash.clone(),
            reason: SuppressionReason::Unsubscribed,
            active,
            at,
        };
        self.append_next(Kind::Suppression, serde_json::to_vec(&suppression).unwrap(), None);
        if active {
            self.suppressed.entry(hash).or_insert(self.mono);
        } else {
            self.suppressed.remove(&hash);
        }
    }

    fn suppress_elsewhere(&mut self, customer: u8) {
        let hash = Suppression::hash(Channel::Email, &address(customer));
        let (channel, reason) = (Channel::Email, SuppressionReason::Complained);
        let suppression =
            Suppression { channel, address: hash.clone(), reason, active: true, at: 0 };
        self.others += 1;
        // That worker has not seen what ours wrote: its value may overwrite ours.
        let accepted = View::new([], LIFE, 9).accepted(7, self.others, &suppression);
        let Some(Accepted::Joined(key, value)) = accepted else { panic!("{accepted:?}") };
        self.topic.push(Some((key.into_bytes(), value)));
        self.elsewhere.entry(hash).or_insert(self.mono);
    }

    fn read(&mut self, count: usize) {
        for _ in 0..count {
            let Some(sent) = self.log.get(self.position as usize).filter(|_| !self.paused) else {
                return;
            };
            let headers = Headers { kind: sent.kind, leader: sent.leader, seq: sent.seq };
            let record = Record {
                partition: 0,
                offset: self.position,
                headers: Some(headers),
                key: None,
                value: &sent.value,
            };
            self.worker.record(&record, Now { mono: self.mono, wall: WALL + self.mono });
            self.position += 1;
        }
    }

    fn read_suppressions(&mut self, count: usize) {
        for _ in 0..count {
            let Some(place) = self.topic.get(self.topic_position as usize) else { break };
            if let Some((key, value)) = place {
                self.worker.suppression_record(0, self.topic_position, key, Some(value));
            }
            self.topic_position += 1;
        }
        self.worker.suppression_position(0, self.topic_position);
    }

    fn poll(&mut self) {
        for action in self.worker.poll(self.now()) {
            match action {
                Action::Call(call) => self.called(call),
                Action::Write(write) => self.writes.push(write),
                Action::Commit { partition: 0, offset, metadata } => self.commit(offset, metadata),
                Action::Pause { .. } => self.paused = true,
                Action::Resume { .. } => self.paused = false,
                Action::Seek { offset, .. } => self.position = offset,
                other => panic!("{other:?}"),
            }
        }
    }

    fn called(&mut self, call: Call) {
        let id = call.command.command_id;
        assert!(
            self.log
                .iter()
                .any(|sent| sent.command.as_ref().is_some_and(|command| command.command_id == id)),
            "a zombie's command"
        );
        assert!(call.command.not_after > WALL + self.mono, "called after not_after");
        let customer = &call.command.customer;
        assert!(
            self.flying.iter().all(|other| other.call.command.customer != *customer),
            "two calls of one customer"
        );
        for earlier in self
            .log
            .iter()
            .filter_map(|sent| sent.command.as_ref())
            .take_while(|command| command.command_id != id)
        {
            let same = earlier.customer == *customer && earlier.channel == call.command.channel;
            assert!(!same || self.has_ended(earlier.command_id), "out of order");
        }
        self.flying.push(Flying { call, begun: None });
    }

    /// A receipt of the command was at least written.
    fn has_ended(&self, id: CommandId) -> bool {
        let prefix = format!("{id}:");
        let tells =
            |write: &Write| write.target == Target::Events && event_id(write).starts_with(&prefix);
        self.truth.get(&id).is_some_and(|truth| !truth.ended.is_empty())
            || self.writes.iter().any(tells)
    }

    fn begin(&mut self, index: usize) {
        if self.flying.is_empty() {
            return;
        }
        let index = index % self.flying.len();
        if self.flying[index].begun.is_some() {
            return;
        }
        if self.mono >= self.flying[index].call.begin_before {
            let flying = self.flying.remove(index);
            return self.worker.not_begun(flying.call.id, self.now());
        }
        let command = self.flying[index].call.command.clone();
        let hash = Suppression::hash(command.channel, &command.to);
        let acknowledged = |at: &Millis| self.mono > at + LIFE;
        if command.class == Class::Marketing {
            assert!(
                !self.suppressed.get(&hash).is_some_and(acknowledged),
                "a call after its suppression"
            );
        }
        assert!(
            !self.elsewhere.get(&hash).is_some_and(acknowledged),
            "a call after a suppression elsewhere"
        );
        self.flying[index].begun = Some(self.mono);
    }

    /// The provider takes the message, unless its key tells that it has it.
    fn take(&mut self, command: &Command, begun: Millis) {
        let (now, keyed) = (WALL + begun, self.knows_the_key(command, begun));
        let truth = self.truth.entry(command.command_id).or_default();
        if keyed {
            return;
        }
        truth.taken += 1;
        truth.taken_at.get_or_insert(now);
        assert!(
            truth.taken == 1 || command.class == Class::Transactional && truth.unclear,
            "taken twice: {:?}",
            command.command_id
        );
    }

    /// Whether a provider with keys has taken the message and still knows its key.
    fn knows_the_key(&self, command: &Command, begun: Millis) -> bool {
        let taken = self.truth.get(&command.command_id).and_then(|truth| truth.taken_at);
        command.channel == Channel::Email && taken.is_some_and(|at| WALL + begun < at + KEY_LIFE)
    }

    fn finish(&mut self, index: usize, how: u8) {
        if self.flying.is_empty() {
            return;
        }
        let index = index % self.flying.len();
        let Some(begun) = self.flying[index].begun else { return };
        let command = self.flying[index].call.command.clone();
        let how = how % 11;
        let outcome = match how {
            0..=2 => Outcome::Accepted { provider_id: None },
            3 => Outcome::Rejected { reason: RejectReason::BadAddress, suppress: true },
            4 => Outcome::Rejected { reason: RejectReason::TooLarge, suppress: false },
            5 => Outcome::Retry { after: None, reason: RetryReason::Connect },
            8 => Outcome::Rejected { reason: RejectReason::Unauthorized, suppress: false },
            10 if self.knows_the_key(&command, begun) => {
                Outcome::Rejected { reason: RejectReason::KeyConflict, suppress: false }
            }
            9 | 10 => {
                Outcome::Unsendable { reason: RejectReason::BadRequest, detail: "why".to_owned() }
            }
            _ => Outcome::Ambiguous { reason: AmbiguousReason::Timeout },
        };
        if matches!(how, 0..=2 | 6) {
            self.take(&command, begun);
        }
        if matches!(how, 6 | 7) {
            self.truth.entry(command.command_id).or_default().unclear = true;
        }
        let flying = self.flying.remove(index);
        self.worker.outcome(flying.call.id, &outcome, self.now());
    }

    fn acknowledge(&mut self, index: usize) {
        if self.writes.is_empty() {
            return;
        }
        let write = self.writes.remove(index % self.writes.len());
        match write.target {
            Target::Events => {
                let id = event_id(&write);
                let (command, how) = id.split_once(':').unwrap();
                self.truth
                    .entry(command.parse().unwrap())
                    .or_default()
                    .ended
                    .insert(how.to_owned());
            }
            Target::Suppressions => {
                let (key, value) = (write.key.unwrap(), write.value.unwrap());
                let stored: cartwheel_delivery::suppression::Stored =
                    serde_json::from_slice(&value).unwrap();
                for source in stored.sources.iter().filter(|source| source.partition == 0) {
                    self.forwarded.insert((stored.address.clone(), source.seq));
                }
                self.topic.push(Some((key, value)));
            }
            Target::DeadLetters => {}
        }
        self.worker.written(write.token);
    }

    /// Nothing before a commit is unfinished, and its metadata are those of an independent reader.
    fn commit(&mut self, offset: i64, metadata: String) {
        let (mut leader, mut last) = (None, 0);
        for (at, sent) in self.log.iter().enumerate().take(offset as usize) {
            if sent.kind == Kind::Leader {
                leader = Some(at as i64);
                continue;
            }
            if leader != Some(sent.leader) || sent.seq != last + 1 {
                continue;
            }
            last += 1;
            if let Some(command) = &sent.command {
                let ended = self
                    .truth
                    .get(&command.command_id)
                    .is_some_and(|truth| !truth.ended.is_empty());
                assert!(ended, "commit {offset} passes the command at {at}");
            }
            if sent.kind == Kind::Suppression {
                let suppression: Suppression = serde_json::from_slice(&sent.value).unwrap();
                let newer = |(address, seq): &(String, u64)| {
                    *address == suppression.address && *seq >= sent.seq
                };
                assert!(
                    self.forwarded.iter().any(newer),
                    "commit {offset} passes the suppression at {at}"
                );
            }
        }
        let reader = position::reader(offset, Some(&metadata)).unwrap();
        assert_eq!(
            (reader.leader, reader.last),
            (leader, Some(last)),
            "metadata of commit {offset}"
        );
        assert!(offset >= self.committed.0);
        self.committed = (offset, Some(metadata));
    }

    /// The calls that are out lose their worker: those that began may have been taken. Writes go on: the caller repeats them.
    fn lose(&mut self) {
        for flying in std::mem::take(&mut self.flying) {
            if let Some(begun) = flying.begun {
                self.truth.entry(flying.call.command.command_id).or_default().unclear = true;
                if flying.call.command.command_id.0.is_multiple_of(2) {
                    self.take(&flying.call.command, begun);
                }
            }
        }
        self.answers.clear();
    }

    fn rebalance(&mut self) {
        let (offset, metadata) = self.worker.revoke(0).unwrap();
        self.commit(offset, metadata);
        // Outcomes that arrive afterwards find nobody.
        for flying in &self.flying {
            self.worker.outcome(
                flying.call.id,
                &Outcome::Accepted { provider_id: None },
                Now { mono: self.mono, wall: WALL + self.mono },
            );
        }
        self.lose();
        self.assign();
    }

    fn crash(&mut self, kept: usize) {
        // An outcome that was reported and not yet written is lost with the power.
        for truth in self.truth.values_mut() {
            truth.unclear |= truth.ended.is_empty();
        }
        self.lose();
        self.writes.clear();
        let left = self.storage.borrow().crashed(kept);
        self.storage = Rc::new(RefCell::new(left));
        self.worker = Worker::new(self.config.clone(), [(0, 0)], self.now());
        self.topic_position = 0;
        self.assign();
    }

    /// Everything works again: what is left must come to its end.
    pub fn settle(&mut self) {
        self.worker.hold(false);
        for round in 0..2_000 {
            let end = self.log.len() as i64;
            if round > 0
                && self.committed.0 == end
                && self.writes.is_empty()
                && self.topic_position == self.topic.len() as i64
            {
                return self.check_end();
            }
            self.step(Op::Ask);
            self.read(7);
            self.read_suppressions(100);
            while !self.answers.is_empty() {
                self.step(Op::Answer);
            }
            self.poll();
            for index in 0..self.flying.len() {
                self.begin(index);
            }
            while !self.flying.is_empty() {
                self.begin(0);
                self.finish(0, 0);
            }
            self.poll();
            while !self.writes.is_empty() {
                self.acknowledge(0);
            }
            self.mono += 5;
        }
        panic!(
            "no end: committed {:?} of {}, gauges {:?}",
            self.committed,
            self.log.len(),
            self.worker.gauges()
        );
    }

    fn check_end(&self) {
        for command in self.log.iter().filter_map(|sent| sent.command.as_ref()) {
            let truth = &self.truth[&command.command_id];
            assert!(!truth.ended.is_empty());
            let sent = truth.ended.contains("sent");
            assert!(!sent || truth.taken >= 1, "told as sent, never taken");
            assert!(
                truth.taken == 0 || sent || truth.unclear,
                "taken and told otherwise: {:?}",
                truth.ended
            );
        }
        let records = || self.topic.iter().flatten().rev();
        let last = |hash: &String| records().find(|(key, _)| key == hash.as_bytes());
        for hash in self.suppressed.keys() {
            let (_, value) = last(hash).expect("a suppression was not forwarded");
            let stored: cartwheel_delivery::suppression::Stored =
                serde_json::from_slice(value).unwrap();
            assert!(
                stored.sources.iter().any(|source| source.partition == 0 && source.active),
                "a suppression stays overwritten"
            );
        }
    }

    /// Whether the worker reads no more for now.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The offset from which another worker would go on.
    pub fn committed(&self) -> i64 {
        self.committed.0
    }

    /// How much happened, so that a test can tell that it tested something.
    pub fn counters(&self) -> &cartwheel_delivery::metrics::Counters {
        self.worker.counters()
    }
}

fn event_id(write: &Write) -> String {
    let value: serde_json::Value = serde_json::from_slice(write.value.as_ref().unwrap()).unwrap();
    value["id"].as_str().unwrap().to_owned()
}
