//! SIGHUP: what is wrong changes nothing and is said; what is right comes into force in both processes, without a restart.

use crate::kill_nine::PARTITIONS;
use crate::mail::MailServer;
use crate::processes::{Deployment, create_topics, shipped, until};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, &target).expect("a copy")),
        }
    }
}

fn change(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).expect("a file");
    assert!(text.contains(from), "{from} in {}", path.display());
    std::fs::write(path, text.replace(from, to)).expect("a file");
}

#[test]
fn a_hangup_reads_the_configuration_anew_and_keeps_the_old_one_on_an_error() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let mail = MailServer::start();
    let deployment = Deployment::new(broker.bootstrap(), mail.port(), "reload");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let dir = tempfile::tempdir().expect("a folder");
    copy(&shipped().join("journeys"), &dir.path().join("journeys"));
    copy(&shipped().join("templates"), &dir.path().join("templates"));
    // They are looked for beside the journeys.
    std::fs::copy(shipped().join("facts.yaml"), dir.path().join("facts.yaml")).expect("facts");
    let flags = [
        "--set".to_owned(),
        format!("journeys_dir={}", dir.path().join("journeys").display()),
        "--set".to_owned(),
        format!("templates_dir={}", dir.path().join("templates").display()),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let engine = deployment.spawn("run", &flags);
    let deliver = deployment.spawn("deliver", &flags);
    let running = || deployment.sum("cartwheel_shard_state", "state=\"running\"");
    until("the shards", LIMIT, || running() == f64::from(PARTITIONS));
    until("delivery", LIMIT, || deliver.said("answering unsubscribe links") > 0);
    let activated = engine.said("configuration activated");

    let welcome = dir.path().join("journeys/welcome.yaml");
    change(&welcome, "trigger:", "tirgger:");
    for process in [&engine, &deliver] {
        process.hang_up();
        until("a refusal", LIMIT, || process.said("the configuration stays as it was") == 1);
        assert!(process.said("tirgger") > 0, "it says where");
    }
    assert_eq!(running(), f64::from(PARTITIONS));
    let counted = |outcome: &str| {
        let labels = format!("outcome=\"{outcome}\"");
        let metric = "cartwheel_configuration_reloads_total";
        (deployment.sum(metric, &labels), deployment.delivered(metric, &labels))
    };
    assert_eq!((counted("refused"), counted("applied")), ((1.0, 1.0), (0.0, 0.0)));

    change(&welcome, "tirgger:", "trigger:");
    change(&welcome, "priority: 60", "priority: 61");
    for process in [&engine, &deliver] {
        process.hang_up();
        until("the new one", LIMIT, || process.said("configuration read anew") == 1);
    }
    assert_eq!((counted("refused"), counted("applied")), ((1.0, 1.0), (1.0, 1.0)));
    until("every shard to activate it", LIMIT, || {
        engine.said("configuration activated") == activated + PARTITIONS as usize
    });
    until("the shards again", LIMIT, || running() == f64::from(PARTITIONS));

    std::fs::rename(&welcome, welcome.with_extension("yml")).expect("renamed");
    engine.hang_up();
    until("every shard to name what is gone", LIMIT, || {
        engine.said("the journey is gone") == PARTITIONS as usize
    });
    assert_eq!(engine.said("rename it to welcome.yaml"), 1);
    deliver.stop();
    engine.stop();
}
