//! A shop that begins to count reads its history in: the writer is killed and runs twice at once, the engine is killed, and in the end everybody's facts
//! are those of a shop that has seen every event as it happened; nothing was sent because of it.

use crate::audit::Accepted;
use crate::processes::{Deployment, create_topics, until};
use crate::shoppers::{Story, produce, produce_now};
use crate::streams::done;
use cartwheel_core::time::{DAY, HOUR, Millis, format_rfc3339};
use cartwheel_kafka::Offsets;
use cartwheel_sim::history::Draw;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::{Duration, SystemTime};

const LIMIT: Duration = Duration::from_secs(120);
const PARTITIONS: i32 = 4;
const CUSTOMERS: u64 = 500;
const EVENTS: u64 = 6_000;
/// How long ago the history begins.
const DAYS: i64 = 40;
/// The broker keeps records that are older than that.
const RETENTION: Millis = 3_650 * DAY;
const MINUTE: Millis = HOUR / 60;

const FACTS: &str = r#"facts:
  orders: { count: order_placed, key: event.order.id, undo: order_cancelled }
  net: { sum: order_placed, key: event.order.id, add: event.order.total, undo: { on: [order_refunded, order_cancelled], add: event.refund.amount, id: event.refund.id } }
  views: { count: product_viewed }
  recent: { count: product_viewed, over: 300d, up_to: 16 }
  last_order: { last: order_placed, key: event.order.id, undo: order_cancelled }
  wishes: { set: product_viewed, key: event.product.id, for: 300d, keys: 8, drop: { on: order_placed, key: event.product.id } }
  points:
    ledger: { expire: 300d }
    earn: [{ on: order_placed, add: floor(event.order.total), key: event.order.id }]
    spend: [{ on: points_redeemed, take: event.points.amount }]
    undo: [order_cancelled]
  tier: { level: [{ gold: orders >= 4 }, { silver: orders >= 2 }, { member: "true" }] }
"#;
/// The level follows from the others.
const NAMED: &str = "orders,net,views,recent,last_order,wishes,points,customer.orders,customer.lifetime_value,customer.days_since_order";

/// Journeys that would begin by nearly every event, by every change, and by what was long ago.
const JOURNEYS: [&str; 3] = [
    "journey: bought\nclass: transactional\ntrigger: { event: [order_placed, product_viewed] }\nreentry: always\nsteps: [{ send: hello, channels: [webhook] }]\n",
    "journey: moved\nclass: transactional\ntrigger: { event: tier_changed }\nreentry: always\nsteps: [{ send: hello, channels: [webhook] }]\n",
    "journey: back\nclass: transactional\ntrigger: { at: last_order.at + 10d }\nsteps: [{ send: hello, channels: [webhook] }]\n",
];

fn configure(dir: &Path) {
    std::fs::write(dir.join("facts.yaml"), FACTS).expect("facts");
    let (journeys, template) = (dir.join("journeys"), dir.join("templates/hello"));
    std::fs::create_dir_all(&journeys).expect("a folder");
    std::fs::create_dir_all(&template).expect("a folder");
    for (number, journey) in JOURNEYS.iter().enumerate() {
        std::fs::write(journeys.join(format!("{number}.yaml")), journey).expect("a journey");
    }
    std::fs::write(template.join("webhook.liquid"), "{}").expect("a template");
}

/// Half an hour behind a full hour, at which everything in the history happens: nothing comes about while the test runs.
fn begin() -> Millis {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    now.as_millis() as Millis - DAYS * DAY - 30 * MINUTE
}

/// What happens: when, to whom, what, with which fields. No two at one time.
fn history(begin: Millis) -> Vec<(Millis, String, &'static str, Value)> {
    let mut draw = Draw::new(13);
    let mut all = Vec::new();
    for number in 0..EVENTS {
        let hour = draw.between(0, DAYS * 24 - 1);
        let at = begin + hour * HOUR + number as Millis;
        let who = format!("c{}", draw.below(CUSTOMERS));
        let order = format!("{who}-{}", draw.below(6));
        let product = format!("p{}", draw.below(6));
        let total = draw.below(20_000) as f64 / 100.0;
        let (kind, rest) = match draw.below(10) {
            0..=3 => (
                "order_placed",
                json!({ "order": { "id": order, "total": total }, "product": { "id": product } }),
            ),
            4 => ("order_cancelled", json!({ "order": { "id": order } })),
            5 => (
                "order_refunded",
                json!({ "order": { "id": order }, "refund": { "id": draw.below(3), "amount": draw.below(30) } }),
            ),
            6 => ("points_redeemed", json!({ "points": { "amount": draw.below(40) } })),
            _ => ("product_viewed", json!({ "product": { "id": product } })),
        };
        all.push((at, who, kind, rest));
    }
    all.sort_by_key(|(at, ..)| *at);
    all
}

