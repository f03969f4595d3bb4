//! The audit: the sends topic as the independent reader accepts it, against the reference model's re-execution of the events
//! topic under the accepted turn records.

use crate::mail::text;
use cartwheel_core::decision::Decision;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Counts, Mode, Turn};
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Batch, KafkaConfig, Source, Start};
use cartwheel_sim::reference::{Effect, ExpectedCommand, Reference};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What the independent reader accepted, a list a partition.
pub struct Accepted {
    turns: Vec<Vec<Turn>>,
    commands: Vec<Vec<Value>>,
}

impl Accepted {
    pub fn read(bootstrap: &str, topic: &str, partitions: i32) -> Self {
        let lines = cartwheel_broker::read_sends(bootstrap, topic).expect("the independent reader");
        let lists = || (0..partitions).map(|_| Vec::new()).collect();
        let mut accepted = Self { turns: lists(), commands: Vec::new() };
        accepted.commands = (0..partitions).map(|_| Vec::new()).collect();
        for line in &lines {
            let record: Value = serde_json::from_str(line).expect("a JSON line");
            let Some(partition) = record["partition"].as_u64() else { continue };
            let value: Value = match &record["value"] {
                Value::String(value) => serde_json::from_str(value).expect("a JSON value"),
                other => other.clone(),
            };
            match record["kind"].as_str() {
                Some("turn") => accepted.turns[partition as usize]
                    .push(serde_json::from_value(value).expect("a turn record")),
                Some("command") => accepted.commands[partition as usize].push(value),
                _ => {}
            }
        }
        accepted
    }

    /// How many commands go by e-mail.
    pub fn mails(&self) -> usize {
        self.commands().filter(|command| command["channel"] == "email").count()
    }

    /// How many customers broadcasts have reached.
    pub fn walked(&self) -> u64 {
        self.turns.iter().flatten().map(|turn| turn.walked).sum()
    }

    pub fn commands(&self) -> impl Iterator<Item = &Value> {
        self.commands.iter().flatten()
    }
}

/// The events topic.
pub struct Events {
    partitions: Vec<Vec<(i64, Millis, Vec<u8>)>>,
}

impl Events {
    pub fn read(kafka: &KafkaConfig, partitions: i32) -> Self {
        Self {
            partitions: (0..partitions).map(|partition| read_partition(kafka, partition)).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = Value> {
        self.partitions
            .iter()
            .flatten()
            .filter_map(|(_, _, value)| serde_json::from_slice(value).ok())
    }

    /// The e-mail commands that delivery says it did not send. Here only one thing excuses it: the customer wants no mails, or
    /// their address takes none, and the log says so.
    pub fn withheld(&self) -> BTreeSet<String> {
        const REASONS: [&str; 3] = ["unsubscribed", "message_bounced", "message_complained"];
        let is = |event: &Value, kinds: &[&str]| {
            kinds.contains(&event["type"].as_str().unwrap_or_default())
        };
        let unwilling: BTreeSet<String> = self
            .all()
            .filter(|event| is(event, &REASONS))
            .map(|event| text(&event["customer"]))
            .collect();
        let failed = self.all().filter(|event| {
            is(event, &["message_failed"]) && event["message"]["channel"] == "email"
        });
        failed
            .map(|event| {
                assert_eq!(
                    event["message"]["reason"], "suppressed",
                    "a mail was not sent: {event}"
                );
                assert!(
                    unwilling.contains(&text(&event["customer"])),
                    "nothing suppresses this customer: {event}"
                );
                text(&event["message"]["command_id"])
            })
            .collect()
    }
}

fn read_partition(kafka: &KafkaConfig, partition: i32) -> Vec<(i64, Millis, Vec<u8>)> {
    let mut source =
        Source::open(kafka, &kafka.topics().events, partition, Start::Beginning).expect("a source");
    let end = source.end_offset(Duration::from_secs(20)).expect("an end offset");
    let mut batch = Batch::new(10_000);
    let mut records = Vec::new();
    while source.position() < end {
        source.poll(&mut batch, Duration::from_secs(1)).expect("a batch");
        let owned = batch.iter().map(|record| {
            (record.offset(), record.timestamp_ms(), record.value().unwrap_or_default().to_vec())
        });
        records.extend(owned);
    }
    records.retain(|(offset, _, _)| *offset < end);
    records
}

/// What the reference decides under the accepted turn records.
pub struct Reexecuted {
    commands: Vec<Vec<ExpectedCommand>>,
    decisions: BTreeMap<String, Vec<Decision>>,
}

impl Reexecuted {
    pub fn decisions(&self, customer: &str) -> &[Decision] {
        self.decisions.get(customer).map_or(&[], Vec::as_slice)
    }
}

pub fn reexecute(plan: &Arc<Plan>, events: &Events, accepted: &Accepted) -> Reexecuted {
    let mut reexecuted = Reexecuted { commands: Vec::new(), decisions: BTreeMap::new() };
    for (records, turns) in events.partitions.iter().zip(&accepted.turns) {
        let outcomes = reexecute_partition(plan, records, turns);
        let mut commands = Vec::new();
        for outcome in outcomes {
            match outcome {
                Effect::Command(command) => commands.push(command),
                Effect::Decision(decision) => reexecuted
                    .decisions
                    .entry(decision.customer.to_string())
                    .or_default()
                    .push(decision),
                _ => {}
            }
        }
        reexecuted.commands.push(commands);
    }
    reexecuted
}

fn reexecute_partition(
    plan: &Arc<Plan>,
    records: &[(i64, Millis, Vec<u8>)],
    turns: &[Turn],
) -> Vec<Effect> {
    let mut reference = Reference::new(Arc::clone(plan));
    let mut out = Vec::new();
    let mut next = records.iter().peekable();
    let mut mode = Mode::Live;
    for turn in turns {
        let fired = reference.fired();
        while let Some((offset, time, value)) =
            next.next_if(|(offset, _, _)| *offset < turn.next_offset)
        {
            let time = match turn.counts(*offset) {
                None => *time,
                Some(Counts::At(time)) => time,
                Some(Counts::Not(_)) => continue,
            };
            reference.record(*offset, time, value, &mut out);
        }
        if turn.mode != mode {
            mode = turn.mode;
            reference.mode(mode);
        }
        let left = turn.fired - (reference.fired() - fired);
        reference.clock(turn.now, Some(left), &mut out);
    }
    // What came after the engine had stopped are the last mails' receipts.
    for (offset, _, value) in next {
        let event: Value = serde_json::from_slice(value).expect("a receipt");
        assert!(text(&event["type"]).starts_with("message_"), "offset {offset} was not applied");
    }
    out
}

/// Accepted exactly once, in the same order, with the same content.
pub fn same_commands(reexecuted: &Reexecuted, accepted: &Accepted) {
    for (partition, (expected, found)) in
        reexecuted.commands.iter().zip(&accepted.commands).enumerate()
    {
        for (expected, found) in expected.iter().zip(found) {
            let expected = serde_json::to_value(expected).expect("JSON");
            for (field, value) in expected.as_object().expect("an object") {
                assert_eq!(
                    &found[field], value,
                    "partition {partition}, command {}: {field}",
                    found["command_id"]
                );
            }
        }
        assert_eq!(expected.len(), found.len(), "commands of partition {partition}");
        let ids: BTreeSet<String> =
            found.iter().map(|command| text(&command["command_id"])).collect();
        assert_eq!(ids.len(), found.len(), "a command of partition {partition} was accepted twice");
    }
}
