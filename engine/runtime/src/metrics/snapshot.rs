//! What shards and delivery workers post: plain counters, copied a few times a second by the thread that owns them.
//!
//! Counters count from the start of an *execution* (one life of a shard or worker in this process) and leave out what a recovery
//! re-executes, so that nothing is counted twice. Whoever reads two snapshots of one execution takes the difference.

use super::labels::{
    Breaker, CallOutcome, Counts, DeadSource, Intake, Kept, Provider, ShardState, Stopped, Withheld,
};
use cartwheel_core::channel::Channel;
use cartwheel_core::control::Control;
use cartwheel_core::coupon::NotTaken;
use cartwheel_core::customer::Forgotten;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::event::OddField;
use cartwheel_core::product::LeftOut;
use cartwheel_core::receipt::Receipt;
use cartwheel_core::sends::{Mode, Poison};
use cartwheel_core::stream::{Order, Stream};
use cartwheel_core::time::Millis;
use compact_str::CompactString;
use std::time::Duration;

/// One shard at one moment.
#[derive(Clone, Debug)]
pub struct ShardStats {
    /// The partition's number.
    pub shard: u32,
    /// Raised whenever the counters begin anew at zero.
    pub execution: u64,
    /// What it is doing.
    pub state: ShardState,
    /// Whether marketing flows.
    pub mode: Mode,
    /// Shard time; `Millis::MIN` before the first record.
    pub now: Millis,
    /// The runtime's clock when this was taken (in the demo: the shop's clock).
    pub clock: Millis,
    /// Next offset of the events partition.
    pub next_offset: i64,
    /// Records up to the end of the partition.
    pub lag_records: u64,
    /// How far the machine's clock lies behind shard time where that stopped the intake, in ms; 0 while intake runs.
    pub clock_behind: Millis,

    /// Records by what became of them.
    pub events: Counts<Intake>,
    /// Poison records by reason.
    pub poison: Counts<Poison>,
    /// Records that counted with an earlier time than their own, which was ahead of the clock.
    pub clamped: u64,
    /// Odd fields of events that were applied without them.
    pub degraded: Counts<OddField>,
    /// Records that every partition gets, by what was done with them.
    pub stream_records: Counts<Order>,
    /// What of the catalogue was not kept.
    pub catalogue_left_out: Counts<LeftOut>,
    /// The hash of the configuration by which it decides; none before it is known.
    pub configuration: Option<u128>,
    /// How far the streams of such records have come.
    pub streams: Vec<Stream>,
    /// What people have said of journeys.
    pub control: Control,
    /// Products known.
    pub products: u64,
    /// Keys that customers have in sets of which it is known who has a key in them.
    pub indexed_keys: u64,
    /// Codes that were not taken in.
    pub coupons_left_out: Counts<NotTaken>,
    /// Codes of each pool of which journeys have coupons, or that has some.
    pub coupons: Vec<PoolCount>,
    /// The broadcast that not all customers have heard of yet.
    pub walk: Option<WalkCount>,
    /// Decisions, one row for each combination that has occurred.
    pub decisions: Vec<DecisionCount>,
    /// Turns executed.
    pub turns: u64,
    /// Timers fired.
    pub timers_fired: u64,
    /// Times that this shard was taken over by this process: 1 once its leader record is in the log.
    pub leader_changes: u64,
    /// Restarts after a failure, since the process began (not of this execution).
    pub restarts: u64,
    /// Checkpoints committed.
    pub checkpoints: u64,
    /// Bytes of their batches.
    pub checkpoint_bytes: u64,

