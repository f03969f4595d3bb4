//! Invented data for the console and for the tests of the admin listener: a shop in demo time, a function of the seconds since its start.

use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::decision::{Decision, Reason, Verdict};
use cartwheel_core::id::{CommandId, CustomerId, RunId};
use cartwheel_core::sends::{Mode, SuppressionReason};
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_core::value::Value;
use cartwheel_runtime::admin::view::{
    Begins, CustomerView, Edge, GoalView, InboxEntry, JourneyGraph, JourneyView, Leaving, Overview,
    Personal, ProfileView, Readiness, RunState, RunView, StepView,
};
use cartwheel_runtime::admin::{AdminSource, Board, BoardClock, SourceError};
use cartwheel_runtime::metrics::Metrics;
use cartwheel_runtime::metrics::labels::{
    Breaker, CallOutcome, Counts, Intake, Provider, ShardState,
};
use cartwheel_runtime::metrics::snapshot::{
    DecisionCount, DeliveryStats, Lane, RunCount, ShardStats, WindowCount,
};
use cartwheel_shard::Degraded;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

/// The shop's first instant: 2026-01-01T00:00:00Z.
const EPOCH: Millis = 1_767_225_600_000;
/// Demo time.
const SPEED: f64 = 1_440.0;

/// The invented shop.
pub struct World {
    board: Board,
    clock: Mutex<Millis>,
}

impl World {
    /// At its first instant, with nothing published.
    pub fn new() -> Self {
        Self { board: Board::new(vec![cart(), welcome()]), clock: Mutex::new(EPOCH) }
    }

    /// Publishes the state at so many seconds of real time since the start.
    pub fn advance(&self, seconds: f64, at: Instant, metrics: &Metrics) {
        let clock = EPOCH + (seconds * SPEED * 1_000.0) as Millis;
        *self.clock.lock().unwrap() = clock;
        for shard in 0..2 {
            let stats = stats(shard, seconds, clock);
            metrics.post_shard(&stats);
            self.board.post_shard(stats, at);
        }
        let delivery = delivery(seconds);
        metrics.post_delivery(&delivery);
        self.board.post_delivery(delivery);
    }

    fn now(&self) -> Millis {
        *self.clock.lock().unwrap()
    }
}

/// Grows by `rate` a second, in waves.
fn grown(seconds: f64, rate: f64, shard: u32) -> u64 {
    let wave = (seconds / 9.0 + f64::from(shard)).sin() * 4.0 + (seconds / 2.3).sin() * 0.6;
    ((seconds + wave).max(0.0) * rate) as u64
}

fn stats(shard: u32, seconds: f64, clock: Millis) -> ShardStats {
    let mut stats = ShardStats::new(shard, 1);
    let other = if shard == 0 { 1.0 } else { 0.83 };
    let behind = shard == 1 && (seconds as u64 / 20) % 5 == 4;
    stats.state = ShardState::Running;
    stats.mode = if behind { Mode::Behind } else { Mode::Live };
    stats.clock = clock;
    stats.now = clock - if behind { 2 * HOUR } else { 700 + Millis::from(shard) * 400 };
    stats.lag_records = if behind { 18_400 } else { 12 + grown(seconds, 1.0, shard) % 40 };
    stats.events[Intake::Applied] = grown(seconds, 812.0 * other, shard);
    stats.events[Intake::Unwanted] = grown(seconds, 240.0 * other, shard);
    stats.events[Intake::Duplicate] = grown(seconds, 3.0, shard);
    stats.next_offset = stats.events.total() as i64;
    stats.turns = grown(seconds, 30.0, shard);
    stats.timers_fired = grown(seconds, 22.0, shard);
    stats.configuration = Some(0x5e1f_a2c0_77aa_0d1c_6b0e_9f86_d081_884c);
    stats.customers = 2_400 + u64::from(shard) * 180;
    let windows = 310 + grown(seconds, 1.0, shard) % 60;
    stats.windows = vec![WindowCount { journey: "cart_abandonment".into(), windows }];
    stats.timers = 940 + grown(seconds, 3.0, shard) % 120;
    stats.timers_due = if behind { 214 } else { grown(seconds, 5.0, shard) % 3 };
    stats.oldest_due = behind.then_some(stats.now);
    stats.in_flight = grown(seconds, 7.0, shard) % 9;
    stats.checkpoint_age = (seconds as Millis % 30) * 1_000;
    stats.decisions = decisions(seconds * other, shard);
    stats.runs = [
        ("cart_abandonment", "cart_reminder", 4),
        ("cart_abandonment", "wait-2", 96),
        ("cart_abandonment", "wait-4", 51),
        ("welcome", "wait-2", 143),
        ("welcome", "wait-4", 88),
    ]
    .into_iter()
    .map(|(journey, step, runs)| RunCount {
        journey: journey.into(),
        step: Some(step.into()),
        runs: runs + grown(seconds, 1.7, shard) % 17,
    })
    .collect();
    stats
}

