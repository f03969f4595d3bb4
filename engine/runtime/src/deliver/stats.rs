//! What delivery counts, and its snapshot.

use super::options::Route;
use crate::admin::Board;
use crate::clock::Reading;
use crate::metrics::labels::{
    Breaker, CallOutcome, Closed, Counts, DeadSource, Kept, Provider, Stopped, Withheld,
};
use crate::metrics::snapshot::{DeliveryStats, Lane};
use crate::metrics::{CallMeter, Metrics};
use cartwheel_core::receipt::{Outcome, Receipt};
use cartwheel_core::sends::{Poison, Sample};
use cartwheel_core::time::Millis;
use cartwheel_delivery::attempt::refuses_account;
use cartwheel_delivery::breaker::State;
use cartwheel_delivery::config::Config;
use cartwheel_delivery::metrics::{ChannelGauges, Counter, Counters, Gauges};
use cartwheel_delivery::worker::{Call, Target, Write};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Least time between two snapshots.
const EVERY: Duration = Duration::from_millis(250);

/// Counts, and posts a few times a second.
pub(super) struct Figures {
    metrics: Arc<Metrics>,
    board: Arc<Board>,
    stats: DeliveryStats,
    meters: Vec<CallMeter>,
    unrenderable: u64,
    /// (position, end) by partition.
    reading: BTreeMap<i32, (i64, i64)>,
    stopped: BTreeMap<i32, Stopped>,
    clock: Option<Reading>,
    last: Option<Instant>,
}

