//! What every partition gets, whoever is killed: each partition holds every sequence, in order where repeats are dropped, none missing.

use crate::processes::{Deployment, create_topics, until};
use cartwheel_kafka::{Appender, Batch, Compacted, KafkaConfig, Source, Start};
use cartwheel_streams::Marker;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PARTITIONS: i32 = 4;
const PRODUCTS: u64 = 500;
const PATIENCE: Duration = Duration::from_secs(20);

/// A shop's file: `count` products, whose stock is `stock`.
fn file(dir: &Path, name: &str, count: u64, stock: u64) -> PathBuf {
    let line = |number| {
        format!("{}\n", json!({ "id": format!("p{number}"), "price": 20.5, "stock": stock }))
    };
    let path = dir.join(name);
    std::fs::write(&path, (0..count).map(line).collect::<String>()).expect("a file");
    path
}

/// What a partition of the events topic holds, repeats dropped: (epoch, sequence, the record). Panics at a gap.
fn held(kafka: &KafkaConfig, partition: i32, stream: &str) -> (Vec<(String, u64, Value)>, usize) {
    let mut source =
        Source::open(kafka, &kafka.topics().events, partition, Start::Beginning).expect("a source");
    let end = source.end_offset(PATIENCE).expect("an end offset");
    let (mut batch, mut records, mut repeats) =
        (Batch::new(10_000), Vec::<(String, u64, Value)>::new(), 0);
    while source.position() < end {
        source.poll(&mut batch, Duration::from_secs(1)).expect("a batch");
        for record in batch.iter() {
            assert_eq!(record.key(), None);
            let value: Value =
                serde_json::from_slice(record.value().expect("a value")).expect("JSON");
            if value["stream"] != stream {
                continue;
            }
            let (epoch, sequence) = (
                value["epoch"].as_str().expect("an epoch").to_owned(),
                value["sequence"].as_u64().expect("a number"),
            );
            let last = records.last().map(|(epoch, sequence, _)| (epoch.clone(), *sequence));
            let last = last.unwrap_or_default();
            if epoch < last.0 || (epoch == last.0 && sequence <= last.1) {
                repeats += 1;
                continue;
            }
            let expected = if epoch == last.0 { last.1 + 1 } else { 1 };
            assert_eq!(sequence, expected, "partition {partition} has a gap behind {last:?}");
            records.push((epoch, sequence, value));
        }
    }
    (records, repeats)
}

/// Every partition holds the same; what it is.
fn everywhere(kafka: &KafkaConfig, partitions: i32, stream: &str) -> Vec<(String, u64, Value)> {
    let (first, repeats) = held(kafka, 0, stream);
    eprintln!("partition 0 of {stream}: {} records, {repeats} repeats", first.len());
    for partition in 1..partitions {
        assert_eq!(held(kafka, partition, stream).0, first, "partition {partition}");
    }
    first
}

fn told(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The command succeeds; what it says.
pub fn done(deployment: &Deployment, args: &[&str]) -> String {
    let create = ["--set", "engine.create_topics=true", "--set", "engine.replication=1"];
    let output = deployment.command(&[&create, args].concat());
    assert!(output.status.success(), "{args:?}: {}", told(&output));
    told(&output)
}

#[test]
fn killed_in_the_middle_and_two_at_once_every_partition_gets_everything_in_order() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "catalogue");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let dir = tempfile::tempdir().expect("a folder");
    done(&deployment, &["control", "pause", "welcome"]); // makes the streams' topics

    let journal = |stream: i32| {
        let offsets = cartwheel_kafka::Offsets::new(&kafka).expect("a client");
        offsets.end(&kafka.topics().streams, stream, PATIENCE).expect("an end offset")
    };
    for round in 1..=6 {
        let path = file(dir.path(), "killed.jsonl", PRODUCTS, round);
        let (path, begun) = (path.display().to_string(), journal(0));
        let flags = [path.as_str(), "--rate", "800"];
        let one = deployment.spawn("catalogue", &flags);
        let other = (round % 2 == 0).then(|| deployment.spawn("catalogue", &flags));
        // Somewhere in the file, another place in each round.
        until("some of it", PATIENCE, || journal(0) > begun + 40 * round as i64);
        one.kill_hard();
        if let Some(other) = other {
            if round % 4 == 0 { other.kill_hard() } else { other.finish() }
        }
    }
    let resumed = done(&deployment, &["catalogue", "--resume"]);
    assert!(resumed.contains("in all 4 partitions"), "{resumed}");
    let last = file(dir.path(), "whole.jsonl", PRODUCTS, 77);
    let whole = done(&deployment, &["catalogue", &last.display().to_string()]);
    assert!(whole.contains("500 products written"), "{whole}");
    assert!(!whole.contains("finished"), "nothing was left to finish: {whole}");

    let records = everywhere(&kafka, PARTITIONS, "catalogue");
    // The journal has these and the record that opened the epoch.
    assert_eq!(records.len() as i64, journal(0) - 1);
    let epochs: BTreeSet<&str> = records.iter().map(|(epoch, ..)| epoch.as_str()).collect();
    assert_eq!(epochs.len(), 1);
    let of_last = |record: &&(String, u64, Value)| record.2["product"]["stock"] == 77;
    let ids: Vec<&str> = records
        .iter()
        .filter(of_last)
        .map(|(_, _, value)| value["product"]["id"].as_str().expect("an id"))
        .collect();
    let all: Vec<String> = (0..PRODUCTS).map(|number| format!("p{number}")).collect();
    assert_eq!(ids, all);
    assert_eq!(
        everywhere(&kafka, PARTITIONS, "control")[0].2["control"],
        json!({ "pause": "welcome" })
    );
}

