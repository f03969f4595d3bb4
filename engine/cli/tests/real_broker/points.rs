//! Loyalty points of some hundred customers over four months, on four partitions: what every message says of a balance, and what the engine says in the end,
//! is what a spreadsheet comes to that is reckoned anew each time. Orders are refunded and cancelled, also before they are told of, are corrected, and come weeks late;
//! points expire; the engine is killed in between.

use crate::audit::Accepted;
use crate::processes::{Deployment, create_topics, until};
use crate::shoppers::{Story, produce};
use cartwheel_core::time::{DAY, HOUR, Millis, format_rfc3339, parse_rfc3339};
use cartwheel_sim::history::Draw;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

const LIMIT: Duration = Duration::from_secs(180);
const PARTITIONS: i32 = 4;
const CUSTOMERS: u64 = 300;
const DAYS: i64 = 120;
const MINUTE: Millis = HOUR / 60;
/// The broker keeps records that are older than the story.
const RETENTION: Millis = 3_650 * DAY;
/// Points last so long.
const LAST: Millis = 30 * DAY;
/// And that long before somebody hears that they expire.
const SOON: Millis = 3 * DAY;
/// A ledger is in ten-thousandths.
const PART: f64 = 10_000.0;

const FACTS: &str = "facts:
  points:
    ledger: { expire: 30d, lots: 62 }
    earn:
      - { on: order_placed, add: floor(event.order.total), key: event.order.id }
      - { on: review_submitted, add: 50, key: event.product.id }
    spend: [{ on: points_redeemed, take: event.points.amount }]
    undo: [order_refunded, order_cancelled]
";

/// The event does not matter: what is set is what the message shows.
const STEPS: &str = "class: transactional
reentry: always
steps:
  - set: { balance: points.balance, debt: points.debt, soon: points.expiring(3d) }
  - send: balance
    channels: [webhook]
";
const JOURNEYS: [&str; 2] = [
    "journey: asked\ntrigger: { event: balance_asked }\n",
    "journey: expiring\ntrigger: { at: points.expiry - 3d, when: points.expiring(3d) >= 10 }\n",
];

/// A row of somebody's spreadsheet.
#[derive(Clone, Debug)]
struct Row {
    /// When the engine could know it.
    told: Millis,
    at: Millis,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// What a key earns.
    Earned(String, i64),
    /// What a key has earned is worth nothing.
    Undone(String),
    Spent(i64),
}

/// What a spreadsheet comes to, in ten-thousandths.
#[derive(Debug, PartialEq)]
struct Sum {
    balance: i64,
    debt: i64,
    soon: i64,
}

/// Reckons anew what there is at `t`, of all rows that had been told of before.
fn reckon(rows: &[Row], t: Millis) -> Sum {
    let known: Vec<&Row> = rows.iter().filter(|row| row.told < t).collect();
    let undone = |key: &String| {
        known.iter().any(|row| matches!(&row.what, What::Undone(other) if other == key))
    };
    // Of each key the newest word; then everything in the order in which it happened.
    let mut earned: BTreeMap<&String, (Millis, i64)> = BTreeMap::new();
    let mut moves: Vec<(Millis, i64)> = Vec::new();
    for row in &known {
        match &row.what {
            What::Earned(key, amount) if !undone(key) => {
                let word = earned.entry(key).or_insert((row.at, *amount));
                if row.at > word.0 {
                    *word = (row.at, *amount);
                }
            }
            What::Earned(..) | What::Undone(_) => {}
            What::Spent(amount) => moves.push((row.at, -amount)),
        }
    }
    moves.extend(earned.into_values());
    moves.sort();
    let (mut lots, mut debt) = (Vec::<(Millis, i64)>::new(), 0);
    for (at, amount) in moves {
        if amount >= 0 {
            let paid = debt.min(amount);
            debt -= paid;
            lots.push((at + LAST, amount - paid));
            continue;
        }
        let mut missing = -amount;
        lots.sort();
        for (_, left) in lots.iter_mut().filter(|(expires, _)| *expires > at) {
            let taken = missing.min(*left);
            *left -= taken;
            missing -= taken;
        }
        debt += missing;
    }
    let there = |lot: &&(Millis, i64)| lot.0 > t;
    let sum = |until: Millis| {
        lots.iter().filter(there).filter(|lot| lot.0 <= until).map(|lot| lot.1).sum()
    };
    Sum { balance: sum(Millis::MAX), debt, soon: sum(t + SOON) }
}

/// The story and everybody's rows.
struct Told {
    story: Story,
    rows: BTreeMap<String, Vec<Row>>,
}

impl Told {
    /// Something happens at `at` and is told of at `told`. No two records have one time, and nothing happens at the time of another thing.
    fn tell(
        &mut self,
        told: Millis,
        at: Millis,
        who: &str,
        (kind, rest, what): (&str, Value, Option<What>),
    ) {
        let mut rest = rest;
        rest["time"] = json!(format_rfc3339(at));
        self.story.at(told, who, kind, rest);
        let rows = self.rows.entry(who.to_owned()).or_default();
        rows.extend(what.map(|what| Row { told, at, what }));
    }
}

