//! Topics that are there before the engine, or are not.

use crate::processes::{Deployment, until};
use cartwheel_kafka::{Admin, TopicSpec};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn an_events_topic_that_is_there_already_gives_the_number_of_shards() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "one");
    let kafka = deployment.kafka();
    let admin = Admin::new(&kafka, PATIENCE).expect("a client");
    // As a stock broker makes it when somebody produces to it.
    let [events, ..] = TopicSpec::all(&kafka, 1, 1, None);
    admin.ensure(&[events], true).expect("the events topic");
    let flags =
        ["--create-topics", "--set", "engine.partitions=4", "--set", "engine.replication=1"];
    let engine = deployment.spawn("run", &flags);
    until("the one shard", Duration::from_secs(60), || {
        deployment.sum("cartwheel_shard_state", r#"state="running""#) == 1.0
    });
    assert_eq!(admin.describe(&kafka.topics().sends).expect("the sends topic").partitions, 1);
    assert_eq!(deployment.sum("cartwheel_leader_changes_total", r#"shard="0""#), 1.0);
    engine.stop();
}

#[test]
fn a_wrong_topic_is_78_and_named() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "wrong");
    let kafka = deployment.kafka();
    let refused = |command: &str, words: &[&str]| {
        let output = deployment.command(&[command]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{told}");
        // Reports break their lines.
        let told = told
            .split(|c: char| c.is_whitespace() || c == '│')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        words.iter().for_each(|word| assert!(told.contains(word), "`{word}` is not in: {told}"));
    };
    let missing = |topic: &str| format!("topic {topic} does not exist on");
    refused(
        "run",
        &[&missing(&kafka.topics().events), "cartwheel run --create-topics", "kafka.namespace"],
    );
    refused(
        "deliver",
        &[&missing(&kafka.topics().sends), "cartwheel run --create-topics", "kafka.namespace"],
    );

    let [events, mut sends, rest @ ..] = TopicSpec::all(&kafka, 1, 1, None);
    sends.partitions = 2;
    let admin = Admin::new(&kafka, PATIENCE).expect("a client");
    admin.ensure(&[&[events, sends][..], &rest].concat(), true).expect("topics");
    refused("run", &[&kafka.topics().sends, "has 2 partitions", "needs the same number on both"]);
}