    /// Customers known.
    pub customers: u64,
    /// Customers that the shard takes at most.
    pub customers_limit: u64,
    /// What customers had no room for any more.
    pub forgotten: Counts<Forgotten>,
    /// Open windows by journey, one row for each that has any.
    pub windows: Vec<WindowCount>,
    /// Live runs by journey and step, one row for each that has any.
    pub runs: Vec<RunCount>,
    /// Timers pending.
    pub timers: u64,
    /// Customers with a timer that is due (by `clock` less the margin) and has not fired.
    pub timers_due: u64,
    /// Deadline of the oldest timer that is due and not fired.
    pub oldest_due: Option<Millis>,
    /// Records sent and not yet read back as accepted.
    pub in_flight: u64,
    /// Age of the newest checkpoint in ms of real time (not of the demo's clock); before the first, since the shard was taken over.
    pub checkpoint_age: Millis,
    /// The shorter retention of the two topics in ms; none if unlimited or unknown.
    pub retention: Option<Millis>,
}

impl ShardStats {
    /// A shard of which nothing is known yet.
    pub fn new(shard: u32, execution: u64) -> Self {
        Self {
            shard,
            execution,
            state: ShardState::Starting,
            mode: Mode::Live,
            now: Millis::MIN,
            clock: 0,
            next_offset: 0,
            lag_records: 0,
            clock_behind: 0,
            clamped: 0,
            events: Counts::default(),
            poison: Counts::default(),
            degraded: Counts::default(),
            stream_records: Counts::default(),
            catalogue_left_out: Counts::default(),
            configuration: None,
            streams: Vec::new(),
            control: Control::default(),
            products: 0,
            indexed_keys: 0,
            coupons_left_out: Counts::default(),
            coupons: Vec::new(),
            walk: None,
            decisions: Vec::new(),
            turns: 0,
            timers_fired: 0,
            leader_changes: 0,
            restarts: 0,
            checkpoints: 0,
            checkpoint_bytes: 0,
            customers: 0,
            customers_limit: 0,
            forgotten: Counts::default(),
            windows: Vec::new(),
            runs: Vec::new(),
            timers: 0,
            timers_due: 0,
            oldest_due: None,
            in_flight: 0,
            checkpoint_age: 0,
            retention: None,
        }
    }

    /// Takes over from the snapshot `before`, taken `since` ago, what this one cannot know: a shard that starts or has failed keeps its
    /// last figures, and its newest checkpoint grows older until there is a newer one. Otherwise its alarms would fall silent
    /// just when it stands still.
    pub(crate) fn follow(&mut self, before: &Self, since: Duration) {
        if before.state == ShardState::Away {
            return;
        }
        let age = before
            .checkpoint_age
            .saturating_add(Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX));
        if self.has_figures() {
            if self.checkpoints == 0 {
                self.checkpoint_age = self.checkpoint_age.max(age);
            }
            return;
        }
        self.mode = before.mode;
        self.configuration = before.configuration;
        self.now = before.now;
        self.next_offset = before.next_offset;
        // What waits for a shard that stands still does not become less.
        self.lag_records = self.lag_records.max(before.lag_records);
        self.customers = before.customers;
        self.streams.clone_from(&before.streams);
        self.control.clone_from(&before.control);
        self.products = before.products;
        self.indexed_keys = before.indexed_keys;
        self.coupons.clone_from(&before.coupons);
        self.walk.clone_from(&before.walk);
        self.customers_limit = before.customers_limit;
        self.windows.clone_from(&before.windows);
        self.runs.clone_from(&before.runs);
        self.timers = before.timers;
        self.checkpoint_age = age;
        self.retention = self.retention.or(before.retention);
    }

    /// The age of the newest checkpoint, `since` after this was taken: a shard without a thread posts nothing more.
    pub(crate) fn checkpoint_age_after(&self, since: Duration) -> Millis {
        match self.state {
            ShardState::Stopped | ShardState::Quarantined => self
                .checkpoint_age
                .saturating_add(Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)),
            _ => self.checkpoint_age,
        }
    }

    /// Whether a thread has looked at the shard.
    fn has_figures(&self) -> bool {
        !matches!(self.state, ShardState::Starting | ShardState::Stopped | ShardState::Quarantined)
            && self.now != Millis::MIN
    }

    /// How far shard time is behind the clock, in ms; 0 while nothing waits: the clock of a shard that has caught up is behind on purpose, by the margin.
    pub fn lag(&self) -> Millis {
        if self.now == Millis::MIN || self.lag_records == 0 {
            return 0;
        }
        self.clock.saturating_sub(self.now).max(0)
    }

    /// How long the oldest due timer has been waiting, in ms.
    pub fn timer_lag(&self) -> Millis {
        self.oldest_due.map_or(0, |deadline| self.clock.saturating_sub(deadline).max(0))
    }

    /// Live runs of all journeys.
    pub fn live_runs(&self) -> u64 {
        self.runs.iter().map(|row| row.runs).sum()
    }

    /// Open windows of all journeys.
    pub fn open_windows(&self) -> u64 {
        self.windows.iter().map(|row| row.windows).sum()
    }

    /// Decisions with this verdict, over all journeys.
    pub fn decided(&self, verdict: Verdict) -> u64 {
        self.decisions.iter().filter(|row| row.decision == verdict).map(|row| row.count).sum()
    }
}

