//! From snapshots to metrics: counters grow by the difference to the snapshot before, gauges are set.

use super::labels::{Breaker, Closed, Counts, ShardState, Stopped};
use super::snapshot::{DecisionCount, DeliveryStats, Lane, PoolCount, ShardStats};
use super::table::Id;
use super::{MAX_JOURNEYS, Metrics};
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use compact_str::CompactString;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What was posted last.
#[derive(Default)]
pub(super) struct Posted {
    /// With the moment at which each was taken.
    shards: BTreeMap<u32, (ShardStats, Instant)>,
    delivery: Option<DeliveryStats>,
    journeys: BTreeSet<CompactString>,
    /// The pools of each shard.
    pools: BTreeMap<u32, Vec<PoolCount>>,
}

fn seconds(millis: Millis) -> f64 {
    millis as f64 / 1_000.0
}

impl Posted {
    pub(super) fn shard(&mut self, metrics: &Metrics, mut stats: ShardStats, at: Instant) {
        let before = self.shards.remove(&stats.shard);
        if let Some((before, taken)) = &before {
            stats.follow(before, at.duration_since(*taken));
        }
        let before = before.map(|(before, _)| before);
        let restarts = before.as_ref().map_or(0, |before| before.restarts);
        let before = before.filter(|before| before.execution == stats.execution);
        let before = before.unwrap_or_else(|| ShardStats::new(stats.shard, stats.execution));
        let shard = stats.shard.to_string();
        counts(metrics, Id::Events, &[&shard], &stats.events, &before.events);
        counts(metrics, Id::Poison, &[&shard], &stats.poison, &before.poison);
        counts(metrics, Id::Degraded, &[&shard], &stats.degraded, &before.degraded);
        counts(metrics, Id::Forgotten, &[&shard], &stats.forgotten, &before.forgotten);
        let records = (&stats.stream_records, &before.stream_records);
        counts(metrics, Id::StreamRecords, &[&shard], records.0, records.1);
        let left_out = (&stats.catalogue_left_out, &before.catalogue_left_out);
        counts(metrics, Id::CatalogueLeftOut, &[&shard], left_out.0, left_out.1);
        let codes = (&stats.coupons_left_out, &before.coupons_left_out);
        counts(metrics, Id::CouponsLeftOut, &[&shard], codes.0, codes.1);
        for (id, after, before) in [
            (Id::Clamped, stats.clamped, before.clamped),
            (Id::Turns, stats.turns, before.turns),
            (Id::TimersFired, stats.timers_fired, before.timers_fired),
            (Id::LeaderChanges, stats.leader_changes, before.leader_changes),
            (Id::Restarts, stats.restarts, restarts),
            (Id::Checkpoints, stats.checkpoints, before.checkpoints),
            (Id::CheckpointBytes, stats.checkpoint_bytes, before.checkpoint_bytes),
        ] {
            metrics.counter(id, &[&shard]).increment(after.saturating_sub(before));
        }
        self.decisions(metrics, &stats.decisions, &before.decisions);
        gauges(metrics, &shard, &stats);
        let last = self.pools.insert(stats.shard, stats.coupons.clone()).unwrap_or_default();
        pools(metrics, &shard, &stats.coupons, &last);
        self.shards.insert(stats.shard, (stats, at));
    }

    /// Steps are left out of the label set: the console shows them, a time series for each would be too many.
    fn decisions(&mut self, metrics: &Metrics, after: &[DecisionCount], before: &[DecisionCount]) {
        let mut grown: BTreeMap<(&str, Verdict, Reason), u64> = BTreeMap::new();
        for row in after {
            let old = before.iter().find(|old| {
                (&old.journey, &old.step, old.decision, old.reason)
                    == (&row.journey, &row.step, row.decision, row.reason)
            });
            *grown.entry((&row.journey, row.decision, row.reason)).or_default() +=
                row.count.saturating_sub(old.map_or(0, |old| old.count));
        }
        for ((journey, decision, reason), count) in grown {
            let journey = self.journey(journey);
            metrics
                .counter(Id::Decisions, &[journey, decision.name(), reason.name()])
                .increment(count);
        }
    }

    fn journey<'a>(&mut self, name: &'a str) -> &'a str {
        if !self.journeys.contains(name) {
            if self.journeys.len() >= MAX_JOURNEYS {
                return "other";
            }
            self.journeys.insert(name.into());
        }
        name
    }

    pub(super) fn forget(&mut self, metrics: &Metrics, shard: u32) {
        if let Some((last, _)) = self.shards.get_mut(&shard) {
            let mut away = ShardStats::new(shard, last.execution);
            away.state = ShardState::Away;
            gauges(metrics, &shard.to_string(), &away);
            let gone = self.pools.remove(&shard).unwrap_or_default();
            pools(metrics, &shard.to_string(), &[], &gone);
            last.state = ShardState::Away;
            last.checkpoint_age = 0;
        }
    }

    /// What goes on although nobody posts: the checkpoint of a shard without a thread grows older.
    pub(super) fn refresh(&self, metrics: &Metrics, now: Instant) {
        for (shard, (stats, at)) in &self.shards {
            let age = stats.checkpoint_age_after(now.duration_since(*at));
            metrics.gauge(Id::CheckpointAge, &[&shard.to_string()]).set(seconds(age));
        }
    }

    pub(super) fn delivery(&mut self, metrics: &Metrics, stats: &DeliveryStats) {
        let before = self.delivery.take().unwrap_or_default();
        // Partitions that another worker has now.
        for (shard, _) in
            before.lag.iter().filter(|(shard, _)| stats.lag.iter().all(|(ours, _)| ours != shard))
        {
            metrics.gauge(Id::DeliveryLag, &[&shard.to_string()]).set(0.0);
        }
        let before =
            Some(before).filter(|before| before.execution == stats.execution).unwrap_or_default();
        for lane in &stats.lanes {
            let same = |old: &&Lane| (old.provider, old.channel) == (lane.provider, lane.channel);
            delivery_lane(metrics, lane, before.lanes.iter().find(same));
        }
        counts(metrics, Id::WithheldTotal, &[], &stats.withheld, &before.withheld);
        counts(metrics, Id::Receipts, &[], &stats.receipts, &before.receipts);
        counts(metrics, Id::DeadLetters, &[], &stats.dead_letters, &before.dead_letters);
        for (shard, lag) in &stats.lag {
            metrics.gauge(Id::DeliveryLag, &[&shard.to_string()]).set(*lag as f64);
        }
        stopped(metrics, stats, &before);
        metrics.gauge(Id::Suppressions, &[]).set(stats.suppressions as f64);
        for (id, kept) in [(Id::KeptNow, &stats.kept), (Id::KeptLimit, &stats.kept_limit)] {
            for (what, count) in kept.iter() {
                metrics.gauge(id, &[Closed::name(what)]).set(count as f64);
            }
        }
        metrics.gauge(Id::SuppressionAge, &[]).set(seconds(stats.suppression_age));
        self.delivery = Some(stats.clone());
    }
}

