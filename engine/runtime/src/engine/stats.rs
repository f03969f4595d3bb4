//! What a shard's thread posts: a snapshot a few times a second.

use super::context::{Context, Control};
use super::placement::Placement;
use crate::metrics::labels::{Closed, Intake, ShardState};
use crate::metrics::snapshot::{
    DecisionCount, PoolCount, RunCount, ShardStats, WalkCount, WindowCount,
};
use cartwheel_core::coupon::{NotTaken, Pool, Pools};
use cartwheel_core::customer::Forgotten;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::effect::Tally;
use cartwheel_core::event::OddField;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::product::LeftOut;
use cartwheel_core::sends::Poison;
use cartwheel_core::stream::Order;
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::{Counters, Shard};
use compact_str::CompactString;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Least time between two snapshots.
const EVERY: Duration = Duration::from_millis(250);
/// Least time between two counts of all runs; and a count may take no more than this share of a shard's time.
const CENSUS: Duration = Duration::from_secs(1);
const SHARE: u32 = 200;

type Cell = (u16, Option<u16>, Verdict, Reason);

/// Publishes one shard's snapshots. Lives as long as one execution.
pub(super) struct Figures<S> {
    context: Arc<Context<S>>,
    control: Arc<Control>,
    /// The configuration that is in force once the replay is done.
    plan: Arc<Plan>,
    stats: ShardStats,
    /// What the replay counted; none before it is done.
    base: Option<(Counters, BTreeMap<Cell, u64>)>,
    last: Option<Instant>,
    census_at: Instant,
    placement: Placement,
}

/// One life of a shard's thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub partition: i32,
    /// Its number, and how many restarts after failures came before it.
    pub execution: u64,
    pub restarts: u64,
}

/// What only the thread knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Wall time.
    pub wall: Millis,
    /// The same less the margin.
    pub due_by: Millis,
    /// The newest end offset that is known.
    pub end: i64,
    /// Since the newest checkpoint.
    pub checkpoint_age: Duration,
}

impl<S: Store> Figures<S> {
    /// For one execution of a shard.
    pub fn new(
        context: Arc<Context<S>>,
        control: Arc<Control>,
        plan: Arc<Plan>,
        life: Life,
    ) -> Self {
        let mut stats = ShardStats::new(life.partition.unsigned_abs(), life.execution);
        stats.restarts = life.restarts;
        stats.retention = context.layout.retention_ms;
        let (census_at, placement) = (Instant::now(), Placement::default());
        Self { context, control, plan, stats, base: None, last: None, census_at, placement }
    }

    /// The shard is doing something else now.
    pub fn state(&mut self, state: ShardState) {
        self.control.state.store(state.index() as u8, Ordering::Relaxed);
        self.stats.state = state;
        // What is replayed has been taken over: our leader record is in the log.
        if state == ShardState::Replaying {
            self.stats.leader_changes = 1;
        }
        self.stats.clock = self.context.clock.wall();
        self.send();
    }

    /// The replay is over: counts begin here.
    pub fn begin(&mut self, shard: &Shard<S>) {
        self.base = Some((shard.counters().clone(), cells(shard.tally())));
    }

    /// Posts, if it is time.
    pub fn post(&mut self, shard: &Shard<S>, moment: Moment) {
        // A faster clock is shown more often: the demo waits for what it shows.
        let every = EVERY.div_f64(self.context.clock.speed().clamp(1.0, 25.0));
        if self.last.is_some_and(|last| last.elapsed() < every) {
            return;
        }
        self.last = Some(Instant::now());
        self.control.next_offset.store(shard.next_offset(), Ordering::Relaxed);
        self.gauges(shard, moment);
        self.counters(shard);
        self.placement.look(
            self.stats.shard,
            shard.counters(),
            shard.customers() as u64,
            self.context.kafka.partitioner,
        );
        self.census(shard, moment.due_by);
        self.send();
    }

    /// Counts the runs by step and the timers due, the less often the more customers there are.
    fn census(&mut self, shard: &Shard<S>, due_by: Millis) {
        let began = Instant::now();
        if self.base.is_none() || began < self.census_at {
            return;
        }
        let census = shard.census();
        let named = |journey: u16| self.plan.journeys.get(usize::from(journey));
        let windows = census.windows.into_iter().filter_map(|(journey, windows)| {
            Some(WindowCount { journey: named(journey)?.name.clone(), windows })
        });
        self.stats.windows = windows.collect();
        let mut rows: BTreeMap<(CompactString, Option<CompactString>), u64> = BTreeMap::new();
        for ((journey, op), runs) in census.running {
            let Some(journey) = named(journey) else { continue };
            let step = journey.ops.get(usize::from(op)).and_then(|op| op.step().cloned());
            *rows.entry((journey.name.clone(), step)).or_default() += runs;
        }
        self.stats.runs = rows
            .into_iter()
            .map(|((journey, step), runs)| RunCount { journey, step, runs })
            .collect();
        let due = shard.due(due_by);
        self.stats.timers_due = due.customers;
        self.stats.oldest_due = due.oldest;
        self.census_at = began + CENSUS.max(began.elapsed() * SHARE);
    }

