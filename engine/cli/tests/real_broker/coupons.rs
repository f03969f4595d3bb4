//! A pool of 1,000 codes for 1,200 customers on four shards, of which one process after the other is killed: no code goes to two, none is lost, and
//! exactly those go without for whom there is none.

use crate::audit::Accepted;
use crate::processes::{Deployment, Process, create_topics, until};
use crate::shoppers::{Story, produce};
use cartwheel_core::coupon::Share;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::time::Millis;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

const LIMIT: Duration = Duration::from_secs(120);
const PARTITIONS: i32 = 4;
const CODES: usize = 1_000;
/// How many more customers than codes there are in each shard.
const MORE: usize = 50;

const JOURNEY: &str = "journey: gift
class: transactional
trigger: { event: gift_asked }
reentry: always
steps:
  - send: gift
    channels: [webhook]
    with: { coupon: gift }
  - wait: 1ms
  - send: gift_again
    channels: [webhook]
    with: { coupon: gift }
";

fn codes() -> Vec<String> {
    (0..CODES).map(|number| format!("GIFT-{number:04}")).collect()
}

/// In each shard so many customers as it has codes, and some more.
fn customers() -> Vec<String> {
    let mut all = Vec::new();
    for partition in 0..PARTITIONS {
        let share = Share::of(partition, PARTITIONS);
        let own = codes().iter().filter(|code| share.has(code)).count();
        let is_here = |name: &String| {
            Partitioner::Murmur2.partition_of(name.as_bytes(), PARTITIONS) == partition
        };
        all.extend((0..).map(|number| format!("c{number}")).filter(is_here).take(own + MORE));
    }
    all
}

/// Everybody asks; guests come later, so that time goes on.
fn story(customers: &[String]) -> Story {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let begin = now.as_millis() as Millis - 600_000;
    let mut story = Story::default();
    for (number, customer) in (0..).zip(customers) {
        story.at(begin + number, customer, "gift_asked", json!({}));
    }
    for guest in 0..40 {
        story.at(begin + 60_000, &format!("guest{guest}"), "page_viewed", json!({}));
    }
    story.sorted()
}

/// A folder with the journey and its templates.
fn configure(dir: &Path) {
    std::fs::create_dir(dir.join("journeys")).expect("a folder");
    std::fs::write(dir.join("journeys/gift.yaml"), JOURNEY).expect("a journey");
    for name in ["gift", "gift_again"] {
        let template = dir.join("templates").join(name);
        std::fs::create_dir_all(&template).expect("a folder");
        std::fs::write(template.join("webhook.liquid"), r#"{"code":"{{ coupon }}"}"#)
            .expect("a template");
    }
}

fn flags(dir: &Path) -> Vec<String> {
    let set = [
        format!("journeys_dir={}", dir.join("journeys").display()),
        format!("templates_dir={}", dir.join("templates").display()),
        "policy.coupons=[gift,other]".to_owned(),
        "policy.max_defer=0s".to_owned(),
        "engine.create_topics=true".to_owned(),
        "engine.replication=1".to_owned(),
    ];
    set.into_iter().flat_map(|set| ["--set".to_owned(), set]).collect()
}

#[test]
fn of_a_thousand_codes_none_goes_to_two_and_none_is_lost_whoever_is_killed() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "coupons");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let dir = tempfile::tempdir().expect("a folder");
    configure(dir.path());
    let file = dir.path().join("codes.txt");
    std::fs::write(&file, codes().join("\n")).expect("a file");
    let file = file.display().to_string();

    let flags = flags(dir.path());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    // Somebody is cut off, and somebody loads the file twice.
    for _ in 0..3 {
        deployment.spawn("coupons", &[&["load", "gift", &file][..], &flags].concat()).kill_hard();
    }
    for _ in 0..2 {
        let output =
            deployment.command(&[&flags[..], &["coupons", "load", "gift", &file]].concat());
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("1000 codes written for the pool gift"), "{told}");
    }
    // A code of two pools would be given twice.
    let into_another = [&flags[..], &["coupons", "load", "other", &file]].concat();
    let refused = deployment.command(&into_another);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(65), "{said}");
    assert!(said.contains("codes.txt:1: the pool gift has had this code"), "{said}");
    assert!(said.contains("1000 codes of") && !said.contains("GIFT-"), "{said}");
    let allowed = deployment.command(&[&into_another[..], &["--also-in", "gift"]].concat());
    assert!(allowed.status.success(), "{}", String::from_utf8_lossy(&allowed.stderr));
    let customers = customers();
    assert_eq!(customers.len(), CODES + PARTITIONS as usize * MORE);
    produce(&kafka, &story(&customers));

    let engine = || -> Process { deployment.spawn("run", &flags) };
    let mut running = engine();
    for moment in [100, 900, 1_600] {
        until("some messages", LIMIT, || records(&deployment) >= moment);
        running.kill_hard();
        running = engine();
    }
    let accepted = || Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    until("the end", LIMIT, || accepted().commands().count() >= 2 * CODES);
    let output = deployment.command(&["--output", "json", "inspect"]);
    let shards: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    running.stop();

    let accepted = accepted();
    let (mut given, mut again) = (BTreeSet::new(), BTreeSet::new());
    for command in accepted.commands() {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let code = (text(&command["data"]["coupon"]), text(&command["customer"]));
        let new = match command["step"].as_str() {
            Some("gift") => given.insert(code.clone()),
            _ => again.insert(code.clone()),
        };
        assert!(new, "{code:?} twice");
    }
    assert_eq!(given, again, "a run keeps its code");
    let of_shop: BTreeSet<String> = codes().into_iter().collect();
    assert_eq!(given.iter().map(|(code, _)| code.clone()).collect::<BTreeSet<_>>(), of_shop);
    let served: BTreeSet<&str> = given.iter().map(|(_, customer)| customer.as_str()).collect();
    assert_eq!((given.len(), served.len()), (CODES, CODES));
    let all = || shards.as_array().expect("shards").iter();
    let pools = || {
        let of = |shard: &serde_json::Value| shard["coupons"].as_array().cloned();
        all().filter_map(of).flatten().filter(|pool| pool["pool"] == "gift")
    };
    let sum = |name: &str| pools().map(|pool| pool[name].as_u64().expect("a number")).sum::<u64>();
    assert_eq!((sum("left"), sum("given")), (0, CODES as u64), "{shards}");
}

fn records(deployment: &Deployment) -> i64 {
    let topic = deployment.kafka().topics().sends;
    let offsets = cartwheel_kafka::Offsets::new(&deployment.kafka()).expect("a client");
    (0..PARTITIONS).map(|partition| offsets.end(&topic, partition, LIMIT).expect("an end")).sum()
}