fn decisions(seconds: f64, shard: u32) -> Vec<DecisionCount> {
    use {Reason as R, Verdict as V};
    let rows: &[(&str, Option<&str>, V, R, f64)] = &[
        ("cart_abandonment", None, V::Waiting, R::Window, 21.0),
        ("cart_abandonment", None, V::Entered, R::Window, 9.1),
        ("cart_abandonment", None, V::Refused, R::ExitEvent, 6.4),
        ("cart_abandonment", None, V::Refused, R::Filter, 5.2),
        ("cart_abandonment", None, V::Refused, R::AlreadyRunning, 1.4),
        ("cart_abandonment", None, V::Exited, R::ExitEvent, 2.9),
        ("cart_abandonment", None, V::Converted, R::Goal, 0.9),
        ("cart_abandonment", None, V::Finished, R::Completed, 3.1),
        ("cart_abandonment", Some("cart_reminder"), V::Sent, R::GatePassed, 6.1),
        ("cart_abandonment", Some("cart_reminder"), V::Dropped, R::NoConsent, 1.9),
        ("cart_abandonment", Some("cart_reminder"), V::Deferred, R::QuietHours, 0.8),
        ("cart_abandonment", Some("cart_reminder"), V::HeldOut, R::Holdout, 0.4),
        ("cart_abandonment", Some("cart_reminder"), V::Sent, R::Fallback, 0.5),
        ("cart_abandonment", Some("wait-2"), V::Waiting, R::Step, 7.9),
        ("cart_abandonment", Some("branch-3"), V::Branched, R::Condition, 1.2),
        ("cart_abandonment", Some("branch-3"), V::Branched, R::Otherwise, 4.7),
        ("cart_abandonment", Some("cart_concierge"), V::Sent, R::GatePassed, 1.0),
        ("cart_abandonment", Some("cart_concierge"), V::Dropped, R::Suppressed, 0.1),
        ("cart_abandonment", Some("cart_reviews"), V::Sent, R::GatePassed, 3.1),
        ("cart_abandonment", Some("cart_reviews"), V::Deferred, R::Cap, 1.1),
        ("cart_abandonment", Some("cart_reviews"), V::Dropped, R::Cap, 0.5),
        ("cart_abandonment", Some("wait-4"), V::Waiting, R::Step, 4.3),
        ("cart_abandonment", Some("cart_incentive"), V::Sent, R::GatePassed, 2.2),
        ("cart_abandonment", Some("cart_incentive"), V::Deferred, R::Reserved, 0.3),
        ("welcome", None, V::Entered, R::Trigger, 4.2),
        ("welcome", None, V::Refused, R::Reentry, 0.4),
        ("welcome", None, V::Finished, R::Completed, 2.8),
        ("welcome", Some("welcome_hello"), V::Sent, R::GatePassed, 3.7),
        ("welcome", Some("welcome_hello"), V::Dropped, R::NoConsent, 0.5),
        ("welcome", Some("wait-2"), V::Waiting, R::Step, 4.1),
        ("welcome", Some("welcome_story"), V::Sent, R::GatePassed, 3.0),
        ("welcome", Some("welcome_story"), V::Deferred, R::CaughtUp, 0.2),
        ("welcome", Some("wait-4"), V::Waiting, R::Step, 3.1),
        ("welcome", Some("welcome_bestsellers"), V::Sent, R::GatePassed, 2.6),
    ];
    let count = |rate| grown(seconds, rate, shard);
    let row =
        |(journey, step, decision, reason, rate): &(&str, Option<&str>, V, R, f64)| DecisionCount {
            journey: (*journey).into(),
            step: step.map(Into::into),
            decision: *decision,
            reason: *reason,
            count: count(*rate),
        };
    rows.iter().map(row).filter(|row| row.count > 0).collect()
}

