//! What is said of a journey holds on every shard, whoever is killed.

use crate::kill_nine::PARTITIONS;
use crate::processes::{Deployment, create_topics, until};
use crate::streams::done;
use serde_json::Value;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_pause_holds_on_every_shard_over_a_kill_until_it_is_resumed() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "paused");
    create_topics(&deployment.kafka(), PARTITIONS, None);
    let halted = |shards: i32| deployment.sum("cartwheel_journeys_halted", "") == f64::from(shards);
    let running = || deployment.sum("cartwheel_shard_state", "state=\"running\"");
    let engine = deployment.run();
    until("the shards", LIMIT, || running() == f64::from(PARTITIONS));
    let told = done(&deployment, &["control", "pause", "welcome"]);
    assert!(told.contains("pause welcome is written with sequence 1"), "{told}");
    until("every shard to pause it", LIMIT, || halted(PARTITIONS));

    engine.kill_hard();
    let engine = deployment.run();
    until("every shard to know of the pause", LIMIT, || halted(PARTITIONS));
    let inspected = deployment.command(&["--output", "json", "inspect"]);
    let shards: Vec<Value> = serde_json::from_slice(&inspected.stdout).expect("shards");
    for shard in &shards {
        assert_eq!(shard["halted"][0]["journey"], "welcome", "{shard}");
        assert_eq!(shard["halted"][0]["standing"], "paused", "{shard}");
    }

    done(&deployment, &["control", "resume", "welcome", "--missed-within", "6h"]);
    until("every shard to resume it", LIMIT, || halted(0));
    engine.stop();
}