/// The history as a file, in no order, with repeats and with what belongs to no fact.
fn file(path: &Path, history: &[(Millis, String, &'static str, Value)]) {
    let mut draw = Draw::new(31);
    let mut lines = Vec::new();
    for (number, (at, who, kind, rest)) in history.iter().enumerate() {
        let mut event = json!({ "id": number.to_string(), "type": kind, "customer": who, "time": format_rfc3339(*at) });
        let fields = event.as_object_mut().expect("an object");
        fields.extend(rest.as_object().cloned().unwrap_or_else(Map::new));
        let times = if draw.chance(2) { 2 } else { 1 };
        lines.extend((0..times).map(|_| (draw.below(u64::MAX), event.to_string())));
        if draw.chance(5) {
            event["type"] = json!("page_viewed");
            lines.push((draw.below(u64::MAX), event.to_string()));
        }
    }
    lines.sort();
    let text: String = lines.into_iter().map(|(_, line)| line + "\n").collect();
    std::fs::write(path, text).expect("a file");
}

/// What the running engine has counted of everybody.
fn facts(deployment: &Deployment) -> Vec<(String, Value)> {
    let known = |number| {
        let name = format!("c{number}");
        let profile = deployment.api(&format!("customers/{name}"))["profile"].clone();
        let mut facts = profile["facts"].clone();
        // Of what begins by time is remembered by what it has begun.
        if let Some(facts) = facts.as_object_mut() {
            facts.retain(|fact, _| fact == "tier" || NAMED.split(',').any(|name| name == fact));
        }
        let own = ["orders", "lifetime_value", "last_order_at"].map(|name| profile[name].clone());
        (name, json!([facts, own]))
    };
    (0..CUSTOMERS).map(known).collect()
}

fn records(deployment: &Deployment) -> i64 {
    let offsets = Offsets::new(&deployment.kafka()).expect("a client");
    let topic = deployment.kafka().topics().events;
    (0..PARTITIONS).map(|partition| offsets.end(&topic, partition, LIMIT).expect("an end")).sum()
}

/// Whether everything is read, and so many past events are applied.
fn has_applied(deployment: &Deployment, past: u64) -> bool {
    let of_shard = |shard: &Value| -> u64 {
        let streams = shard["streams"].as_array().map_or(&[][..], Vec::as_slice);
        streams.iter().filter_map(|stream| stream["applied"].as_u64()).sum()
    };
    let all =
        || deployment.api("shards").as_array().map_or(0, |all| all.iter().map(of_shard).sum());
    deployment.has_read_all(PARTITIONS) && all() == past
}

#[test]
fn a_history_that_is_read_in_counts_as_if_it_had_been_seen_whoever_is_killed() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let dir = tempfile::tempdir().expect("a folder");
    configure(dir.path());
    let set = [
        format!("journeys_dir={}", dir.path().join("journeys").display()),
        format!("templates_dir={}", dir.path().join("templates").display()),
        "engine.create_topics=true".to_owned(),
        "engine.replication=1".to_owned(),
    ];
    let flags: Vec<&str> = set.iter().flat_map(|set| ["--set", set.as_str()]).collect();
    let (begin, path) = (begin(), dir.path().join("past.jsonl"));
    let history = history(begin);
    file(&path, &history);

    // The shop that has seen everything.
    let seen = Deployment::new(broker.bootstrap(), 1, "seen");
    create_topics(&seen.kafka(), PARTITIONS, Some(RETENTION));
    let mut story = Story::default();
    for (at, who, kind, rest) in &history {
        story.at(*at, who, kind, rest.clone());
    }
    produce(&seen.kafka(), &story.sorted());
    let engine = seen.spawn("run", &flags);
    until("all of it to be seen", LIMIT, || has_applied(&seen, 0));
    let expected = facts(&seen);
    engine.stop();

    // The one that begins today.
    let deployment = Deployment::new(broker.bootstrap(), 1, "backfill");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let mut running = deployment.spawn("run", &flags);
    let (path, before) = (path.display().to_string(), format_rfc3339(begin + DAYS * DAY));
    let asked = ["backfill", "--facts", NAMED, "--before", &before, &path];
    let slowly = [&asked[..], &flags, &["--rate", "2000"]].concat();
    for moment in [700, 2_500] {
        let writers = [deployment.spawn("facts", &slowly), deployment.spawn("facts", &slowly)];
        until("some of it", LIMIT, || records(&deployment) > moment);
        writers.into_iter().for_each(crate::processes::Process::kill_hard);
        running.kill_hard();
        running = deployment.spawn("run", &flags);
    }
    let whole = [&flags[..], &["--output", "json", "facts"], &asked].concat();
    let told = done(&deployment, &whole);
    assert!(told.contains(&format!(r#""events":{EVENTS},"#)), "{told}");
    until("all of it to be applied", LIMIT, || has_applied(&deployment, EVENTS));
    let counted = facts(&deployment);
    for (own, expected) in counted.iter().zip(&expected) {
        assert_eq!(own, expected);
    }

    // Once more, which changes nothing; and what happens today counts and is news.
    let told = done(&deployment, &[&flags[..], &["facts"], &asked].concat());
    assert!(
        told.contains("6000 past events written for") && told.contains("lines left out"),
        "{told}"
    );
    // A file with a line more is another history, in which the same events would count twice; for other facts as well.
    let event =
        json!({ "type": "product_viewed", "customer": "c1", "time": format_rfc3339(begin) });
    let extended = dir.path().join("extended.jsonl");
    let text = format!("{event}\n{}", std::fs::read_to_string(&path).expect("a file"));
    std::fs::write(&extended, text).expect("a file");
    let extended = extended.display().to_string();
    for named in [NAMED, "views"] {
        let asked = ["facts", "backfill", "--facts", named, "--before", &before, &extended];
        let refused = deployment.command(&[&flags[..], &asked].concat());
        let said = String::from_utf8_lossy(&refused.stderr)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(refused.status.code(), Some(65), "{said}");
        assert!(said.contains("this event was read in on"), "{said}");
        assert!(said.contains("about 100 % of its events") || named == "views", "{said}");
    }
    // What the running engine does not have would count for nothing.
    let shipped = ["facts", "backfill", "--facts", "tickets", "--before", &before];
    let ticket = dir.path().join("ticket.jsonl");
    let event = json!({ "type": "ticket_opened", "customer": "c1", "time": format_rfc3339(begin), "ticket": { "id": 1 } });
    std::fs::write(&ticket, format!("{event}\n")).expect("a file");
    let refused = deployment.command(&[&shipped[..], &[&ticket.display().to_string()]].concat());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(65), "{said}");
    assert!(said.contains("does not have these facts"), "{said}");
    let today =
        json!({ "type": "order_placed", "customer": "c0", "order": { "id": "today", "total": 1 } });
    produce_now(&kafka, &[("c0".into(), today.to_string())]);
    let orders = || facts(&deployment)[0].1[1][0].as_u64();
    let before = expected[0].1[1][0].as_u64().map(|orders| orders + 1);
    until("the order of today", LIMIT, || has_applied(&deployment, EVENTS) && orders() == before);
    assert_eq!(facts(&deployment)[1..], expected[1..]);
    running.stop();
    let accepted = Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    let of_today = |command: &Value| command["customer"] == "c0" && command["journey"] != "back";
    let sent: Vec<&Value> = accepted.commands().collect();
    assert!(!sent.is_empty() && sent.iter().all(|command| of_today(command)), "{sent:#?}");
}

#[test]
fn a_line_that_is_wrong_is_told_and_nothing_is_written() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "wrongpast");
    create_topics(&deployment.kafka(), PARTITIONS, None);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("past.jsonl");
    let good = r#"{"type":"order_placed","customer":"ana","time":"2026-01-01T10:00:00Z","order":{"id":1,"total":5}}"#;
    std::fs::write(&path, format!("{good}\n\n{{\"type\":\"order_placed\"\n")).expect("a file");
    let path = path.display().to_string();
    let refused = |facts: &str, path: &str, words: &[&str]| {
        let before = "2026-02-01T00:00:00Z";
        let args =
            ["--output", "json", "facts", "backfill", "--facts", facts, "--before", before, path];
        let output = deployment.command(&args);
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(65), "{told}");
        words.iter().for_each(|word| assert!(told.contains(word), "`{word}` is not in: {told}"));
    };
    refused("orders", &path, &["past.jsonl:3: this is no JSON object", "one event a line"]);
    refused("order", &path, &["there is no fact `order`", "did you mean `orders`?"]);
    refused("orders", "nowhere.jsonl", &["nowhere.jsonl"]);
    std::fs::write(&path, format!("{good}\n")).expect("a file");
    refused("tickets", &path, &["no event of the history feeds these facts", "ticket_opened"]);
    assert_eq!(records(&deployment), 0);
    let before = ["--before", "2026-02-01T00:00:00Z", "--dry-run"];
    let dry = [&["facts", "backfill", "--facts", "orders"][..], &before, &[&path]].concat();
    let told = done(&deployment, &dry);
    assert!(told.contains("1 past event would be written for orders"), "{told}");
    assert_eq!(records(&deployment), 0);
}