fn delivery(seconds: f64) -> DeliveryStats {
    let mut calls = Counts::default();
    calls[CallOutcome::Accepted] = grown(seconds, 35.0, 0);
    calls[CallOutcome::Retry] = grown(seconds, 0.4, 0);
    calls[CallOutcome::Rejected] = grown(seconds, 0.1, 0);
    let email = Lane {
        provider: Provider::Smtp,
        channel: Channel::Email,
        calls,
        retries: grown(seconds, 0.4, 0),
        queue: 3,
        breaker: Breaker::Closed,
    };
    let sms = Lane {
        provider: Provider::Webhook,
        channel: Channel::Sms,
        calls: Counts::default(),
        retries: 0,
        queue: 0,
        breaker: Breaker::Open,
    };
    DeliveryStats {
        execution: 1,
        lanes: vec![email, sms],
        lag: vec![(0, 3), (1, 0)],
        suppressions: 57,
        ..DeliveryStats::default()
    }
}

fn step(name: &str, kind: &str, says: &str, next: &[(Option<&str>, Option<&str>)]) -> StepView {
    let next = next
        .iter()
        .map(|(to, when)| Edge { to: to.map(Into::into), when: when.map(Into::into) })
        .collect();
    StepView { step: name.into(), kind: kind.into(), says: says.into(), next }
}

fn cart() -> JourneyGraph {
    JourneyGraph {
        journey: "cart_abandonment".into(),
        version: "5e1fa2c0".into(),
        class: Class::Marketing,
        priority: 50,
        tags: vec!["recovery".into()],
        quiet_for: Some("1h".into()),
        at: None,
        begins: Begins {
            events: vec!["cart_updated".into()],
            when: Some("event.cart.total >= 20".into()),
            moved_by: vec!["cart_viewed".into()],
        },
        while_: None,
        exits: vec![Leaving { on: "order_placed".into(), when: None }],
        goal: Some(GoalView { on: "order_placed".into(), within: "5d".into() }),
        first: Some("cart_reminder".into()),
        steps: vec![
            step(
                "cart_reminder",
                "send",
                "email, sms if not opened within 4h",
                &[(Some("wait-2"), None)],
            ),
            step("wait-2", "wait", "23h", &[(Some("branch-3"), None)]),
            step(
                "branch-3",
                "branch",
                "2 arms",
                &[
                    (Some("cart_concierge"), Some("cart.total >= 500")),
                    (Some("cart_reviews"), Some("else")),
                ],
            ),
            step("cart_concierge", "send", "email", &[(Some("wait-4"), None)]),
            step("cart_reviews", "send", "email", &[(Some("wait-4"), None)]),
            step("wait-4", "wait", "1d", &[(Some("cart_incentive"), None)]),
            step("cart_incentive", "send", "email", &[(None, None)]),
        ],
    }
}

fn welcome() -> JourneyGraph {
    JourneyGraph {
        journey: "welcome".into(),
        version: "91c07bd4".into(),
        class: Class::Marketing,
        priority: 60,
        tags: Vec::new(),
        quiet_for: None,
        at: None,
        begins: Begins { events: vec!["customer_created".into()], ..Begins::default() },
        while_: None,
        exits: Vec::new(),
        goal: None,
        first: Some("welcome_hello".into()),
        steps: vec![
            step("welcome_hello", "send", "email", &[(Some("wait-2"), None)]),
            step("wait-2", "wait", "2d", &[(Some("welcome_story"), None)]),
            step("welcome_story", "send", "email", &[(Some("wait-4"), None)]),
            step("wait-4", "wait", "1d", &[(Some("welcome_bestsellers"), None)]),
            step("welcome_bestsellers", "send", "email", &[(None, None)]),
        ],
    }
}

