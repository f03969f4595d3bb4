//! Who has a partition when an engine goes away. No limit here is as long as the group's session (45 s by default), for which a partition would
//! be without an owner if nobody said anything.

use crate::kill_nine::PARTITIONS;
use crate::processes::{Deployment, create_topics, until};
use std::time::Duration;

/// Well below the session, and far above what it takes (`loadtest hand-over` measures that).
const LIMIT: Duration = Duration::from_secs(30);

fn running(deployment: &Deployment) -> f64 {
    deployment.sum("cartwheel_shard_state", "state=\"running\"")
}

#[test]
fn a_killed_engine_has_its_partitions_again_and_a_stopped_one_gives_them_away() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let one = Deployment::new(broker.bootstrap(), 1, "handover");
    let other = one.beside();
    let kafka = one.kafka();
    assert_eq!(kafka.session_timeout_ms, 45_000, "the default");
    create_topics(&kafka, PARTITIONS, None);
    let all = f64::from(PARTITIONS);

    let first = one.run();
    until("the first to have all", LIMIT, || running(&one) == all);
    let second = other.run();
    until("both to have some", LIMIT, || {
        running(&one) > 0.0 && running(&other) > 0.0 && running(&one) + running(&other) == all
    });
    let share = running(&other);

    second.kill_hard();
    assert_eq!(running(&other), 0.0);
    let second = other.run();
    until("the killed one to have its share again", LIMIT, || running(&other) == share);

    first.stop();
    until("the other to have all", LIMIT, || running(&other) == all);

    let first = one.run();
    until("both to have some again", LIMIT, || {
        running(&one) > 0.0 && running(&one) + running(&other) == all
    });
    second.stop();
    until("the first to have all again", LIMIT, || running(&one) == all);
    first.stop();
}