#[test]
fn what_is_asked_twice_is_broadcast_once_and_a_stream_can_begin_anew() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "broadcast");
    let kafka = deployment.kafka();
    create_topics(&kafka, 2, None);
    let first = done(&deployment, &["broadcast", "spring_sale", "--with", "share=20", "--unheard"]);
    assert!(first.contains("`spring_sale` is broadcast with sequence 1"), "{first}");
    let again = done(&deployment, &["broadcast", "spring_sale", "--with", "share=20", "--unheard"]);
    assert!(
        again.contains("is not written again") && again.contains("at sequence 1 in all 2"),
        "{again}"
    );
    for more in [&[][..], &["--dry-run"]] {
        let other = ["broadcast", "spring_sale", "--with", "share=30", "--unheard"];
        let output = deployment.command(&[&other, more].concat());
        let told = told(&output);
        assert_eq!(output.status.code(), Some(65), "{told}");
        assert!(told.contains("with another content") && told.contains("--id spring_sale_2"));
    }
    let output = deployment.command(&["broadcast", "spring_sale", "--id", "another"]);
    assert!(told(&output).contains("no journey of the configuration here begins"));
    assert_eq!(output.status.code(), Some(65), "nobody hears it");
    let dry = ["broadcast", "spring_sale", "--id", "another", "--unheard", "--dry-run"];
    let dry = done(&deployment, &dry);
    assert!(dry.contains(r#"would be broadcast: {"id":"another","name":"spring_sale"}"#), "{dry}");
    assert!(dry.contains("0 journeys of the configuration here"), "{dry}");
    done(&deployment, &["broadcast", "spring_sale", "--id", "another", "--unheard"]);
    let copied = done(&deployment, &["--output", "json", "broadcast", "--resume", "--from", "2"]);
    assert!(copied.contains(r#""finished":1,"#), "{copied}");
    done(&deployment, &["broadcast", "summer_sale", "--anew", "--unheard"]);
    let records = everywhere(&kafka, 2, "broadcast");
    let said = |(epoch, sequence, value): &(String, u64, Value)| {
        (epoch.clone(), *sequence, value["broadcast"].clone())
    };
    let epochs = [records[0].0.clone(), records[2].0.clone()];
    assert!(epochs[0] < epochs[1]);
    assert_eq!(
        records.iter().map(said).collect::<Vec<_>>(),
        [
            (
                epochs[0].clone(),
                1,
                json!({ "id": "spring_sale", "name": "spring_sale", "share": 20 })
            ),
            (epochs[0].clone(), 2, json!({ "id": "another", "name": "spring_sale" })),
            (epochs[1].clone(), 1, json!({ "id": "summer_sale", "name": "summer_sale" })),
        ]
    );
}

#[test]
fn what_a_writer_cannot_do_is_told_with_a_remedy() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "cannot");
    let kafka = deployment.kafka();
    let refused = |args: &[&str], code: i32, words: &[&str]| {
        let output = deployment.command(args);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        // Reports break their lines.
        let plain = told
            .split(|c: char| c.is_whitespace() || c == '│')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        words.iter().for_each(|word| assert!(plain.contains(word), "`{word}` is not in: {told}"));
    };
    let pause = ["control", "pause", "welcome"];
    refused(&pause, 78, &[&kafka.topics().events, "does not exist"]);
    create_topics(&kafka, 1, None);
    refused(&pause, 78, &[&kafka.topics().streams, "does not exist", "engine.create_topics=true"]);
    refused(
        &["control", "pause", "wellcome"],
        65,
        &["there is no journey `wellcome`", "did you mean `welcome`?"],
    );
    done(&deployment, &pause);

    // Somebody else's record in the journal: what follows it must not be numbered without it.
    let foreign = Appender::open(&kafka, &kafka.topics().streams).expect("a client");
    foreign.send(2, b"", b"hello").and_then(|()| foreign.flush(PATIENCE)).expect("a record");
    refused(&pause, 78, &["offset 2 is no record of this stream", "--anew"]);
    let told = done(&deployment, &["control", "pause", "welcome", "--anew"]);
    assert!(told.contains("begins anew") && told.contains("at sequence 1"), "{told}");
    // The events topic had another number of partitions.
    let told = done(&deployment, &["broadcast", "sale", "--unheard"]);
    assert!(told.contains("in the one partition"), "{told}");
    let copied = kafka.topics().streams_copied;
    let markers = Compacted::read_all(&kafka, &copied, PATIENCE).expect("markers");
    let marker = Marker::read(&markers[&b"broadcast"[..]]).expect("a marker");
    let marker = Marker { partitions: 6, ..marker };
    let foreign = Appender::open(&kafka, &copied).expect("a client");
    foreign
        .send(0, b"broadcast", &marker.value())
        .and_then(|()| foreign.flush(PATIENCE))
        .expect("a record");
    refused(
        &["broadcast", "other_sale", "--unheard"],
        78,
        &["the events topic has 1 partition(s), and the stream was written to 6", "--anew"],
    );
    let told = done(&deployment, &["broadcast", "other_sale", "--anew", "--unheard"]);
    assert!(
        told.contains("begins anew") && told.contains("at sequence 1 in the one partition"),
        "{told}"
    );
}