/// Everything in the first minutes of an hour: half an hour behind a full one nothing expires while the test runs.
fn tell(begin: Millis) -> Told {
    let mut draw = Draw::new(1_307);
    let mut all = Told { story: Story::default(), rows: BTreeMap::new() };
    let mut number = 0;
    for customer in 0..CUSTOMERS {
        let who = format!("c{customer}");
        let mut orders = Vec::new();
        for _ in 0..draw.between(8, 34) {
            number += 1;
            let hour = draw.between(0, DAYS * 24 - 1);
            let told = begin + hour * HOUR + number * 20;
            let late = if draw.chance(30) { draw.between(1, 20 * 24) * HOUR } else { 0 };
            let at = told - late;
            let order = |id: &str, total: f64| {
                let earns = What::Earned(id.to_owned(), (total.floor() * PART) as i64);
                ("order_placed", json!({ "order": { "id": id, "total": total } }), Some(earns))
            };
            let total = draw.below(20_000) as f64 / 100.0;
            let known = !orders.is_empty();
            match draw.below(12) {
                // An order that there is: undone, or told once more with another total.
                0..=2 if known => {
                    let id = draw.pick::<String>(&orders).clone();
                    let kind = if draw.chance(50) { "order_refunded" } else { "order_cancelled" };
                    let what = Some(What::Undone(id.clone()));
                    all.tell(told, at, &who, (kind, json!({ "order": { "id": id } }), what));
                }
                3 if known => {
                    let id = draw.pick::<String>(&orders).clone();
                    all.tell(told, at, &who, order(&id, total));
                }
                4 | 5 => {
                    let amount = draw.below(12_000) as f64 / 100.0;
                    let rest = json!({ "points": { "amount": amount } });
                    let what = What::Spent((amount * PART).round() as i64);
                    all.tell(told, at, &who, ("points_redeemed", rest, Some(what)));
                }
                6 => {
                    let product = format!("p{}", draw.below(4));
                    let what = What::Earned(format!("review of {product}"), 50 * PART as i64);
                    let rest = json!({ "product": { "id": product } });
                    all.tell(told, at, &who, ("review_submitted", rest, Some(what)));
                }
                7 | 8 => all.tell(told, told, &who, ("balance_asked", json!({}), None)),
                _ => {
                    let id = format!("{who}-{number}");
                    all.tell(told, at, &who, order(&id, total));
                    orders.push(id);
                }
            }
        }
    }
    // Somebody on each partition, so that time passes on all of them.
    for hour in 0..DAYS * 24 {
        for guest in 0..8 {
            let told = begin + hour * HOUR + 10 * MINUTE + guest;
            all.story.at(told, &format!("guest{guest}"), "page_viewed", json!({}));
        }
    }
    all
}

fn configure(dir: &Path) -> Vec<String> {
    std::fs::write(dir.join("facts.yaml"), FACTS).expect("facts");
    let (journeys, template) = (dir.join("journeys"), dir.join("templates/balance"));
    std::fs::create_dir_all(&journeys).expect("a folder");
    std::fs::create_dir_all(&template).expect("a folder");
    for (number, journey) in JOURNEYS.iter().enumerate() {
        let text = format!("{journey}{STEPS}");
        std::fs::write(journeys.join(format!("{number}.yaml")), text).expect("a journey");
    }
    std::fs::write(template.join("webhook.liquid"), r#"{"balance":"{{ profile.balance }}"}"#)
        .expect("a template");
    let set = [
        format!("journeys_dir={}", journeys.display()),
        format!("templates_dir={}", dir.join("templates").display()),
    ];
    set.into_iter().flat_map(|set| ["--set".to_owned(), set]).collect()
}

fn parts(value: &Value) -> i64 {
    (value.as_f64().unwrap_or_else(|| panic!("{value} is a number")) * PART).round() as i64
}

#[test]
fn balances_are_what_a_spreadsheet_comes_to() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "points");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, Some(RETENTION));
    let dir = tempfile::tempdir().expect("a folder");
    let flags = configure(dir.path());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let now = now.as_millis() as Millis;
    let Told { story, rows } = tell(now - DAYS * DAY - 30 * MINUTE);
    produce(&kafka, &story.sorted());

    let mut running = deployment.spawn("run", &flags);
    let offsets = cartwheel_kafka::Offsets::new(&kafka).expect("a client");
    let end = |partition| offsets.end(&kafka.topics().sends, partition, LIMIT).expect("an end");
    for moment in [200, 900] {
        until("some messages", LIMIT, || (0..PARTITIONS).map(end).sum::<i64>() > moment);
        running.kill_hard();
        running = deployment.spawn("run", &flags);
    }
    until("the end of the events", LIMIT, || deployment.has_read_all(PARTITIONS));
    for (who, rows) in &rows {
        let facts = &deployment.api(&format!("customers/{who}"))["profile"]["facts"];
        let balance = if facts["points"].is_null() { 0 } else { parts(&facts["points"]) };
        assert_eq!(balance, reckon(rows, now).balance, "{who}: {rows:#?}");
    }
    running.stop();

    let accepted = Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    let mut messages: BTreeMap<String, usize> = BTreeMap::new();
    let mut indebted = 0;
    for command in accepted.commands() {
        let who = command["customer"].as_str().expect("a customer");
        let t = command["decided_at"].as_str().and_then(parse_rfc3339).expect("an instant");
        let shown = &command["data"]["profile"];
        let said = Sum {
            balance: parts(&shown["balance"]),
            debt: parts(&shown["debt"]),
            soon: parts(&shown["soon"]),
        };
        assert_eq!(said, reckon(&rows[who], t), "{who} at {}: {:#?}", format_rfc3339(t), rows[who]);
        *messages.entry(command["journey"].as_str().expect("a journey").to_owned()).or_default() +=
            1;
        indebted += usize::from(said.debt > 0);
    }
    eprintln!("{messages:?}, {indebted} with a debt");
    let many = |journey: &str| messages.get(journey).is_some_and(|count| *count > 500);
    assert!(many("asked") && many("expiring") && indebted > 100, "{messages:?}, {indebted}");
}
