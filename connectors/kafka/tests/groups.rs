//! Group membership and delivery's worker against a real broker.

mod common;

use cartwheel_core::sends::Kind;
use cartwheel_kafka::{
    Assignment, Change, KafkaConfig, OwnedRecord, Position, SendsProducer, Worker, WorkerEvent,
};
use common::{LONG, lead, with_topics};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(50);

/// A member and what it owns.
struct Member {
    assignment: Assignment,
    owned: BTreeSet<i32>,
    changes: Vec<Change>,
}

impl Member {
    fn join(config: &KafkaConfig, name: Option<&str>) -> Self {
        let config = KafkaConfig { member: name.map(str::to_owned), ..config.clone() };
        Self {
            assignment: Assignment::join(&config, &config.topics().events).unwrap(),
            owned: BTreeSet::new(),
            changes: Vec::new(),
        }
    }

    /// One poll; revoked partitions are released at once.
    fn step(&mut self) {
        let change = match self.assignment.poll(SHORT) {
            Ok(change) => change,
            Err(error) if error.is_transient() => None,
            Err(error) => panic!("{error}"),
        };
        match &change {
            Some(Change::Assigned(partitions)) => self.owned.extend(partitions),
            Some(Change::Revoked(partitions)) => {
                self.owned.retain(|own| !partitions.contains(own));
                self.assignment.release().unwrap();
            }
            Some(Change::Lost(partitions)) => self.owned.retain(|own| !partitions.contains(own)),
            None => {}
        }
        self.changes.extend(change);
    }
}

fn until(members: &mut [&mut Member], what: &str, mut done: impl FnMut(&[&mut Member]) -> bool) {
    let deadline = Instant::now() + LONG;
    while !done(members) {
        assert!(
            Instant::now() < deadline,
            "{what}: {:?}",
            members.iter().map(|member| &member.changes).collect::<Vec<_>>()
        );
        members.iter_mut().for_each(|member| member.step());
    }
}

#[test]
fn two_members_share_and_one_inherits() {
    let config = with_topics(2);
    let mut a = Member::join(&config, None);
    until(&mut [&mut a], "alone", |m| m[0].owned.len() == 2);
    let (generation, member) = a.assignment.membership().unwrap();
    assert!(generation >= 1 && !member.is_empty());

    let mut b = Member::join(&config, None);
    until(&mut [&mut a, &mut b], "shared", |m| m[0].owned.len() == 1 && m[1].owned.len() == 1);
    assert_ne!(a.owned, b.owned);
    // Cooperative: what stays is not taken away in between.
    let revoked: Vec<_> = a
        .changes
        .iter()
        .filter_map(|c| if let Change::Revoked(p) = c { Some(p.len()) } else { None })
        .collect();
    assert_eq!(revoked, [1]);
    assert!(a.assignment.membership().unwrap().0 > generation);

    a.assignment.leave();
    until(&mut [&mut b], "inherited", |m| m[0].owned.len() == 2);
}

#[test]
fn a_revoked_partition_waits_for_its_release() {
    let config = with_topics(2);
    let mut a = Member::join(&config, None);
    until(&mut [&mut a], "alone", |m| m[0].owned.len() == 2);
    let mut b = Member::join(&config, None);
    // A finishes its turn for a while: B gets nothing.
    let revoked = loop {
        b.step();
        if let Some(Change::Revoked(partitions)) = a.assignment.poll(SHORT).unwrap() {
            break partitions;
        }
    };
    for _ in 0..20 {
        b.step();
        assert_eq!(a.assignment.poll(SHORT), Ok(None));
    }
    assert!(b.owned.is_empty());
    a.owned.retain(|own| !revoked.contains(own));
    a.assignment.release().unwrap();
    until(&mut [&mut a, &mut b], "handed over", |m| {
        m[1].owned.iter().copied().eq(revoked.iter().copied())
    });
}

#[test]
fn a_static_member_comes_back_to_its_partitions() {
    let config = with_topics(2);
    let (mut a, mut b) =
        (Member::join(&config, Some("pod-0")), Member::join(&config, Some("pod-1")));
    until(&mut [&mut a, &mut b], "shared", |m| m[0].owned.len() == 1 && m[1].owned.len() == 1);
    let (owned, seen) = (a.owned.clone(), b.changes.len());
    a.assignment.leave();
    let mut a = Member::join(&config, Some("pod-0"));
    until(&mut [&mut a, &mut b], "back", |m| m[0].owned == owned);
    assert_eq!(b.changes.len(), seen, "the other noticed nothing: {:?}", b.changes);
}

