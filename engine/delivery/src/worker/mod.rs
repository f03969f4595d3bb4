//! The state machine of a delivery worker: inputs in, [`Action`]s out. It owns no clock, thread or socket.
//!
//! The caller
//! 1. gives every partition that it is assigned ([`Worker::assign`]), its records in order ([`Worker::record`]), and several times within
//!    [`Config::check_life`] the end offset of each partition of the sends topic and of the suppressions topic, each with a monotonic time read
//!    *before* it was asked for ([`Worker::end_seen`], [`Worker::suppression_end`]);
//! 2. calls [`Worker::poll`] after each batch of inputs and at least every few tens of milliseconds, and carries the actions out in order;
//! 3. reports every outcome ([`Worker::outcome`]) and every acknowledged write ([`Worker::written`]). Writes that fail are repeated until acknowledged.
//!
//! What is promised: no call of a record that the reader's rule rejects; no call without a fresh look at both the own sends partition
//! and the suppressions topic; no commit past a command that has not ended with its receipt acknowledged; no second call of what a
//! provider accepted, except where its outcome was unknown and `protocol.md` allows it.

mod action;
mod dispatch;
mod settle;

pub use action::{Action, Call, CallId, Target, Token, Write};

use crate::Now;
use crate::breaker::{Breaker, State};
use crate::bucket::Bucket;
use crate::config::{Config, Provider};
use crate::ledger::{Ledger, Storage};
use crate::metrics::{ChannelGauges, Counter, Counters, Gauges};
use crate::partition::{Partition, Read};
use crate::position::{self, PositionError};
use crate::suppression::View;
use cartwheel_core::channel::Channel;
use cartwheel_core::sends::Headers;
use cartwheel_core::time::Millis;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

/// Header of a forwarded event: the sequence number of its record, decimal; beside it [`crate::dead::SOURCE_PARTITION`].
pub const SOURCE_SEQ: &str = "cartwheel-source-seq";

/// A record of the sends topic.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Its headers, if they are ours.
    pub headers: Option<Headers>,
    /// Key.
    pub key: Option<&'a [u8]>,
    /// Value; empty if there is none.
    pub value: &'a [u8],
}

/// The provider of one channel, and its state.
struct Lane {
    provider: Provider,
    /// Index into the buckets.
    bucket: usize,
    breaker: Breaker,
    calling: usize,
}

/// A call that is out.
struct Out {
    partition: i32,
    incarnation: u64,
    offset: i64,
    channel: Channel,
}

/// A write of a record that is out.
struct Writing {
    partition: i32,
    incarnation: u64,
    offset: i64,
    bytes: usize,
}

/// The worker.
pub struct Worker<S> {
    config: Config,
    lanes: [Option<Lane>; Channel::ALL.len()],
    buckets: Vec<Bucket>,
    view: View,
    partitions: BTreeMap<i32, Partition<S>>,
    calls: HashMap<CallId, Out>,
    writes: HashMap<Token, Writing>,
    /// Suppressions that are being written again.
    rewriting: HashSet<Token>,
    /// What the next poll gives, except calls.
    actions: Vec<Action>,
    counters: Counters,
    /// The wall clock is not believed.
    held: bool,
    /// The last number given to an assignment, a call or a write.
    number: u64,
    /// Polls so far: which partition may begin calls first.
    turn: usize,
}

impl<S: Storage> Worker<S> {
    /// A worker without partitions. `suppressions` are the partitions of the suppressions topic, each with the offset of its first record: a new
    /// worker reads that topic from the beginning.
    pub fn new(
        config: Config,
        suppressions: impl IntoIterator<Item = (i32, i64)>,
        now: Now,
    ) -> Self {
        let mut lanes = [const { None }; Channel::ALL.len()];
        let (mut buckets, mut accounts): (Vec<Bucket>, Vec<String>) = (Vec::new(), Vec::new());
        for (channel, provider) in &config.providers {
            let bucket = accounts
                .iter()
                .position(|account| *account == provider.account)
                .unwrap_or_else(|| {
                    accounts.push(provider.account.clone());
                    buckets.push(Bucket::new(provider.rate, now.mono));
                    buckets.len() - 1
                });
            lanes[*channel as usize] = Some(Lane {
                provider: provider.clone(),
                bucket,
                breaker: Breaker::new(config.breaker),
                calling: 0,
            });
        }
        Self {
            view: View::new(suppressions, config.check_life, config.max_suppressions),
            config,
            lanes,
            buckets,
            partitions: BTreeMap::new(),
            calls: HashMap::new(),
            writes: HashMap::new(),
            rewriting: HashSet::new(),
            actions: Vec::new(),
            counters: Counters::default(),
            held: false,
            number: 0,
            turn: 0,
        }
    }

    /// A partition is read from `offset` on, where the last commit (if any) left `metadata`. Its ledger was opened for it.
    pub fn assign(
        &mut self,
        partition: i32,
        offset: i64,
        metadata: Option<&str>,
        ledger: Ledger<S>,
    ) -> Result<(), PositionError> {
        let reader = position::reader(offset, metadata)?;
        let incarnation = self.next_number();
        self.partitions.insert(partition, Partition::new(incarnation, offset, reader, ledger));
        Ok(())
    }

