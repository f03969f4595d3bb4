//! The promise: the engine is killed with -9 three times under load; every command that the reference model expects is accepted
//! exactly once by an independent reader, every mail arrives once at a real SMTP server, and `explain` gives the right reason.

use crate::audit::{self, Accepted, Events};
use crate::codes;
use crate::mail::MailServer;
use crate::processes::{Deployment, create_topics, until};
use crate::shoppers;
use cartwheel_workload::Random;

use std::collections::BTreeMap;
use std::time::Duration;

const EVENTS: u64 = 300_000;
pub const PARTITIONS: i32 = 2;
/// For whoever signs up on one of the partitions: a hundredth of the events.
const CODES: usize = 4_000;

#[test]
fn killed_three_times_under_load_nothing_is_lost_and_nothing_is_sent_twice() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let mail = MailServer::start();
    let deployment = Deployment::new(broker.bootstrap(), mail.port(), "kill");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);

    let story = shoppers::story(EVENTS);
    let expectations = &story.expectations;
    codes::bring(&kafka, "comeback10", (PARTITIONS, CODES), story.begins());
    // A history must be there before the engine is: one that catches up in between takes the wall clock for the end of the story.
    shoppers::produce(&kafka, &story);
    let mut engine = deployment.run();
    for moment in kill_moments() {
        until("the load", Duration::from_secs(120), || deployment.decided() >= moment);
        engine.kill_hard();
        engine = deployment.run();
    }
    until("the end of the events", Duration::from_secs(180), || deployment.caught_up());
    until("no timer to be due", Duration::from_secs(60), || {
        deployment.sum("cartwheel_timers_due", "") == 0.0
    });

    // Receipts carry the time of today, and shard time never falls: a worker beside a history of yesterday would end that day at once.
    let deliver = deployment.deliver();
    until("the mails", Duration::from_secs(180), || {
        let commands =
            Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS).mails();
        mail.count() + Events::read(&kafka, PARTITIONS).withheld().len() >= commands
    });
    deliver.stop();
    until("the receipts' end", Duration::from_secs(60), || deployment.caught_up());
    let explained: BTreeMap<String, Vec<serde_json::Value>> = expectations
        .iter()
        .map(|expected| (expected.customer.clone(), deployment.explain(&expected.customer)))
        .collect();
    engine.stop();

    // A second worker takes up where the first one stopped.
    let accepted = Accepted::read(broker.bootstrap(), &kafka.topics().sends, PARTITIONS);
    assert!(accepted.mails() > 1_000, "the load is worth its name: {} mails", accepted.mails());
    assert!(
        mail.count() * 2 > accepted.mails(),
        "{} of {} mails arrived",
        mail.count(),
        accepted.mails()
    );
    let deliver = deployment.deliver();
    until("the last mails", Duration::from_secs(60), || {
        mail.count() + Events::read(&kafka, PARTITIONS).withheld().len() >= accepted.mails()
    });
    deliver.stop();

    let events = Events::read(&kafka, PARTITIONS);
    let reexecuted = audit::reexecute(&deployment.plan(), &events, &accepted);
    audit::same_commands(&reexecuted, &accepted);
    mail.each_once(&accepted, &events.withheld());
    for expected in expectations {
        expected.check(&explained[&expected.customer], &reexecuted);
    }
}

/// Three moments, in records of the sends topic, the same in every run. There are more than 3,000 in the end.
fn kill_moments() -> [i64; 3] {
    let mut random = Random::of(9, 0);
    [1, 2, 3].map(|third| third * 700 + random.below(400) as i64)
}
