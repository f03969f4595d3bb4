use super::labels::{Breaker, CallOutcome, Counts, Intake, ShardState, Stopped};
use super::snapshot::{DecisionCount, Lane, PoolCount, RunCount, WalkCount};
use super::*;
use crate::clock::Jumps;
use cartwheel_core::decision::{Reason, Verdict};

fn sample(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

fn decision(journey: &str, step: &str, count: u64) -> DecisionCount {
    DecisionCount {
        journey: journey.into(),
        step: Some(step.into()),
        decision: Verdict::Sent,
        reason: Reason::GatePassed,
        count,
    }
}

#[test]
fn counters_grow_by_differences_and_survive_a_new_execution() {
    let metrics = Metrics::new("1.2.3").unwrap();
    let mut stats = ShardStats::new(1, 1);
    stats.events[Intake::Applied] = 10;
    stats.restarts = 1;
    stats.decisions = vec![decision("welcome", "hello", 3), decision("welcome", "story", 2)];
    metrics.post_shard(&stats);
    stats.events[Intake::Applied] = 15;
    stats.decisions[0].count = 4;
    metrics.post_shard(&stats);
    let mut again = ShardStats::new(1, 2);
    again.events[Intake::Applied] = 7;
    again.restarts = 2;
    again.decisions = vec![decision("welcome", "hello", 1)];
    metrics.post_shard(&again);

    let text = metrics.render();
    assert_eq!(
        sample(&text, r#"cartwheel_events_total{shard="1",outcome="applied"}"#),
        Some(22.0),
        "{text}"
    );
    assert_eq!(
        sample(&text, r#"cartwheel_events_total{shard="1",outcome="duplicate"}"#),
        Some(0.0)
    );
    assert_eq!(sample(&text, r#"cartwheel_shard_restarts_total{shard="1"}"#), Some(2.0));
    assert_eq!(
        sample(
            &text,
            r#"cartwheel_decisions_total{journey="welcome",decision="sent",reason="gate_passed"}"#
        ),
        Some(7.0)
    );
    assert_eq!(sample(&text, r#"cartwheel_build_info{version="1.2.3"}"#), Some(1.0));
    assert!(sample(&text, "cartwheel_process_resident_memory_bytes").unwrap() > 100_000.0);
}

#[test]
fn gauges_show_the_last_snapshot_and_a_forgotten_shard_is_away() {
    let metrics = Metrics::new("0").unwrap();
    let mut stats = ShardStats::new(0, 1);
    stats.state = ShardState::Running;
    (stats.now, stats.clock, stats.oldest_due) = (1_000, 4_500, Some(2_000));
    stats.lag_records = 1;
    stats.runs = vec![
        RunCount { journey: "a".into(), step: None, runs: 2 },
        RunCount { journey: "b".into(), step: None, runs: 3 },
    ];
    metrics.post_shard(&stats);
    let text = metrics.render();
    assert_eq!(sample(&text, r#"cartwheel_shard_lag_seconds{shard="0"}"#), Some(3.5));
    assert_eq!(sample(&text, r#"cartwheel_timer_lag_seconds{shard="0"}"#), Some(2.5));
    assert_eq!(sample(&text, r#"cartwheel_runs{shard="0"}"#), Some(5.0));
    assert_eq!(sample(&text, r#"cartwheel_shard_state{shard="0",state="running"}"#), Some(1.0));
    let left = r#"cartwheel_broadcast_customers_left{shard="0"}"#;
    assert_eq!(sample(&text, left), Some(0.0));
    stats.walk = Some(WalkCount { name: "sale".into(), reached: 4, left: 6 });
    metrics.post_shard(&stats);
    assert_eq!(sample(&metrics.render(), left), Some(6.0));
    // The clock of a shard that has caught up is behind on purpose.
    stats.lag_records = 0;
    metrics.post_shard(&stats);
    let text = metrics.render();
    assert_eq!(sample(&text, r#"cartwheel_shard_lag_seconds{shard="0"}"#), Some(0.0));

    metrics.forget_shard(0);
    let text = metrics.render();
    assert_eq!(sample(&text, r#"cartwheel_runs{shard="0"}"#), Some(0.0));
    assert_eq!(sample(&text, r#"cartwheel_shard_state{shard="0",state="running"}"#), Some(0.0));
    assert_eq!(sample(&text, r#"cartwheel_shard_state{shard="0",state="away"}"#), Some(1.0));
}

#[test]
fn a_pool_that_is_not_here_any_more_has_no_number() {
    let metrics = Metrics::new("1.2.3").unwrap();
    let mut stats = ShardStats::new(1, 1);
    stats.state = ShardState::Running;
    stats.now = 1;
    let pool = |pool: &str, left| PoolCount { pool: pool.into(), left, given: 3 };
    stats.coupons = vec![pool("spring", 7), pool("autumn", 0)];
    metrics.post_shard(&stats);
    let left = |pool: &str| {
        let series = format!(r#"cartwheel_coupons_left{{shard="1",pool="{pool}"}}"#);
        sample(&metrics.render(), &series)
    };
    assert_eq!((left("spring"), left("autumn")), (Some(7.0), Some(0.0)));
    stats.coupons = vec![pool("spring", 6)];
    metrics.post_shard(&stats);
    assert_eq!(left("spring"), Some(6.0));
    assert!(left("autumn").is_some_and(f64::is_nan));
    metrics.forget_shard(1);
    assert!(left("spring").is_some_and(f64::is_nan));
}

#[test]
fn histograms_are_histograms() {
    let metrics = Metrics::new("0").unwrap();
    let meter = metrics.shard_meter(3);
    meter.turn(Duration::from_millis(2), 10);
    meter.turn(Duration::from_millis(40), 100);
    metrics.upkeep();
    metrics.call_meter(Provider::Smtp, Channel::Email).call(Duration::from_millis(7));
    let text = metrics.render();
    assert_eq!(
        sample(&text, r#"cartwheel_turn_duration_seconds_bucket{shard="3",le="0.003"}"#),
        Some(1.0),
        "{text}"
    );
    assert_eq!(
        sample(&text, r#"cartwheel_turn_duration_seconds_bucket{shard="3",le="+Inf"}"#),
        Some(2.0)
    );
    assert_eq!(sample(&text, r#"cartwheel_turn_records_sum{shard="3"}"#), Some(110.0));
    assert_eq!(
        sample(
            &text,
            r#"cartwheel_delivery_call_duration_seconds_count{provider="smtp",channel="email"}"#
        ),
        Some(1.0)
    );
    assert!(!text.contains("quantile="));
}

#[test]
fn journey_names_are_bounded() {
    let metrics = Metrics::new("0").unwrap();
    let mut stats = ShardStats::new(0, 1);
    stats.decisions =
        (0..MAX_JOURNEYS + 5).map(|n| decision(&format!("j{n:03}"), "s", 1)).collect();
    metrics.post_shard(&stats);
    let text = metrics.render();
    let series = text.lines().filter(|line| line.starts_with("cartwheel_decisions_total{")).count();
    assert_eq!(series, MAX_JOURNEYS + 1);
    assert_eq!(
        sample(
            &text,
            r#"cartwheel_decisions_total{journey="other",decision="sent",reason="gate_passed"}"#
        ),
        Some(5.0)
    );
}

#[test]
fn everything_rendered_stands_in_the_table_and_everything_in_the_table_is_rendered() {
    let metrics = Metrics::new("0").unwrap();
    let mut stats = ShardStats::new(0, 1);
    stats.decisions = vec![decision("a", "b", 1)];
    stats.coupons = vec![PoolCount { pool: "a".into(), left: 1, given: 0 }];
    metrics.post_shard(&stats);
    let jumps = Jumps { forward: 2, back: 0 };
    metrics.watch_disk(Path::new("/"));
    metrics.partitions(1);
    metrics.post_clock(Reading { wall: 0, latest: 9, held: true, jumps });
    let mut calls = Counts::default();
    calls[CallOutcome::Ambiguous] = 2;
    let (provider, channel) = (Provider::Resend, Channel::Email);
    let lane = Lane { provider, channel, calls, retries: 1, queue: 4, breaker: Breaker::Open };
    metrics.post_delivery(&DeliveryStats {
        lanes: vec![lane],
        lag: vec![(0, 9)],
        ..DeliveryStats::default()
    });
    metrics.shard_meter(0).turn(Duration::ZERO, 0);
    metrics.shard_meter(0).checkpoint(Duration::ZERO);
    metrics.call_meter(provider, channel).call(Duration::ZERO);

    let text = metrics.render();
    let rendered: std::collections::BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(rendered, TABLE.iter().map(|metric| metric.name).collect());
    assert_eq!(sample(&text, "cartwheel_clock_held"), Some(1.0));
    assert_eq!(sample(&text, r#"cartwheel_clock_jumps_total{direction="forward"}"#), Some(2.0));
    let ambiguous =
        r#"cartwheel_delivery_calls_total{provider="resend",channel="email",outcome="ambiguous"}"#;
    assert_eq!(sample(&text, ambiguous), Some(2.0));
    assert_eq!(
        sample(
            &text,
            r#"cartwheel_delivery_breaker_state{provider="resend",channel="email",state="open"}"#
        ),
        Some(1.0)
    );
}

/// A gauge of shard 0.
fn gauge(metrics: &Metrics, name: &str) -> f64 {
    sample(&metrics.render(), &format!(r#"{name}{{shard="0"}}"#))
        .unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_shard_that_failed_keeps_its_figures_and_its_checkpoint_grows_older() {
    let (metrics, mut posted, start) =
        (Metrics::new("0").unwrap(), Posted::default(), Instant::now());
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut stats = ShardStats::new(0, 1);
    stats.state = ShardState::Running;
    (stats.now, stats.clock, stats.lag_records, stats.customers) = (1_000, 4_500, 38, 7);
    (stats.checkpoint_age, stats.checkpoints, stats.retention) = (60_000, 1, Some(600_000));
    posted.shard(&metrics, stats.clone(), start);

    let mut failed = ShardStats::new(0, 2);
    (failed.state, failed.clock) = (ShardState::Quarantined, 9_000);
    posted.shard(&metrics, failed, after(10));
    posted.refresh(&metrics, after(40));
    let shown = ["lag_records", "lag_seconds", "retention_seconds", "checkpoint_age_seconds"];
    let names = shown.map(|name| {
        if name.starts_with("lag") {
            format!("cartwheel_shard_{name}")
        } else {
            format!("cartwheel_{name}")
        }
    });
    assert_eq!(names.map(|name| gauge(&metrics, &name)), [38.0, 8.0, 600.0, 100.0]);
    assert_eq!(gauge(&metrics, "cartwheel_customers"), 7.0);

    // Started again, it counts from its own start until it has written a checkpoint.
    (stats.execution, stats.checkpoints, stats.checkpoint_age) = (3, 0, 1_000);
    posted.shard(&metrics, stats.clone(), after(50));
    assert_eq!(gauge(&metrics, "cartwheel_checkpoint_age_seconds"), 110.0);
    (stats.checkpoints, stats.checkpoint_age) = (1, 2_000);
    posted.shard(&metrics, stats, after(60));
    assert_eq!(gauge(&metrics, "cartwheel_checkpoint_age_seconds"), 2.0);
}

#[test]
fn a_partition_that_another_worker_delivers_has_no_lag_here() {
    let metrics = Metrics::new("0").unwrap();
    metrics.post_delivery(&DeliveryStats { lag: vec![(0, 9), (1, 4)], ..DeliveryStats::default() });
    metrics.post_delivery(&DeliveryStats { lag: vec![(1, 5)], ..DeliveryStats::default() });
    let text = metrics.render();
    assert_eq!(sample(&text, r#"cartwheel_delivery_lag_records{shard="0"}"#), Some(0.0));
    assert_eq!(sample(&text, r#"cartwheel_delivery_lag_records{shard="1"}"#), Some(5.0));
}

#[test]
fn a_shard_that_is_not_delivered_is_shown_until_it_is() {
    let metrics = Metrics::new("0").unwrap();
    let shown = |reason: &str| {
        sample(
            &metrics.render(),
            &format!(r#"cartwheel_delivery_stopped{{shard="3",reason="{reason}"}}"#),
        )
    };
    metrics.post_delivery(&DeliveryStats {
        stopped: vec![(3, Stopped::OutOfLog)],
        ..DeliveryStats::default()
    });
    assert_eq!((shown("out_of_log"), shown("unusable")), (Some(1.0), Some(0.0)));
    metrics.post_delivery(&DeliveryStats::default());
    assert_eq!((shown("out_of_log"), shown("unusable")), (Some(0.0), Some(0.0)));
}

#[test]
fn a_provider_that_is_not_listed_is_not_taken_for_another() {
    for (name, label) in
        [("smtp", "smtp"), ("letter-box", "letter_box"), ("carrier-pigeon", "other"), ("", "other")]
    {
        assert_eq!(Closed::name(Provider::of(name)), label);
    }
}
