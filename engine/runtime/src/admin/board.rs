//! From snapshots to the overview: the last one of each shard, what earlier executions counted, and rates.

use super::view::{
    HaltedView, JourneyCounts, JourneyGraph, JourneyView, LaneView, Overview, PoolView,
    ReasonCount, ShardView, StepCounts, StreamView, Totals, WalkView, WinnerView,
};
use crate::metrics::labels::{Closed, Intake, ShardState};
use crate::metrics::snapshot::{DecisionCount, DeliveryStats, PoolCount, ShardStats, WalkCount};
use cartwheel_core::control::Standing;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::sends::Mode;
use cartwheel_core::stream::{Stop, Stream};
use cartwheel_core::time::Millis;
use compact_str::CompactString;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Rates are taken over this much of the past.
const RATE_WINDOW: Duration = Duration::from_secs(5);
/// Samples kept for a rate: a shard that posts more often than this many times in [`RATE_WINDOW`] is sampled more coarsely.
const RATE_SAMPLES: u32 = 64;

/// What the console's front page shows, kept up by those who post.
#[derive(Debug, Default)]
pub struct Board {
    inner: Mutex<Inner>,
}

/// The runtime's clock at the moment of asking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoardClock {
    /// Now; in the demo, the shop's now.
    pub clock: Millis,
    /// How much faster than real time it runs: 1 except in the demo.
    pub speed: f64,
    /// Whether this is the demo.
    pub demo: bool,
}

#[derive(Debug, Default)]
struct Inner {
    graphs: Vec<JourneyGraph>,
    shards: BTreeMap<u32, Shard>,
    delivery: Option<DeliveryStats>,
}

type Cell = (CompactString, Option<CompactString>, Verdict, Reason);

#[derive(Debug)]
struct Shard {
    last: ShardStats,
    /// When it was taken.
    at: Instant,
    /// What earlier executions counted.
    earlier: Earlier,
    samples: VecDeque<(Instant, u64, u64)>,
}

#[derive(Debug, Default)]
struct Earlier {
    events: u64,
    poison: u64,
    decisions: BTreeMap<Cell, u64>,
}