/// Polls until `count` records have come; assignments are collected beside them.
fn deliver(worker: &mut Worker, count: usize) -> (Vec<Position>, Vec<OwnedRecord>) {
    let (mut positions, mut records, deadline) = (Vec::new(), Vec::new(), Instant::now() + LONG);
    while records.len() < count || positions.is_empty() {
        assert!(Instant::now() < deadline, "{} of {count} records", records.len());
        match worker.poll(SHORT) {
            Ok(Some(WorkerEvent::Assigned(some))) => positions.extend(some),
            Ok(Some(WorkerEvent::Record(record))) => records.push(record),
            Ok(Some(other)) => panic!("{other:?}"),
            Ok(None) => {}
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
    (positions, records)
}

fn append(config: &KafkaConfig, partition: i32, count: u64) {
    let mut producer = SendsProducer::open(config, &config.topics().sends, partition).unwrap();
    let leader = lead(config, partition);
    for seq in 1..=count {
        producer.send(Kind::Command, leader, seq, b"ana", b"{}").unwrap();
    }
    producer.flush(LONG).unwrap();
}

#[test]
fn a_worker_goes_on_where_the_last_one_committed() {
    let config = with_topics(1);
    let topic = config.topics().sends;
    append(&config, 0, 5);
    let mut worker = Worker::join(&config, &topic).unwrap();
    let (positions, records) = deliver(&mut worker, 6);
    assert_eq!(positions, [Position { partition: 0, offset: None, metadata: String::new() }]);
    assert_eq!(records[3].sends_headers().unwrap().seq, 3);
    worker.commit_and_wait(0, 4, "0:3").unwrap();
    worker.leave();

    let mut worker = Worker::join(&config, &topic).unwrap();
    let (positions, records) = deliver(&mut worker, 2);
    assert_eq!(positions, [Position { partition: 0, offset: Some(4), metadata: "0:3".to_owned() }]);
    assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(worker.range(0, LONG).unwrap(), (0, 6));

    // Not waited for, and read back.
    worker.commit(0, 6, "0:5").unwrap();
    let expected = [Position { partition: 0, offset: Some(6), metadata: "0:5".to_owned() }];
    let deadline = Instant::now() + LONG;
    while worker.committed(&[0]).unwrap() != expected {
        assert!(Instant::now() < deadline);
    }
    assert_eq!(worker.commit_error(), None);
}

#[test]
fn a_paused_partition_is_silent_while_others_flow() {
    let config = with_topics(2);
    append(&config, 0, 1);
    append(&config, 1, 1);
    let mut worker = Worker::join(&config, &config.topics().sends).unwrap();
    deliver(&mut worker, 4);
    worker.pause(0).unwrap();
    append(&config, 0, 1);
    append(&config, 1, 1);
    let (mut records, deadline) = (Vec::new(), Instant::now() + LONG);
    while records.len() < 2 && Instant::now() < deadline {
        if let Some(WorkerEvent::Record(record)) = worker.poll(SHORT).unwrap() {
            records.push(record);
        }
    }
    assert!(records.iter().all(|record| record.partition == 1), "{records:?}");
    worker.resume(0).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 && Instant::now() < deadline {
        if let Some(WorkerEvent::Record(record)) = worker.poll(SHORT).unwrap() {
            seen.push((record.partition, record.offset));
        }
    }
    assert_eq!(seen, [(0, 2), (0, 3)]);
    worker.seek(0, 1, LONG).unwrap();
    while seen.len() < 3 && Instant::now() < deadline {
        if let Some(WorkerEvent::Record(record)) = worker.poll(SHORT).unwrap() {
            seen.push((record.partition, record.offset));
        }
    }
    assert_eq!(seen.last(), Some(&(0, 1)));
}

#[test]
fn a_committed_offset_beyond_the_log_is_an_error() {
    let config = with_topics(1);
    append(&config, 0, 1);
    let mut worker = Worker::join(&config, &config.topics().sends).unwrap();
    deliver(&mut worker, 2);
    worker.commit_and_wait(0, 100, "0:99").unwrap();
    worker.leave();
    let mut worker = Worker::join(&config, &config.topics().sends).unwrap();
    let deadline = Instant::now() + LONG;
    let (position, log) = loop {
        match worker.poll(SHORT) {
            Ok(Some(WorkerEvent::OutOfLog { position, log })) => break (position, log),
            Ok(Some(other)) => panic!("reset silently: {other:?}"),
            Ok(None) => {}
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
        assert!(Instant::now() < deadline);
    };
    assert_eq!((position.offset, position.metadata.as_str(), log), (Some(100), "0:99", (0, 2)));
    // Nothing flows until somebody decides.
    append(&config, 0, 1);
    assert_eq!(worker.poll(Duration::from_millis(500)).unwrap(), None);
    worker.seek(0, 1, LONG).unwrap();
    worker.resume(0).unwrap();
    let record = loop {
        if let Some(WorkerEvent::Record(record)) = worker.poll(SHORT).unwrap() {
            break record;
        }
        assert!(Instant::now() < deadline);
    };
    assert_eq!(record.offset, 1);
}
