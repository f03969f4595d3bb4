//! Bad records become dead letters with their reasons, and nothing else is lost.

use crate::processes::{Deployment, create_topics, until};
use cartwheel_core::sends::Poison;
use cartwheel_kafka::{EventsProducer, KafkaConfig, Message};
use std::collections::BTreeMap;
use std::time::Duration;

#[test]
fn bad_records_are_dead_letters_and_the_good_ones_beside_them_are_applied() {
    // Its topics take records of 8 MiB.
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "bad");
    let kafka = KafkaConfig { message_max_bytes: 8 << 20, ..deployment.kafka() };
    create_topics(&kafka, 2, None);
    let engine = deployment.run();
    let deliver = deployment.deliver();

    let huge = format!(
        r#"{{"id":"5","type":"page_viewed","customer":"ana","page":"{}"}}"#,
        "x".repeat(5 << 20)
    );
    let records = [
        (r#"{"id":"0","type":"page_viewed","customer":"ana"}"#, None),
        (r#"{"id":"1","type":"cart_upd"#, Some(Poison::NotJson)),
        (
            r#"{"id":"2","type":"cart_updated","customer":"ana","time":"soon"}"#,
            Some(Poison::BadTime),
        ),
        (r#"{"id":"3","type":"cart_updated"}"#, Some(Poison::MissingCustomer)),
        (huge.as_str(), Some(Poison::TooLarge)),
        (
            r#"{"id":"6","type":"page_viewed","customer":"ana","time":"9999-12-01T00:00:00Z"}"#,
            Some(Poison::TimeInFuture),
        ),
        (r#"{"id":"7","type":"moon_landed","customer":"ana","lander":{"name":"Eagle"}}"#, None),
        (
            r#"{"id":"8","type":"cart_updated","customer":"ana","cart":{"id":"k","total":"5","items":5}}"#,
            None,
        ),
        // Of two that are odd alike one is copied.
        (
            r#"{"id":"9","type":"cart_updated","customer":"ana","cart":{"id":"k","total":"5","items":{}}}"#,
            None,
        ),
    ];
    produce(&kafka, &records.map(|(text, _)| text));

    let expected: BTreeMap<&str, usize> =
        records.iter().filter_map(|(_, poison)| poison.map(|poison| (poison.name(), 1))).collect();
    let mut letters = owned(&expected);
    letters.insert("degraded".to_owned(), 1);
    until("the dead letters", Duration::from_secs(90), || dead(&deployment) == letters);
    until("the last good record", Duration::from_secs(60), || {
        deployment
            .explain("ana")
            .iter()
            .any(|decision| decision["decision"] == "refused" && decision["reason"] == "filter")
    });
    for (reason, count) in &expected {
        let counted = || deployment.sum("cartwheel_poison_total", &format!("reason=\"{reason}\""));
        until(&format!("the metrics to count {reason}"), Duration::from_secs(30), || {
            counted() == *count as f64
        });
    }
    let degraded = || deployment.sum("cartwheel_degraded_total", "field=\"cart.items\"");
    until("the metrics to count the odd field", Duration::from_secs(30), || degraded() == 2.0);
    replay(&deployment);
    engine.stop();
    deliver.stop();
}

/// Writes back what is meant and nothing else, and says where to go on.
fn replay(deployment: &Deployment) {
    let replayed = |args: &[&str]| -> serde_json::Value {
        let output = deployment.command(&[&["--output", "json", "dlq", "replay"], args].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    assert_eq!(deployment.command(&["dlq", "replay"]).status.code(), Some(64), "which ones?");
    let copies = replayed(&["--reason", "degraded"]);
    assert_eq!((&copies["written"], &copies["applied"]), (&0.into(), &1.into()), "{copies}");
    let first = replayed(&["--reason", "time_in_future"]);
    assert_eq!((&first["written"], &first["too_large"]), (&1.into(), &0.into()), "{first}");
    let next = first["next_from"].as_str().expect("a place to go on").to_owned();
    // It dies again: a new letter, behind that place.
    let mut second = serde_json::Value::Null;
    until("the letter of the repeated event", Duration::from_secs(60), || {
        second = replayed(&["--dry-run", "--reason", "time_in_future", "--from", &next]);
        second["written"] == 1
    });
}

fn owned(counts: &BTreeMap<&str, usize>) -> BTreeMap<String, usize> {
    counts.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
}

/// What `dlq list` counts by reason.
fn dead(deployment: &Deployment) -> BTreeMap<String, usize> {
    let output = deployment.command(&["--output", "json", "dlq", "list"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counts = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let letter: serde_json::Value = serde_json::from_str(line).expect("one JSON object a line");
        let reason =
            letter["reason"].as_str().or(letter["error"].as_str()).expect("a reason").to_owned();
        *counts.entry(reason).or_default() += 1;
    }
    counts
}

fn produce(kafka: &KafkaConfig, values: &[&str]) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let producer = EventsProducer::new(kafka).expect("a producer");
        let topic = kafka.topics().events;
        for value in values {
            let message = Message {
                topic: &topic,
                key: Some(b"ana"),
                value: Some(value.as_bytes()),
                ..Message::default()
            };
            producer.send(message).await.expect("an acknowledgement");
        }
    });
}