/// Shows every shard that is ours or was stopped before, so that an alert ends when a shard is delivered again or given away.
fn stopped(metrics: &Metrics, stats: &DeliveryStats, before: &DeliveryStats) {
    let delivered = stats.lag.iter().map(|(shard, _)| *shard);
    let stopped = stats.stopped.iter().chain(&before.stopped).map(|(shard, _)| *shard);
    for shard in delivered.chain(stopped).collect::<BTreeSet<u32>>() {
        for reason in Stopped::ALL {
            let value = f64::from(u8::from(stats.stopped.contains(&(shard, *reason))));
            metrics.gauge(Id::DeliveryStopped, &[&shard.to_string(), reason.name()]).set(value);
        }
    }
}

fn counts<L: Closed>(
    metrics: &Metrics,
    id: Id,
    labels: &[&str],
    after: &Counts<L>,
    before: &Counts<L>,
) {
    for ((member, after), (_, before)) in after.iter().zip(before.iter()) {
        let labels: Vec<&str> = labels.iter().copied().chain([member.name()]).collect();
        metrics.counter(id, &labels).increment(after.saturating_sub(before));
    }
}

fn gauges(metrics: &Metrics, shard: &str, stats: &ShardStats) {
    for state in ShardState::ALL {
        metrics
            .gauge(Id::ShardStateIs, &[shard, state.name()])
            .set(f64::from(u8::from(stats.state == *state)));
    }
    let stopped = stats.streams.iter().filter(|stream| stream.stop.is_some()).count();
    for (id, value) in [
        (Id::LagRecords, stats.lag_records as f64),
        (Id::ShardLag, seconds(stats.lag())),
        (Id::ClockBehind, seconds(stats.clock_behind)),
        (Id::Held, f64::from(u8::from(stats.mode == Mode::Behind))),
        (Id::InFlight, stats.in_flight as f64),
        (Id::StreamsStopped, stopped as f64),
        (Id::JourneysHalted, stats.control.halted().count() as f64),
        (Id::BroadcastLeft, stats.walk.as_ref().map_or(0, |walk| walk.left) as f64),
        (Id::Products, stats.products as f64),
        (Id::IndexedKeys, stats.indexed_keys as f64),
        (Id::Customers, stats.customers as f64),
        (Id::CustomersLimit, stats.customers_limit as f64),
        (Id::Runs, stats.live_runs() as f64),
        (Id::Windows, stats.open_windows() as f64),
        (Id::Timers, stats.timers as f64),
        (Id::TimersDue, stats.timers_due as f64),
        (Id::TimerLag, seconds(stats.timer_lag())),
        (Id::CheckpointAge, seconds(stats.checkpoint_age)),
        (Id::Retention, seconds(stats.retention.unwrap_or(0))),
    ] {
        metrics.gauge(id, &[shard]).set(value);
    }
}

/// Of a pool that is not the shard's any more, or of a shard that is not ours, there is no number: 0 would be an alarm.
fn pools(metrics: &Metrics, shard: &str, now: &[PoolCount], last: &[PoolCount]) {
    let left = |pool: &str| now.iter().find(|now| now.pool == pool).map(|now| now.left as f64);
    for PoolCount { pool, .. } in now.iter().chain(last) {
        let left = left(pool).unwrap_or(f64::NAN);
        metrics.gauge(Id::CouponsLeft, &[shard, pool]).set(left);
    }
}

fn delivery_lane(metrics: &Metrics, lane: &Lane, before: Option<&Lane>) {
    let labels = [Closed::name(lane.provider), lane.channel.name()];
    let none = Counts::default();
    counts(metrics, Id::Calls, &labels, &lane.calls, before.map_or(&none, |before| &before.calls));
    let retries = lane.retries.saturating_sub(before.map_or(0, |before| before.retries));
    metrics.counter(Id::Retries, &labels).increment(retries);
    metrics.gauge(Id::Queue, &labels).set(lane.queue as f64);
    for state in Breaker::ALL {
        let value = f64::from(u8::from(lane.breaker == *state));
        metrics.gauge(Id::BreakerState, &[labels[0], labels[1], state.name()]).set(value);
    }
}