    fn gauges(&mut self, shard: &Shard<S>, moment: Moment) {
        let stats = &mut self.stats;
        stats.mode = shard.mode();
        stats.now = shard.now();
        stats.clock = moment.wall;
        stats.next_offset = shard.next_offset();
        stats.lag_records = u64::try_from(moment.end - shard.next_offset()).unwrap_or(0);
        stats.customers = shard.customers() as u64;
        stats.configuration = Some(shard.core().plan.hash);
        stats.streams = shard.streams().iter().cloned().collect();
        stats.control.clone_from(shard.control());
        stats.walk = shard.walking().map(|walk| WalkCount {
            name: walk.told.name.clone(),
            reached: walk.many,
            left: (shard.customers() as u64).saturating_sub(walk.many),
        });
        stats.products = shard.products().len() as u64;
        stats.indexed_keys = shard.indexed_keys() as u64;
        stats.coupons = coupons(&self.plan, shard.pools());
        stats.customers_limit = self.context.settings.shard.max_customers as u64;
        stats.timers = shard.timers() as u64;
        // That nothing is due is known at once; what is due, only from a census.
        if shard.nothing_due_before().is_none_or(|first| first > moment.due_by) {
            stats.timers_due = 0;
            stats.oldest_due = None;
        }
        stats.in_flight = shard.in_flight();
        stats.checkpoint_age =
            Millis::try_from(moment.checkpoint_age.as_millis()).unwrap_or(Millis::MAX);
    }

    fn counters(&mut self, shard: &Shard<S>) {
        let Some((base, cells_before)) = &self.base else { return };
        let (stats, now) = (&mut self.stats, shard.counters());
        stats.events[Intake::Applied] = now.wanted - base.wanted;
        stats.events[Intake::Unwanted] = now.unwanted - base.unwanted;
        stats.events[Intake::Duplicate] = now.duplicates - base.duplicates;
        for (place, reason) in Poison::ALL.into_iter().enumerate() {
            stats.poison[reason] = now.poison[place] - base.poison[place];
        }
        stats.events[Intake::Poison] = stats.poison.total();
        for field in OddField::ALL {
            stats.degraded[field] = now.degraded[field as usize] - base.degraded[field as usize];
        }
        for what in Forgotten::ALL {
            stats.forgotten[what] = now.forgotten[what as usize] - base.forgotten[what as usize];
        }
        let (shared, before) = (&now.shared, &base.shared);
        for order in Order::ALL {
            let place = order as usize;
            stats.stream_records[order] = shared.orders[place] - before.orders[place];
        }
        for what in LeftOut::ALL {
            let place = what as usize;
            stats.catalogue_left_out[what] = shared.left_out[place] - before.left_out[place];
        }
        for why in NotTaken::ALL {
            let place = why as usize;
            stats.coupons_left_out[why] = shared.codes[place] - before.codes[place];
        }
        stats.clamped = now.clamped - base.clamped;
        stats.turns = now.turns - base.turns;
        stats.timers_fired = now.fired - base.fired;
        stats.checkpoints = now.checkpoints - base.checkpoints;
        stats.checkpoint_bytes = now.checkpoint_bytes - base.checkpoint_bytes;
        stats.decisions = decisions(&self.plan, shard.tally(), cells_before);
    }

    fn send(&self) {
        self.context.metrics.post_clock(self.context.clock.read());
        self.context.metrics.post_shard(&self.stats);
        self.context.board.post_shard(self.stats.clone(), Instant::now());
    }
}

fn cells(tally: &Tally) -> BTreeMap<Cell, u64> {
    tally
        .iter()
        .map(|(journey, op, verdict, reason, count)| ((journey, op, verdict, reason), count))
        .collect()
}

/// Codes of the pools of which journeys have coupons, also of those that have none, and of the others that have some.
fn coupons(plan: &Plan, pools: &Pools) -> Vec<PoolCount> {
    let count = |name: &str| {
        let pool = pools.named(name);
        let (left, given) = pool.map_or((0, 0), |pool| (pool.left(), pool.given()));
        PoolCount { pool: name.into(), left, given }
    };
    let asked = plan.journeys.iter().flat_map(|journey| &journey.pools).map(CompactString::as_str);
    let names: BTreeSet<&str> = asked.chain(pools.iter().map(Pool::name)).collect();
    names.into_iter().map(count).collect()
}

/// Operations of one step are one row.
fn decisions(plan: &Plan, tally: &Tally, before: &BTreeMap<Cell, u64>) -> Vec<DecisionCount> {
    let mut rows: BTreeMap<(u16, Option<CompactString>, Verdict, Reason), u64> = BTreeMap::new();
    for (journey, op, verdict, reason, count) in tally.iter() {
        let grown = count - before.get(&(journey, op, verdict, reason)).copied().unwrap_or(0);
        let of = plan.journeys.get(usize::from(journey));
        let step = of.zip(op).and_then(|(of, op)| of.ops.get(usize::from(op))?.step().cloned());
        *rows.entry((journey, step, verdict, reason)).or_default() += grown;
    }
    let name = |journey: u16| {
        plan.journeys
            .get(usize::from(journey))
            .map(|journey| journey.name.clone())
            .unwrap_or_default()
    };
    let row = |((journey, step, decision, reason), count)| DecisionCount {
        journey: name(journey),
        step,
        decision,
        reason,
        count,
    };
    rows.into_iter().filter(|(_, count)| *count > 0).map(row).collect()
}