    /// The wall clock has jumped and is not believed (or is, again). Until it is, nothing expires and no call begins: by a wrong clock a queue would be thrown
    /// away, and by one that stands still a message would leave too late.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// No new calls of this partition: it is about to be given away. Wait for [`Worker::is_idle`], as long as there is time.
    pub fn drain(&mut self, partition: i32) {
        if let Some(partition) = self.partitions.get_mut(&partition) {
            partition.draining = true;
        }
    }

    /// Whether the partition has no call and no write out.
    pub fn is_idle(&self, partition: i32) -> bool {
        self.partitions.get(&partition).is_none_or(Partition::is_idle)
    }

    /// Gives the partition up, closes its ledger, and says what to commit: offset and metadata. Outcomes that are still out are lost: such calls of a provider
    /// without keys are ambiguous to whoever opens this ledger again.
    pub fn revoke(&mut self, partition: i32) -> Option<(i64, String)> {
        let mut state = self.partitions.remove(&partition)?;
        // What is noted and not yet written helps the next owner; if it cannot be written, the commit still holds.
        let _ = state.ledger.flush(state.durable);
        let (offset, reader) = state.low_water();
        Some((offset, position::metadata(reader)))
    }

    /// A record of the sends topic. After a [`Action::Seek`] the records from there on, none polled before it.
    pub fn record(&mut self, record: &Record, now: Now) {
        let Some(state) = self.partitions.get_mut(&record.partition) else { return };
        match state.read(record.offset, record.headers, self.config.queue) {
            Read::Passed => {}
            Read::Skipped(reason) => self.counters.add(Counter::Skipped, None, reason),
            Read::Command => self.enqueue(record, now),
            Read::Forward(kind, seq) => self.forward(record, kind, seq),
        }
    }

    /// The sends partition ended at `end` (the next offset to be written) when asked at `requested_at` (monotonic, read before asking).
    pub fn end_seen(&mut self, partition: i32, end: i64, requested_at: Millis) {
        if let Some(partition) = self.partitions.get_mut(&partition) {
            partition.end_seen(end, requested_at);
        }
    }

    /// A record of the suppressions topic.
    pub fn suppression_record(
        &mut self,
        partition: i32,
        offset: i64,
        key: &[u8],
        value: Option<&[u8]>,
    ) {
        if !self.view.record(partition, offset, key, value) {
            self.counters.add(Counter::UnreadableSuppressions, None, "");
        }
    }

    /// As [`Worker::end_seen`], for a partition of the suppressions topic.
    pub fn suppression_end(&mut self, partition: i32, end: i64, requested_at: Millis) {
        self.view.end_seen(partition, end, requested_at);
    }

    /// The consumer's position in a partition of the suppressions topic: everything before has been given. To be told after each reading, since an
    /// end may lie behind the last record (the mark of a transaction, what compaction took away), and without it would never be reached.
    pub fn suppression_position(&mut self, partition: i32, position: i64) {
        self.view.advance(partition, position);
    }

    /// A write was acknowledged by the broker.
    pub fn written(&mut self, token: Token) {
        self.rewriting.remove(&token);
        let Some(Writing { partition, incarnation, offset, bytes }) = self.writes.remove(&token)
        else {
            return;
        };
        if let Some(state) =
            self.partitions.get_mut(&partition).filter(|state| state.incarnation == incarnation)
        {
            state.written(offset, bytes);
        }
    }

    /// The moment until which the suppressions are known (monotonic).
    pub fn suppressions_fresh_until(&self) -> Option<Millis> {
        self.view.fresh_until()
    }

    /// The counts so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Where it stands.
    pub fn gauges(&self) -> Gauges {
        let sum = |each: fn(&Partition<S>) -> usize| self.partitions.values().map(each).sum();
        let open = |lane: &&Lane| !matches!(lane.breaker.state(), State::Closed(_));
        Gauges {
            queued: sum(|partition| partition.queue.len()),
            calling: self.calls.len(),
            writing: sum(Partition::writing),
            remembered: self.remembered(),
            suppressions: self.view.len(),
            suppression_words: self.view.words(),
            suppressions_full: self.view.is_full(),
            breakers_open: self.lanes.iter().flatten().filter(open).count(),
        }
    }

    /// Where each channel that has a provider stands.
    pub fn channels(&self) -> impl Iterator<Item = ChannelGauges> {
        Channel::ALL.into_iter().filter_map(|channel| {
            let breaker = self.lanes[channel as usize].as_ref()?.breaker.state();
            let queued =
                self.partitions.values().map(|partition| partition.queue.len_of(channel)).sum();
            Some(ChannelGauges { channel, queued, breaker })
        })
    }

    fn remembered(&self) -> usize {
        self.partitions.values().map(|partition| partition.ledger.len()).sum()
    }

    /// Whether the ledgers have room for one more command.
    fn remembers_more(&self) -> bool {
        self.remembered() < self.config.max_remembered
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }
}