/// A customer who abandoned a cart: what `ana` saw.
fn ana() -> CustomerView {
    let id = CustomerId::of("ana");
    let start = EPOCH + 10 * HOUR;
    let run = RunId::of("cart_abandonment", id, 7, start);
    let text = |name: &str, value: &str| (name.into(), Value::Text(value.into()));
    let number = |name: &str, value: f64| (name.into(), Value::Number(value));
    let decide =
        |hours: i64, step: Option<&str>, decision, reason, channel: Option<Channel>, values| {
            Decision {
                at: start + hours * HOUR,
                customer: "ana".into(),
                journey: "cart_abandonment".into(),
                run: (reason != Reason::Filter).then_some(run),
                step: step.map(Into::into),
                decision,
                reason,
                channel,
                command_id: (decision == Verdict::Sent)
                    .then(|| CommandId::of(run, step.unwrap_or_default(), 0)),
                values,
            }
        };
    use {Reason as R, Verdict as V};
    let email = Some(Channel::Email);
    let decisions = vec![
        decide(-1, None, V::Refused, R::Filter, None, vec![number("event.cart.total", 12.5)]),
        decide(
            0,
            None,
            V::Waiting,
            R::Window,
            None,
            vec![text("until", "2026-01-01T11:00:00.000Z")],
        ),
        decide(1, None, V::Entered, R::Window, None, vec![]),
        decide(1, Some("cart_reminder"), V::Sent, R::GatePassed, email, vec![]),
        decide(
            1,
            Some("wait-2"),
            V::Waiting,
            R::Step,
            None,
            vec![text("until", "2026-01-02T10:00:00.000Z")],
        ),
        decide(
            24,
            Some("branch-3"),
            V::Branched,
            R::Otherwise,
            None,
            vec![number("arm", 1.0), number("cart.total", 123.45)],
        ),
        decide(
            24,
            Some("cart_reviews"),
            V::Deferred,
            R::Cap,
            email,
            vec![
                text("cap", "two a day"),
                number("limit", 2.0),
                number("count", 2.0),
                text("until", "2026-01-02T19:00:00.000Z"),
            ],
        ),
        decide(33, Some("cart_reviews"), V::Sent, R::GatePassed, email, vec![]),
        decide(
            33,
            Some("wait-4"),
            V::Waiting,
            R::Step,
            None,
            vec![text("until", "2026-01-03T19:00:00.000Z")],
        ),
    ];
    CustomerView {
        customer: "ana".into(),
        id,
        shard: 1,
        profile: ProfileView {
            orders: 3,
            lifetime_value: 412.7,
            last_order_at: Some(start - 700 * HOUR),
            facts: BTreeMap::from([
                ("last_seen".into(), Value::Text("2026-01-01T09:58:00.000Z".into())),
                ("net_value".into(), Value::Number(398.2)),
                ("orders".into(), Value::Number(3.0)),
            ]),
            time_zone: "Europe/Madrid".into(),
            country: Some("ES".into()),
            consent: BTreeMap::from([(Channel::Email, true), (Channel::Sms, false)]),
            reachable: vec![Channel::Email, Channel::Sms, Channel::Whatsapp],
            suppressed: BTreeMap::from([(Channel::Sms, SuppressionReason::Unsubscribed)]),
        },
        personal: Some(Personal {
            first_name: Some("Ana".into()),
            last_name: Some("Ruiz".into()),
            email: Some("ana@shop.example".into()),
            phone: Some("+34600000000".into()),
        }),
        runs: vec![RunView {
            run,
            journey: "cart_abandonment".into(),
            version: "5e1fa2c0".into(),
            state: RunState::Live,
            step: Some("cart_incentive".into()),
            opened_at: start,
            due_at: Some(start + 57 * HOUR),
            engaged: true,
            waits: "1d".into(),
        }],
        outlooks: Vec::new(),
        decisions,
        degraded: vec![Degraded {
            at: start + HOUR,
            offset: 160_207,
            kind: "cart_updated".into(),
            fields: vec!["cart.items".into()],
        }],
        truncated: false,
    }
}

