use super::*;
use crate::metrics::snapshot::RunCount;
use cartwheel_core::channel::Class;

fn graph() -> JourneyGraph {
    let step = |step: &str| super::super::view::StepView {
        step: step.into(),
        kind: "send".into(),
        says: String::new(),
        next: vec![],
    };
    JourneyGraph {
        journey: "cart".into(),
        version: "0123abcd".into(),
        class: Class::Marketing,
        priority: 50,
        tags: vec![],
        quiet_for: None,
        at: None,
        begins: Default::default(),
        while_: None,
        exits: vec![],
        goal: None,
        first: Some("second".into()),
        steps: vec![step("second"), step("first")],
    }
}

fn stats(shard: u32, execution: u64, events: u64, sent: u64) -> ShardStats {
    let mut stats = ShardStats::new(shard, execution);
    stats.state = ShardState::Running;
    stats.events[Intake::Applied] = events;
    let row = |step: Option<&str>, decision, reason, count| DecisionCount {
        journey: "cart".into(),
        step: step.map(Into::into),
        decision,
        reason,
        count,
    };
    stats.decisions = vec![
        row(Some("first"), Verdict::Sent, Reason::GatePassed, sent),
        row(Some("gone"), Verdict::Dropped, Reason::Cap, 1),
        row(None, Verdict::Entered, Reason::Window, 2),
    ];
    stats.runs = vec![RunCount { journey: "cart".into(), step: Some("first".into()), runs: 3 }];
    stats
}

const CLOCK: BoardClock = BoardClock { clock: 0, speed: 1.0, demo: false };

#[test]
fn rates_cover_the_last_seconds() {
    let (board, start) = (Board::new(vec![graph()]), Instant::now());
    for second in 0..=20 {
        let events = if second <= 10 { 0 } else { (second - 10) * 100 };
        board.post_shard(stats(0, 1, events, second), start + Duration::from_secs(second));
    }
    let totals = board.overview(CLOCK).totals;
    assert_eq!((totals.events_per_second, totals.sends_per_second), (100.0, 1.0));
    assert_eq!((totals.events, totals.sends), (1_000, 20));
}

#[test]
fn a_restarted_shard_keeps_what_it_had_counted() {
    let (board, start) = (Board::new(vec![graph()]), Instant::now());
    board.post_shard(stats(0, 1, 50, 5), start);
    board.post_shard(stats(0, 2, 7, 1), start + Duration::from_secs(1));
    board.post_shard(stats(1, 1, 3, 0), start);
    let overview = board.overview(CLOCK);
    assert_eq!((overview.totals.events, overview.totals.sends, overview.totals.runs), (60, 6, 6));
    assert_eq!(overview.shards[0].events_per_second, 7.0);
}

#[test]
fn a_shard_that_failed_is_shown_where_it_stood() {
    let (board, start) = (Board::new(vec![graph()]), Instant::now());
    let mut ran = stats(0, 1, 50, 5);
    (ran.now, ran.next_offset, ran.customers) = (1_000, 51, 9);
    board.post_shard(ran, start);
    let mut failed = ShardStats::new(0, 2);
    failed.state = ShardState::Stopped;
    board.post_shard(failed, start + Duration::from_secs(1));
    let shard = board.overview(CLOCK).shards.remove(0);
    assert_eq!(
        (shard.state, shard.next_offset, shard.customers, shard.runs),
        (ShardState::Stopped, 51, 9, 3)
    );
}

#[test]
fn steps_stand_as_written_and_unknown_ones_last() {
    let board = Board::new(vec![graph()]);
    board.post_shard(stats(0, 1, 1, 4), Instant::now());
    let view = board.journey("cart").unwrap();
    let steps: Vec<_> = view
        .counts
        .steps
        .iter()
        .map(|step| (step.step.as_str(), step.runs, step.decisions.len()))
        .collect();
    assert_eq!(steps, [("second", 0, 0), ("first", 3, 1), ("gone", 0, 1)]);
    assert_eq!(
        view.counts.decisions,
        [ReasonCount { decision: Verdict::Entered, reason: Reason::Window, count: 2 }]
    );
    assert!(board.journey("other").is_none());
}

#[test]
fn frequent_snapshots_do_not_pile_up() {
    let (board, start) = (Board::default(), Instant::now());
    for n in 0..10_000u64 {
        board.post_shard(stats(0, 1, n, 0), start + Duration::from_millis(n));
    }
    let samples = board.lock().shards[&0].samples.len();
    assert!(samples <= RATE_SAMPLES as usize + 2, "{samples}");
    let rate = board.overview(CLOCK).totals.events_per_second;
    assert!((rate - 1_000.0).abs() < 1.0, "{rate}");
}
