//! A product comes back for which 100,000 wait, in four partitions: each shard tells its part of 300, the first in line first, spread, each customer once, though
//! the engine is killed with -9 while it does, and the catalogue's record comes again.

use crate::audit::Accepted;
use crate::processes::{Deployment, create_topics, until};
use cartwheel_core::fact::key_hash;
use cartwheel_core::id::{CustomerId, in_holdout, place_in_line};
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_kafka::{EventsProducer, KafkaConfig, Message, Offsets};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

const MINUTE: Millis = HOUR / 60;
const PARTITIONS: i32 = 4;
const WATCHERS: u64 = 100_000;
/// Pieces that there are of the product: three times as many hear of it.
const STOCK: u64 = 100;
const BUDGET: usize = 300;
/// Records of other products in each partition, while these hear of it: the engine has something to do in between.
const OTHERS: i64 = 100_000;
const PRODUCT: &str = "p";
const JOURNEY: &str = "back_in_stock";

/// A record's time, partition (none: by the customer) and value.
type Written = (Millis, Option<i32>, Value);

fn record(time: Millis, sequence: i64, product: &Value) -> Vec<Written> {
    let value = json!({ "type": "catalogue", "stream": "catalogue", "epoch": "e", "sequence": sequence, "product": product });
    (0..PARTITIONS).map(|partition| (time, Some(partition), value.clone())).collect()
}

/// All wait; then there is some of it; and within the next half hour, and behind it, the same record comes again.
fn story(start: Millis) -> Vec<Written> {
    let mut story = record(start, 1, &json!({ "id": PRODUCT, "stock": 0, "name": "Blue lamp" }));
    story.extend((0..WATCHERS).map(|number| {
        let name = format!("w{number}");
        let profile =
            json!({ "email": format!("{name}@example.test"), "consent": { "email": true } });
        let event = json!({ "type": "stock_alert_requested", "customer": name, "product": { "id": PRODUCT }, "profile": profile });
        (start, None, event)
    }));
    let back = json!({ "id": PRODUCT, "stock": STOCK });
    let restocked = start + HOUR;
    story.extend(record(restocked, 2, &back));
    for number in 0..OTHERS {
        let time = restocked + 45 * MINUTE * number / OTHERS;
        let other = json!({ "id": format!("q{}", number % 500), "stock": number % 3 });
        story.extend(record(time, 3 + number, &other));
        if number == OTHERS / 4 || number == OTHERS - 1 {
            story.extend(record(time, 2, &back));
        }
    }
    story
}

fn produce(kafka: &KafkaConfig, story: &[Written]) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let producer = EventsProducer::new(kafka).expect("a producer");
        let topic = kafka.topics().events;
        for chunk in story.chunks(5_000) {
            let values: Vec<String> = chunk.iter().map(|(.., value)| value.to_string()).collect();
            let sends = chunk.iter().zip(&values).map(|((time, partition, value), text)| {
                producer.send(Message {
                    topic: &topic,
                    partition: *partition,
                    key: value["customer"].as_str().map(str::as_bytes),
                    value: Some(text.as_bytes()),
                    timestamp_ms: Some(*time),
                    ..Message::default()
                })
            });
            for appended in futures_util::future::join_all(sends).await {
                appended.expect("an acknowledgement");
            }
        }
    });
}

/// Those who wait in each partition, in the order in which they hear of it.
fn lines(kafka: &KafkaConfig) -> Vec<Vec<String>> {
    let mut lines = vec![Vec::new(); PARTITIONS as usize];
    for number in 0..WATCHERS {
        let name = format!("w{number}");
        let partition = kafka.partitioner.partition_of(name.as_bytes(), PARTITIONS);
        let place = place_in_line(JOURNEY, key_hash(PRODUCT), CustomerId::of(&name));
        lines[partition as usize].push((place, name));
    }
    let sorted = lines.into_iter().map(|mut line| {
        line.sort();
        line.into_iter().map(|(_, name)| name).collect()
    });
    sorted.collect()
}

#[test]
fn killed_while_it_tells_each_hears_once_that_a_product_is_back() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "watchers");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let start = now.as_millis() as Millis - 4 * HOUR;
    produce(&kafka, &story(start));

    let offsets = Offsets::new(&kafka).expect("a client");
    let ends = |topic: &str| -> Vec<i64> {
        let end = |partition| offsets.end(topic, partition, Duration::from_secs(10));
        (0..PARTITIONS).map(|partition| end(partition).expect("an end offset")).collect()
    };
    let decided = || ends(&kafka.topics().sends).iter().sum::<i64>();
    let mut engine = deployment.run();
    let mut stops = Vec::new();
    for moment in [20, 100, 200] {
        until("some to hear of it", Duration::from_secs(60), || decided() >= moment);
        engine.kill_hard();
        stops.push(decided());
        engine = deployment.run();
    }
    until("the end of the events", Duration::from_secs(60), || {
        deployment.caught_up() && deployment.sum("cartwheel_timers_due", "") == 0.0
    });
    engine.stop();
    assert!(stops[0] < decided(), "stopped in the middle: {stops:?} of {}", decided());

    let accepted = Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    // As shard time stands at each record, a window ends with the first one behind its deadline.
    let second = |time: Millis| (time - start) / 1_000;
    let mut told: BTreeMap<String, Vec<Millis>> = BTreeMap::new();
    for command in accepted.commands().filter(|command| command["journey"] == JOURNEY) {
        let customer = command["customer"].as_str().expect("a customer").to_owned();
        let due = command["due_at"].as_str().expect("an instant");
        let due = cartwheel_core::time::parse_rfc3339(due).expect("an instant");
        told.entry(customer).or_default().push(second(due));
    }
    let mut expected = BTreeMap::new();
    for line in lines(&kafka) {
        let share = BUDGET / PARTITIONS as usize;
        for (place, name) in line.into_iter().take(share).enumerate() {
            // Who is held out has a part of the budget, and no command.
            if !in_holdout(JOURNEY, CustomerId::of(&name), 500) {
                let due = start + HOUR + 30 * MINUTE * place as i64 / share as i64;
                expected.insert(name, vec![second(due)]);
            }
        }
    }
    assert!(expected.len() > BUDGET * 4 / 5, "{}", expected.len());
    assert_eq!(told, expected);
}