impl Figures {
    /// With these limits of the worker.
    pub fn new(
        metrics: Arc<Metrics>,
        board: Arc<Board>,
        routes: &[Route],
        limits: &Config,
    ) -> Self {
        let known = routes.iter().map(|route| (Provider::of(route.sender.name()), route.channel));
        let lanes = known.clone().map(|(provider, channel)| Lane {
            provider,
            channel,
            calls: Counts::default(),
            retries: 0,
            queue: 0,
            breaker: Breaker::Closed,
        });
        let mut stats =
            DeliveryStats { execution: 1, lanes: lanes.collect(), ..DeliveryStats::default() };
        stats.kept_limit[Kept::Suppressions] = limits.max_suppressions as u64;
        stats.kept_limit[Kept::Commands] = limits.max_remembered as u64;
        let meters =
            known.map(|(provider, channel)| metrics.call_meter(provider, channel)).collect();
        Self {
            metrics,
            board,
            stats,
            meters,
            unrenderable: 0,
            reading: BTreeMap::new(),
            stopped: BTreeMap::new(),
            clock: None,
            last: None,
        }
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
        // A wrong key of the account rejects the call and not the message, which is called again.
        let what = if refuses_account(outcome) {
            Some(CallOutcome::Retry)
        } else {
            CallOutcome::parse(outcome.name())
        };
        if let (Some(lane), Some(what)) = (self.stats.lanes.get_mut(route), what) {
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
        let typed = write
            .value
            .as_deref()
            .and_then(|value| serde_json::from_slice::<Typed<'_>>(value).ok());
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

    /// A partition of ours is not delivered, or (none) it is again or no longer ours.
    pub fn stopped(&mut self, partition: i32, why: Option<Stopped>) {
        match why {
            Some(why) => drop(self.stopped.insert(partition, why)),
            None => drop(self.stopped.remove(&partition)),
        }
    }

    /// What the clock says, for the next post.
    pub fn clock(&mut self, reading: Reading) {
        self.clock = Some(reading);
    }

    /// Posts, if it is time. `view_age`: since the suppression view was last known to be complete.
    pub fn post(
        &mut self,
        counters: &Counters,
        gauges: Gauges,
        channels: impl IntoIterator<Item = ChannelGauges>,
        view_age: Millis,
    ) {
        if self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        let stats = &mut self.stats;
        let ended = |reason| counters.total(Counter::Ended, reason);
        stats.withheld[Withheld::Suppressed] = ended("suppressed");
        stats.withheld[Withheld::Expired] = ended("expired");
        stats.withheld[Withheld::Exhausted] = ended("exhausted");
        let again = |reason| counters.total(Counter::Repeated, reason);
        stats.withheld[Withheld::AlreadySent] = again("sent") + again("already_sent");
        stats.withheld[Withheld::Unrenderable] = self.unrenderable;
        let from_intake = |reason: &str| {
            Poison::ALL.iter().any(|poison| poison.name() == reason)
                || Sample::ALL.iter().any(|sample| sample.name() == reason)
        };
        stats.dead_letters = Counts::default();
        for (_, channel, reason, count) in
            counters.iter().filter(|row| row.0 == Counter::DeadLetters)
        {
            let source = if channel.is_none() && from_intake(reason) {
                DeadSource::Intake
            } else {
                DeadSource::Delivery
            };
            stats.dead_letters[source] += count;
        }
        for now in channels {
            stats.lanes.iter_mut().filter(|lane| lane.channel == now.channel).for_each(|lane| {
                lane.queue = now.queued as u64;
                lane.breaker = breaker(now.breaker);
            });
        }
        stats.stopped =
            self.stopped.iter().map(|(partition, why)| (partition.unsigned_abs(), *why)).collect();
        let lag = |(partition, (position, end)): (&i32, &(i64, i64))| {
            (partition.unsigned_abs(), u64::try_from(end - position).unwrap_or(0))
        };
        stats.lag = self.reading.iter().map(lag).collect();
        stats.suppressions = gauges.suppressions as u64;
        stats.kept[Kept::Suppressions] = gauges.suppression_words as u64;
        stats.kept[Kept::Commands] = gauges.remembered as u64;
        stats.suppression_age = view_age;
        self.clock.into_iter().for_each(|reading| self.metrics.post_clock(reading));
        self.metrics.post_delivery(stats);
        self.board.post_delivery(stats.clone());
    }
}

fn breaker(state: State) -> Breaker {
    match state {
        State::Closed(_) => Breaker::Closed,
        State::Open(_) => Breaker::Open,
        State::HalfOpen => Breaker::HalfOpen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::channel::Channel;
    use cartwheel_core::command::Command;
    use cartwheel_core::receipt::RejectReason;
    use cartwheel_delivery::bucket::Rate;
    use cartwheel_delivery::config::Provider as Limits;
    use cartwheel_providers::{BoxFuture, Provider as Sender, Rendered};

    struct Named(&'static str);

    impl Sender for Named {
        fn name(&self) -> &'static str {
            self.0
        }

        fn idempotent(&self) -> bool {
            false
        }

        fn send<'a>(&'a self, _: &'a Rendered, _: &'a Command) -> BoxFuture<'a, Outcome> {
            Box::pin(std::future::ready(Outcome::Accepted { provider_id: None }))
        }
    }

    fn route(channel: Channel, name: &'static str) -> Route {
        let rate = Rate::per_second(1, 1);
        let limits = Limits {
            name: name.into(),
            account: name.into(),
            key_life: None,
            rate,
            max_in_flight: 1,
        };
        Route { channel, limits, sender: Arc::new(Named(name)) }
    }

    #[test]
    fn each_lane_is_posted_with_its_own_queue_breaker_and_calls() {
        let metrics = Arc::new(Metrics::new("0").unwrap());
        let routes = [
            route(Channel::Email, "smtp"),
            route(Channel::Sms, "letter-box"),
            route(Channel::Push, "carrier-pigeon"),
        ];
        let board = Arc::new(Board::new(Vec::new()));
        let limits = Config::default();
        let mut figures = Figures::new(Arc::clone(&metrics), board, &routes, &limits);
        let refused = Outcome::Rejected { reason: RejectReason::Unauthorized, suppress: false };
        figures.outcome(1, &refused, Duration::ZERO, false);
        let gauges = [
            ChannelGauges { channel: Channel::Email, queued: 2, breaker: State::Closed(1) },
            ChannelGauges { channel: Channel::Sms, queued: 5, breaker: State::Open(9) },
            ChannelGauges { channel: Channel::Push, queued: 0, breaker: State::HalfOpen },
        ];
        figures.post(&Counters::default(), Gauges::default(), gauges, 0);
        let text = metrics.render();
        for line in [
            r#"cartwheel_delivery_queue{provider="smtp",channel="email"} 2"#,
            r#"cartwheel_delivery_queue{provider="letter_box",channel="sms"} 5"#,
            r#"cartwheel_delivery_breaker_state{provider="smtp",channel="email",state="closed"} 1"#,
            r#"cartwheel_delivery_breaker_state{provider="letter_box",channel="sms",state="open"} 1"#,
            r#"cartwheel_delivery_breaker_state{provider="other",channel="push",state="half_open"} 1"#,
            r#"cartwheel_delivery_calls_total{provider="letter_box",channel="sms",outcome="retry"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