const MAILS: [(&str, &str, &str, &str, &str); 5] = [
    (
        "ana",
        "You left something behind",
        "cart_abandonment",
        "cart_reminder",
        "Your walnut desk lamp is still in your cart.",
    ),
    (
        "ben",
        "Welcome to Fern & Oak",
        "welcome",
        "welcome_hello",
        "Good to have you here. Ten percent off your first order.",
    ),
    (
        "chloe",
        "A hand with your order?",
        "cart_abandonment",
        "cart_concierge",
        "Talk to a person about the dining set in your cart.",
    ),
    (
        "dev",
        "What others say about the oak shelf",
        "cart_abandonment",
        "cart_reviews",
        "4.8 of 5 from 213 customers.",
    ),
    (
        "ana",
        "What others say about your lamp",
        "cart_abandonment",
        "cart_reviews",
        "4.7 of 5 from 96 customers.",
    ),
];

fn mail(n: u64) -> Option<(InboxEntry, String)> {
    let (customer, subject, journey, step, body) =
        *MAILS.get(usize::try_from(n).ok()?.checked_sub(1)?)?;
    let at = EPOCH + 11 * HOUR + n as Millis * HOUR * 5;
    let run = RunId::of(journey, CustomerId::of(customer), 7, at);
    let entry = InboxEntry {
        n,
        at,
        to: format!("{customer}@shop.example"),
        subject: subject.into(),
        customer: customer.into(),
        journey: journey.into(),
        step: step.into(),
        command_id: CommandId::of(run, step, 0),
    };
    let html = format!(
        "<!doctype html><html><body style=\"margin:0;background:#f1efe9;font-family:Georgia,serif;color:#2c332e\">\
         <div style=\"max-width:560px;margin:24px auto;background:#fff;border-radius:8px;overflow:hidden\">\
         <div style=\"background:#2f5d50;color:#fff;padding:20px 28px;font-size:22px\">Fern &amp; Oak</div>\
         <div style=\"padding:28px\"><h1 style=\"font-size:24px;margin:0 0 12px\">{subject}</h1><p style=\"line-height:1.6\">{body}</p>\
         <p><a href=\"https://shop.example/\" style=\"display:inline-block;background:#2f5d50;color:#fff;padding:12px 22px;border-radius:6px;text-decoration:none\">Back to your cart</a></p></div>\
         <div style=\"padding:16px 28px;font-size:12px;color:#7a807b\">Unsubscribe</div></div><script>document.title='ran'</script></body></html>"
    );
    Some((entry, html))
}

impl AdminSource for World {
    async fn readiness(&self) -> Readiness {
        Readiness { ready: true, failing: Vec::new() }
    }

    async fn overview(&self) -> Result<Overview, SourceError> {
        Ok(self.board.overview(BoardClock { clock: self.now(), speed: SPEED, demo: true }))
    }

    async fn journey(&self, name: &str) -> Result<JourneyView, SourceError> {
        self.board
            .journey(name)
            .ok_or_else(|| SourceError::NotFound(format!("no journey `{name}`")))
    }

    async fn customer(&self, customer: &str) -> Result<CustomerView, SourceError> {
        let found = (customer == "ana").then(ana);
        found.ok_or_else(|| {
            SourceError::NotFound("no such customer on any shard of this process".into())
        })
    }

    async fn inbox(&self) -> Result<Vec<InboxEntry>, SourceError> {
        Ok((1..=MAILS.len() as u64).rev().filter_map(mail).map(|(entry, _)| entry).collect())
    }

    async fn mail_html(&self, n: u64) -> Result<String, SourceError> {
        mail(n).map(|(_, html)| html).ok_or_else(|| SourceError::NotFound(format!("no mail {n}")))
    }
}
