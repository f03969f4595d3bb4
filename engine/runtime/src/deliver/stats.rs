//! What delivery counts, and its snapshot.

use super::call::Caller;
use crate::admin::Board;
use crate::metrics::labels::{Breaker, CallOutcome, Closed, Counts, DeadSource, Provider, Withheld};
use crate::metrics::snapshot::{DeliveryStats, Lane};
use crate::metrics::{CallMeter, Metrics};
use cartwheel_core::receipt::{Outcome, Receipt};
use cartwheel_core::sends::Poison;
use cartwheel_core::time::Millis;
use cartwheel_delivery::metrics::{Counter, Counters, Gauges};
use cartwheel_delivery::worker::{Call, Target, Write};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Least time between two snapshots.
const EVERY: Duration = Duration::from_millis(250);

/// Counts, and publishes a few times a second.
pub(super) struct Figures {
    metrics: Arc<Metrics>,
    board: Arc<Board>,
    stats: DeliveryStats,
    meters: Vec<CallMeter>,
    unrenderable: u64,
    /// (position, end) by partition.
    reading: BTreeMap<i32, (i64, i64)>,
    last: Option<Instant>,
}

impl Figures {
    pub fn new(metrics: Arc<Metrics>, board: Arc<Board>, caller: &Caller) -> Self {
        let provider = |name: &str| Provider::parse(name).unwrap_or(Provider::Webhook);
        let known = caller.routes.iter().map(|route| (provider(route.sender.name()), route.channel));
        let lanes = known.clone().map(|(provider, channel)| Lane {
            provider,
            channel,
            calls: Counts::default(),
            retries: 0,
            queue: 0,
            breaker: Breaker::Closed,
        });
        let stats = DeliveryStats { execution: 1, lanes: lanes.collect(), ..DeliveryStats::default() };
        let meters = known.map(|(provider, channel)| metrics.call_meter(provider, channel)).collect();
        Self { metrics, board, stats, meters, unrenderable: 0, reading: BTreeMap::new(), last: None }
    }

    /// A call leaves.
    pub fn called(&mut self, call: &Call, route: usize) {
        if let Some(lane) = self.stats.lanes.get_mut(route) {
            lane.retries += u64::from(call.attempt > 1);
        }
    }

    /// A call came back.
    pub fn outcome(&mut self, route: usize, outcome: &Outcome, took: Duration, unrenderable: bool) {
        if unrenderable {
            self.unrenderable += 1;
            return;
        }
        if let (Some(lane), Some(what)) = (self.stats.lanes.get_mut(route), CallOutcome::parse(outcome.name())) {
            lane.calls[what] += 1;
        }
        if let Some(meter) = self.meters.get(route) {
            meter.call(took);
        }
    }

    /// A record is about to be written.
    pub fn writes(&mut self, write: &Write) {
        #[derive(Deserialize)]
        struct Typed<'a> {
            #[serde(rename = "type", borrow)]
            kind: Cow<'a, str>,
        }
        if write.target != Target::Events {
            return;
        }
        let typed = write.value.as_deref().and_then(|value| serde_json::from_slice::<Typed<'_>>(value).ok());
        if let Some(receipt) = typed.and_then(|typed| Receipt::parse(&typed.kind)) {
            self.stats.receipts[receipt] += 1;
        }
    }

    /// A record was read.
    pub fn read(&mut self, partition: i32, next: i64) {
        let position = &mut self.reading.entry(partition).or_default().0;
        *position = next.max(*position);
    }

    /// A partition ends here.
    pub fn end(&mut self, partition: i32, end: i64) {
        self.reading.entry(partition).or_default().1 = end;
    }

    /// A partition begins here, or is no longer ours.
    pub fn assigned(&mut self, partition: i32, offset: Option<i64>) {
        match offset {
            Some(offset) => drop(self.reading.insert(partition, (offset, offset))),
            None => drop(self.reading.remove(&partition)),
        }
    }

    /// Publishes, if it is time. `view_age`: since the suppression view was last known to be complete.
    pub fn publish(&mut self, counters: &Counters, gauges: Gauges, view_age: Millis) {
        if self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        let stats = &mut self.stats;
        let ended = |reason| counters.total(Counter::Ended, reason);
        stats.withheld[Withheld::Suppressed] = ended("suppressed");
        stats.withheld[Withheld::Expired] = ended("expired");
        stats.withheld[Withheld::Exhausted] = ended("exhausted");
        stats.withheld[Withheld::AlreadySent] = counters.total(Counter::Repeated, "sent");
        stats.withheld[Withheld::Unrenderable] = self.unrenderable;
        let from_intake = |reason: &str| Poison::ALL.iter().any(|poison| poison.name() == reason);
        stats.dead_letters = Counts::default();
        for (_, channel, reason, count) in counters.iter().filter(|row| row.0 == Counter::DeadLetters) {
            let source = if channel.is_none() && from_intake(reason) { DeadSource::Intake } else { DeadSource::Delivery };
            stats.dead_letters[source] += count;
        }
        // The worker tells the sum; where one provider serves everything it is that one's.
        if let [lane] = stats.lanes.as_mut_slice() {
            lane.queue = gauges.queued as u64;
            lane.breaker = if gauges.breakers_open > 0 { Breaker::Open } else { Breaker::Closed };
        }
        let lag =
            |(partition, (position, end)): (&i32, &(i64, i64))| (partition.unsigned_abs(), u64::try_from(end - position).unwrap_or(0));
        stats.lag = self.reading.iter().map(lag).collect();
        stats.suppressions = gauges.suppressions as u64;
        stats.suppression_age = view_age;
        self.metrics.publish_delivery(stats);
        self.board.publish_delivery(stats.clone());
    }
}