impl Board {
    /// An empty board for these journeys, in order of their names.
    pub fn new(graphs: Vec<JourneyGraph>) -> Self {
        Self { inner: Mutex::new(Inner { graphs, ..Inner::default() }) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other journeys are in force from now on. Counts stay; those of journeys that are gone are no longer shown.
    pub fn set_journeys(&self, graphs: Vec<JourneyGraph>) {
        self.lock().graphs = graphs;
    }

    /// Takes a shard's snapshot, taken at `at`.
    pub fn post_shard(&self, stats: ShardStats, at: Instant) {
        let mut inner = self.lock();
        match inner.shards.get_mut(&stats.shard) {
            Some(shard) => shard.post(stats, at),
            None => {
                let mut shard = Shard {
                    last: stats,
                    at,
                    earlier: Earlier::default(),
                    samples: VecDeque::new(),
                };
                shard.sample(at);
                inner.shards.insert(shard.last.shard, shard);
            }
        }
    }

    /// A shard is no longer ours: it is not shown.
    pub fn forget_shard(&self, shard: u32) {
        self.lock().shards.remove(&shard);
    }

    /// Takes delivery's snapshot.
    pub fn post_delivery(&self, stats: DeliveryStats) {
        self.lock().delivery = Some(stats);
    }

    /// Everything at a glance.
    pub fn overview(&self, clock: BoardClock) -> Overview {
        let inner = self.lock();
        let shards: Vec<_> = inner.shards.values().map(Shard::view).collect();
        let behind = inner.shards.values().any(|shard| shard.last.mode == Mode::Behind);
        Overview {
            clock: clock.clock,
            speed: clock.speed,
            demo: clock.demo,
            mode: if behind { Mode::Behind } else { Mode::Live },
            totals: inner.totals(&shards),
            shards,
            journeys: inner.graphs.iter().map(|graph| inner.counts(graph)).collect(),
            delivery: inner
                .delivery
                .iter()
                .flat_map(|delivery| &delivery.lanes)
                .map(lane)
                .collect(),
        }
    }

    /// The newest snapshot of each shard, in order of their numbers.
    pub fn shards(&self) -> Vec<ShardStats> {
        self.lock().shards.values().map(|shard| shard.last.clone()).collect()
    }

    /// A journey with its graph; none if there is none of this name.
    pub fn journey(&self, name: &str) -> Option<JourneyView> {
        let inner = self.lock();
        let graph = inner.graphs.iter().find(|graph| graph.journey == name)?;
        Some(JourneyView { graph: graph.clone(), counts: inner.counts(graph) })
    }
}

fn lane(lane: &crate::metrics::snapshot::Lane) -> LaneView {
    LaneView {
        provider: lane.provider,
        channel: lane.channel,
        breaker: lane.breaker,
        queue: lane.queue,
        calls: lane
            .calls
            .iter()
            .map(|(outcome, count)| (outcome.name().to_owned(), count))
            .collect(),
        retries: lane.retries,
    }
}

impl Shard {
    fn post(&mut self, mut stats: ShardStats, at: Instant) {
        stats.follow(&self.last, at.duration_since(self.at));
        self.at = at;
        let before = std::mem::replace(&mut self.last, stats);
        if before.execution != self.last.execution {
            self.earlier.events += before.events.total();
            self.earlier.poison += before.events[Intake::Poison];
            for row in before.decisions {
                *self.earlier.decisions.entry(cell(&row)).or_default() += row.count;
            }
        }
        self.sample(at);
    }

    fn sample(&mut self, at: Instant) {
        // The newest sample is replaced as long as it lies close to the one before it.
        let before = self.samples.len().checked_sub(2).map(|place| self.samples[place].0);
        if before.is_some_and(|before| at.duration_since(before) < RATE_WINDOW / RATE_SAMPLES) {
            self.samples.pop_back();
        }
        self.samples.push_back((at, self.events(), self.decided(Verdict::Sent)));
        while self.samples.len() > 2 && at.duration_since(self.samples[1].0) >= RATE_WINDOW {
            self.samples.pop_front();
        }
    }

    fn events(&self) -> u64 {
        self.earlier.events + self.last.events.total()
    }

    fn decided(&self, verdict: Verdict) -> u64 {
        let earlier =
            self.earlier.decisions.iter().filter(|((_, _, decision, _), _)| *decision == verdict);
        earlier.map(|(_, count)| count).sum::<u64>() + self.last.decided(verdict)
    }

    /// Events and sends a second.
    fn rates(&self) -> (f64, f64) {
        let (Some((from, events, sends)), Some((to, events_now, sends_now))) =
            (self.samples.front(), self.samples.back())
        else {
            return (0.0, 0.0);
        };
        let seconds = to.duration_since(*from).as_secs_f64();
        if seconds == 0.0 {
            return (0.0, 0.0);
        }
        (
            events_now.saturating_sub(*events) as f64 / seconds,
            sends_now.saturating_sub(*sends) as f64 / seconds,
        )
    }

    fn view(&self) -> ShardView {
        let stats = &self.last;
        let running = matches!(stats.state, ShardState::Running);
        let (events_per_second, sends_per_second) = if running { self.rates() } else { (0.0, 0.0) };
        ShardView {
            shard: stats.shard,
            state: stats.state,
            mode: stats.mode,
            now: (stats.now != Millis::MIN).then_some(stats.now),
            lag_seconds: stats.lag() as f64 / 1_000.0,
            lag_records: stats.lag_records,
            next_offset: stats.next_offset,
            events_per_second,
            sends_per_second,
            customers: stats.customers,
            runs: stats.live_runs(),
            windows: stats.open_windows(),
            timers: stats.timers,
            timers_due: stats.timers_due,
            timer_lag_seconds: stats.timer_lag() as f64 / 1_000.0,
            in_flight: stats.in_flight,
            checkpoint_age_seconds: stats.checkpoint_age_after(self.at.elapsed()) as f64 / 1_000.0,
            restarts: stats.restarts,
            configuration: stats.configuration.map(|hash| format!("{hash:032x}")),
            products: stats.products,
            streams: stats.streams.iter().map(stream).collect(),
            halted: stats.control.halted().map(halted).collect(),
            winners: stats.control.winners().map(winner).collect(),
            coupons: stats.coupons.iter().map(pool).collect(),
            broadcast: stats.walk.as_ref().map(walk),
        }
    }
}

fn walk(of: &WalkCount) -> WalkView {
    WalkView { name: of.name.to_string(), reached: of.reached, left: of.left }
}

fn pool(of: &PoolCount) -> PoolView {
    PoolView { pool: of.pool.to_string(), left: of.left, given: of.given }
}

fn halted((journey, standing, since): (&str, Standing, Millis)) -> HaltedView {
    HaltedView { journey: journey.to_owned(), standing, since }
}

fn winner((journey, split, arm): (&str, &str, &str)) -> WinnerView {
    let [journey, split, arm] = [journey, split, arm].map(str::to_owned);
    WinnerView { journey, split, arm }
}

fn stream(of: &Stream) -> StreamView {
    let stopped = of.stop.as_ref().map(|stop| match stop {
        Stop::Gap(early) => {
            format!("record {} is missing; {early} has come already", of.last + 1)
        }
        Stop::Epoch(other) => format!("records of another journal come: {other}"),
    });
    let (stream, epoch) = (of.name.to_string(), of.epoch.to_string());
    StreamView { stream, epoch, applied: of.last, stopped }
}

fn cell(row: &DecisionCount) -> Cell {
    (row.journey.clone(), row.step.clone(), row.decision, row.reason)
}

impl Inner {
    fn totals(&self, views: &[ShardView]) -> Totals {
        let mut totals = Totals::default();
        for shard in self.shards.values() {
            totals.events += shard.events();
            totals.sends += shard.decided(Verdict::Sent);
            totals.converted += shard.decided(Verdict::Converted);
            totals.poison += shard.earlier.poison + shard.last.events[Intake::Poison];
        }
        for view in views {
            totals.events_per_second += view.events_per_second;
            totals.sends_per_second += view.sends_per_second;
            totals.customers += view.customers;
            totals.runs += view.runs;
            totals.windows += view.windows;
            totals.timers += view.timers;
            totals.timers_due += view.timers_due;
        }
        totals
    }

    fn windows(&self, journey: &str) -> u64 {
        let rows = self.shards.values().flat_map(|shard| &shard.last.windows);
        rows.filter(|row| row.journey == journey).map(|row| row.windows).sum()
    }

    fn counts(&self, graph: &JourneyGraph) -> JourneyCounts {
        let name = graph.journey.as_str();
        let mut cells: BTreeMap<Option<&str>, BTreeMap<(Verdict, Reason), u64>> = BTreeMap::new();
        let mut runs: BTreeMap<Option<&str>, u64> = BTreeMap::new();
        for shard in self.shards.values() {
            let now = shard
                .last
                .decisions
                .iter()
                .map(|row| (&row.journey, &row.step, row.decision, row.reason, row.count));
            let earlier =
                shard.earlier.decisions.iter().map(|((journey, step, decision, reason), count)| {
                    (journey, step, *decision, *reason, *count)
                });
            for (_, step, decision, reason, count) in now.chain(earlier).filter(|row| row.0 == name)
            {
                *cells
                    .entry(step.as_deref())
                    .or_default()
                    .entry((decision, reason))
                    .or_default() += count;
            }
            for row in shard.last.runs.iter().filter(|row| row.journey == name) {
                *runs.entry(row.step.as_deref()).or_default() += row.runs;
            }
        }
        let mut names: Vec<&str> = graph.steps.iter().map(|step| step.step.as_str()).collect();
        let older = cells
            .keys()
            .chain(runs.keys())
            .flatten()
            .copied()
            .collect::<std::collections::BTreeSet<_>>();
        names.extend(
            older.into_iter().filter(|step| graph.steps.iter().all(|known| known.step != *step)),
        );
        let steps = names.into_iter().map(|step| StepCounts {
            step: step.to_owned(),
            runs: runs.get(&Some(step)).copied().unwrap_or(0),
            decisions: rows(cells.get(&Some(step))),
        });
        JourneyCounts {
            journey: graph.journey.clone(),
            version: graph.version.clone(),
            class: graph.class,
            runs: runs.values().sum(),
            windows: self.windows(name),
            decisions: rows(cells.get(&None)),
            steps: steps.collect(),
        }
    }
}

fn rows(cells: Option<&BTreeMap<(Verdict, Reason), u64>>) -> Vec<ReasonCount> {
    cells
        .into_iter()
        .flatten()
        .map(|((decision, reason), count)| ReasonCount {
            decision: *decision,
            reason: *reason,
            count: *count,
        })
        .collect()
}

#[cfg(test)]
mod tests;