/// How often a step of a journey decided something for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionCount {
    /// The journey's name.
    pub journey: CompactString,
    /// The step's name; none for entry, exit by event, goal and end.
    pub step: Option<CompactString>,
    /// What.
    pub decision: Verdict,
    /// Why.
    pub reason: Reason,
    /// How often.
    pub count: u64,
}

/// How many windows of a journey are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowCount {
    /// The journey's name.
    pub journey: CompactString,
    /// How many.
    pub windows: u64,
}

/// How many live runs stand at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCount {
    /// The journey's name.
    pub journey: CompactString,
    /// The step that comes next; none at the end (a run that lingers for its goal is not live and not counted).
    pub step: Option<CompactString>,
    /// How many.
    pub runs: u64,
}

/// How far a broadcast has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkCount {
    /// Its name.
    pub name: CompactString,
    /// Customers who have heard of it.
    pub reached: u64,
    /// Customers who have not yet.
    pub left: u64,
}

/// How many codes of a pool of coupons there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolCount {
    /// The pool's name.
    pub pool: CompactString,
    /// Codes that are left.
    pub left: u64,
    /// Codes that were given.
    pub given: u64,
}

/// Delivery at one moment.
#[derive(Clone, Debug, Default)]
pub struct DeliveryStats {
    /// Raised whenever the counters begin anew at zero.
    pub execution: u64,
    /// One row for each provider and channel.
    pub lanes: Vec<Lane>,
    /// Commands given up, by reason.
    pub withheld: Counts<Withheld>,
    /// Receipts written, by kind.
    pub receipts: Counts<Receipt>,
    /// Dead letters written, by source.
    pub dead_letters: Counts<DeadSource>,
    /// (shard, records up to the end of its sends partition).
    pub lag: Vec<(u32, u64)>,
    /// Shards that this process should deliver and does not, with the reason.
    pub stopped: Vec<(u32, Stopped)>,
    /// Addresses in the suppression view.
    pub suppressions: u64,
    /// What is kept in memory up to a limit.
    pub kept: Counts<Kept>,
    /// Those limits.
    pub kept_limit: Counts<Kept>,
    /// Milliseconds since the suppression view was last known to be complete.
    pub suppression_age: Millis,
}

/// One provider on one channel.
#[derive(Clone, Debug)]
pub struct Lane {
    /// The provider.
    pub provider: Provider,
    /// The channel.
    pub channel: Channel,
    /// Calls by outcome.
    pub calls: Counts<CallOutcome>,
    /// Calls that repeated an earlier one.
    pub retries: u64,
    /// Commands read and not finished.
    pub queue: u64,
    /// State of the circuit breaker.
    pub breaker: Breaker,
}
