//! The engine was away while two messages of every customer fell due: of both, which are held until it has caught up, the one of the higher priority takes the
//! only place under the cap.

use crate::audit::Accepted;
use crate::kill_nine::PARTITIONS;
use crate::mail::text;
use crate::processes::{Deployment, create_topics, shipped, until};
use crate::shoppers::{Story, produce};
use cartwheel_core::time::{HOUR, Millis};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

const CUSTOMERS: usize = 300;

fn journey(name: &str, priority: u8, template: &str) -> String {
    format!(
        "journey: {name}\nclass: marketing\npriority: {priority}\ntrigger: {{ event: went_by }}\nsteps:\n  - wait: 1h\n  - send: {template}\n    channels: [email]\n"
    )
}

#[test]
fn after_an_outage_the_higher_priority_takes_the_last_place() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "outage");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let dir = tempfile::tempdir().expect("a folder");
    let journeys = dir.path().join("journeys");
    std::fs::create_dir(&journeys).expect("a folder");
    // By its name the lower one would come first.
    for (name, priority, template) in
        [("a_low", 20, "brand_story"), ("b_high", 80, "welcome_thanks")]
    {
        let file = journeys.join(format!("{name}.yaml"));
        std::fs::write(file, journey(name, priority, template)).expect("a journey");
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let before = now.as_millis() as Millis - 3 * HOUR;
    let mut story = Story::default();
    for number in 0..CUSTOMERS {
        let who = format!("c{number}");
        let profile = json!({"profile": {"email": format!("{who}@example.test"), "consent": {"email": true}}});
        story.at(before, &who, "went_by", profile);
    }
    produce(&kafka, &story.sorted());

    let flags = [
        format!("journeys_dir={}", journeys.display()),
        format!("templates_dir={}", shipped().join("templates").display()),
        "engine.hold_after=60s".to_owned(),
    ];
    let flags: Vec<&str> = flags.iter().flat_map(|flag| ["--set", flag]).collect();
    let engine = deployment.spawn("run", &flags);
    until("every customer's message", Duration::from_secs(120), || {
        deployment.sum("cartwheel_decisions_total", "decision=\"sent\"") >= CUSTOMERS as f64
            && deployment.caught_up()
    });
    engine.stop();

    let accepted = Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for command in accepted.commands() {
        sent.entry(text(&command["customer"])).or_default().push(text(&command["journey"]));
    }
    assert_eq!(sent.len(), CUSTOMERS);
    assert!(sent.values().all(|journeys| journeys == &["b_high"]), "{sent:?}");
}
