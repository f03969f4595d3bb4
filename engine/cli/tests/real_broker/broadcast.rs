//! Fifty thousand are told something, in four partitions: each hears of it once, though the engine is killed with -9 while it walks over them and again while it
//! tells them, and though the record comes again.

use crate::audit::Accepted;
use crate::processes::{Deployment, create_topics, until};
use crate::shoppers::produce_now;
use crate::streams::done;
use cartwheel_kafka::Offsets;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

const PARTITIONS: i32 = 4;
/// Those who are meant.
const MEANT: usize = 50_000;
/// Those who are known, and not meant.
const OTHERS: usize = 2_000;
const LIMIT: Duration = Duration::from_secs(120);

/// Whoever begins once more is not kept out by the re-entry rule.
const JOURNEY: &str = "journey: sale
class: transactional
trigger: { broadcast: spring_sale, who: profile.club == true && event.broadcast.share > 10, spread: 5s }
reentry: always
steps: [{ send: cart_reminder, channels: [email] }]
";

fn name(number: usize) -> String {
    format!("c{number}")
}

/// All of them become known.
fn customers() -> Vec<(String, String)> {
    let known = |number: usize| {
        let name = name(number);
        let profile = json!({ "email": format!("{name}@example.test"), "club": number < MEANT });
        let event = json!({ "type": "customer_updated", "customer": name, "profile": profile });
        (name, event.to_string())
    };
    (0..MEANT + OTHERS).map(known).collect()
}

#[test]
fn killed_while_it_walks_and_while_it_tells_each_hears_once() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "told");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let journeys = tempfile::tempdir().expect("a folder");
    std::fs::write(journeys.path().join("sale.yaml"), JOURNEY).expect("a journey");
    let journeys = format!("journeys_dir={}", journeys.path().display());
    let run = || deployment.spawn("run", &["--set", &journeys]);
    let told = || Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);

    let mut engine = run();
    produce_now(&kafka, &customers());
    let everybody = (MEANT + OTHERS) as f64;
    until("everybody to be known", LIMIT, || {
        deployment.sum("cartwheel_customers", "") == everybody && deployment.caught_up()
    });

    let offsets = Offsets::new(&kafka).expect("a client");
    let decided = || -> i64 {
        let end = |partition| offsets.end(&kafka.topics().sends, partition, LIMIT);
        (0..PARTITIONS).map(|partition| end(partition).expect("an end offset")).sum()
    };
    let before = decided();
    // The configuration in the folder has no such journey: the engine is asked.
    let dry = done(&deployment, &["broadcast", "spring_sale", "--with", "share=20", "--dry-run"]);
    let heard = "would begin by it: sale";
    assert!(dry.contains(heard) && dry.contains("52000 customers that 4 shards"), "{dry}");
    let unheard = deployment.command(&["broadcast", "sping_sale"]);
    let said = String::from_utf8_lossy(&unheard.stderr);
    assert!(said.contains("did you mean `spring_sale`?"), "{said}");
    assert_eq!(unheard.status.code(), Some(65), "{said}");
    done(&deployment, &["broadcast", "spring_sale", "--with", "share=20"]);
    // The first turn in which somebody is reached is the first record there is.
    until("somebody to be reached", LIMIT, || decided() > before);
    engine.kill_hard();
    let walked = told().walked();
    eprintln!("killed when {walked} of {everybody} were reached");
    engine = run();
    let some = before + MEANT as i64 / 3;
    until("a third of them to be told", LIMIT, || decided() > some);
    engine.kill_hard();
    let stopped = told().commands().count();
    eprintln!("killed when {stopped} of {MEANT} were told");
    assert!((1..MEANT).contains(&stopped), "{stopped}");
    engine = run();
    // Meanwhile it comes again, in each partition.
    done(&deployment, &["broadcast", "--resume", "--from", "1"]);
    until("the end", LIMIT, || {
        deployment.caught_up()
            && decided() >= before + MEANT as i64
            && deployment.sum("cartwheel_customers", "") == everybody
            && deployment.sum("cartwheel_windows", "") == 0.0
    });
    let repeats = deployment.sum("cartwheel_stream_records_total", "outcome=\"repeat\"");
    engine.stop();

    assert_eq!(repeats, f64::from(PARTITIONS));
    let accepted = told();
    assert_eq!(accepted.walked(), everybody as u64, "each customer is reached once");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for command in accepted.commands() {
        *counts.entry(command["customer"].as_str().expect("a customer").into()).or_default() += 1;
    }
    let expected: BTreeMap<String, usize> = (0..MEANT).map(|number| (name(number), 1)).collect();
    assert!(counts == expected, "{} of {MEANT} were told", counts.len());
}
