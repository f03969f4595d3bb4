//! The promise: the engine is killed with -9 three times under load; every command that the reference model expects is accepted
//! exactly once by an independent reader, every mail arrives once at a real SMTP server, and `explain` gives the right reason.

use crate::audit::{self, Accepted, Events};
use crate::mail::MailServer;
use crate::processes::{Deployment, until};
use crate::shoppers;
use cartwheel_kafka::{Admin, TopicSpec};
use cartwheel_workload::Random;

use std::collections::BTreeMap;
use std::time::Duration;

const EVENTS: u64 = 300_000;
pub const PARTITIONS: i32 = 2;

#[test]
fn killed_three_times_under_load_nothing_is_lost_and_nothing_is_sent_twice() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let mail = MailServer::start();
    let deployment = Deployment::new(broker.bootstrap(), mail.port(), "kill");
    let kafka = deployment.kafka();
    Admin::new(&kafka, Duration::from_secs(20))
        .and_then(|admin| admin.ensure(&TopicSpec::all(&kafka, PARTITIONS, 1, None), true))
        .expect("topics");

    let story = shoppers::story(EVENTS);
    let expectations = story.expectations.clone();
    let deliver = deployment.deliver();
    let mut engine = deployment.run();
    let producing = shoppers::produce(kafka.clone(), story);
    for threshold in kill_moments() {
        until("the producer's progress", Duration::from_secs(120), || producing.produced() >= threshold);
        engine.kill_hard();
        engine = deployment.run();
    }
    producing.join();
    until("the end of the events", Duration::from_secs(180), || deployment.caught_up());

    let explained: BTreeMap<String, Vec<serde_json::Value>> =
        expectations.iter().map(|expected| (expected.customer.clone(), deployment.explain(&expected.customer))).collect();
    engine.stop();
    let accepted = Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    let mails = accepted.commands().filter(|command| command["channel"] == "email").count();
    assert!(mails > 1_000, "the load is worth its name: {mails} mails");
    let withheld = || Events::read(&kafka, PARTITIONS).withheld();
    until("the mails", Duration::from_secs(180), || mail.count() + withheld().len() >= mails);
    deliver.stop();

    let events = Events::read(&kafka, PARTITIONS);
    let reexecuted = audit::reexecute(&deployment.plan(), &events, &accepted);
    audit::same_commands(&reexecuted, &accepted);
    mail.each_once(&accepted, &events.withheld());
    for expected in &expectations {
        expected.check(&explained[&expected.customer], &reexecuted);
    }
}

/// Three moments, in events produced, the same in every run.
fn kill_moments() -> [u64; 3] {
    let mut random = Random::of(9, 0);
    [1, 2, 3].map(|third| EVENTS / 4 * third + random.below(EVENTS / 10))
}
