//! Records of customers who belong to another partition.

use super::world::plan;
use crate::checkpoint::memory::MemoryStore;
use crate::{Identity, Lone, Opened, Settings};
use cartwheel_core::channel::Channel;
use cartwheel_core::event::Record;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Dead, DeadReason, Kind, Poison, Suppression, SuppressionReason};

/// A producer places by CRC-32 what this shard expects by another.
fn counts(partitioner: Partitioner) -> (usize, u64, Vec<Dead>) {
    let identity =
        Identity { events_topic: "events".into(), partition: 2, partitions: 4, partitioner };
    let opened = Opened::open(identity, Settings::without_clock(), MemoryStore::default()).unwrap();
    let mut lone = Lone::lead(opened, &plan()).unwrap();
    lone.keep();
    let here = (0..400)
        .map(|number| format!("c{number:04}"))
        .filter(|name| Partitioner::Crc32.partition_of(name.as_bytes(), 4) == 2);
    for (offset, name) in (0..).zip(here) {
        let value = format!(r#"{{"type":"seen","customer":"{name}"}}"#);
        let key = Some(name.as_bytes());
        lone.record(&Record { offset, time: 1, key, value: value.as_bytes() }).unwrap();
    }
    lone.clock(1).unwrap();
    let dead = lone.take_published().into_iter().filter(|record| record.kind == Kind::Dead);
    let dead = dead.map(|record| serde_json::from_slice(&record.value).unwrap()).collect();
    let fits = lone.shard().counters().would_fit[Partitioner::Crc32 as usize];
    (lone.shard().customers(), fits, dead)
}

#[test]
fn who_belongs_elsewhere_is_a_dead_letter_and_never_a_customer_here() {
    let (customers, fits, dead) = counts(Partitioner::Crc32);
    assert!(customers > 50 && fits == 0 && dead.is_empty());
    let (few, fits, dead) = counts(Partitioner::Murmur2);
    assert!(few > 0 && few < customers / 2);
    assert_eq!((few + dead.len(), fits), (customers, dead.len() as u64));
    assert!(dead.iter().all(|dead| dead.reason == DeadReason::Poison(Poison::Misplaced)));
    assert!(dead[0].detail.starts_with("murmur2 puts this customer on partition "));
}

/// A link's click that a producer placed wrongly: the customer is another shard's, the address is nobody's.
#[test]
fn an_address_is_suppressed_whoever_has_the_customer() {
    let partitioner = Partitioner::Murmur2;
    let elsewhere = |name: &String| partitioner.partition_of(name.as_bytes(), 4) != 2;
    let name = (0..).map(|number| format!("c{number}")).find(elsewhere).unwrap();
    let identity =
        Identity { events_topic: "events".into(), partition: 2, partitions: 4, partitioner };
    let opened = Opened::open(identity, Settings::without_clock(), MemoryStore::default()).unwrap();
    let mut lone = Lone::lead(opened, &plan()).unwrap();
    lone.keep();
    let address = Suppression::hash(Channel::Email, "ana@example.com");
    lone.take_published();
    let value = format!(
        r#"{{"type":"unsubscribed","customer":"{name}","message":{{"channel":"email","address":"{address}"}}}}"#
    );
    lone.record(&Record { offset: 0, time: 1, key: None, value: value.as_bytes() }).unwrap();
    let published = lone.take_published();
    let kinds: Vec<Kind> = published.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [Kind::Turn, Kind::Suppression, Kind::Dead]);
    let told: Suppression = serde_json::from_slice(&published[1].value).unwrap();
    let reason = SuppressionReason::Unsubscribed;
    assert_eq!(told, Suppression { channel: Channel::Email, address, reason, active: true, at: 1 });
    assert_eq!(lone.shard().customers(), 0);
}

#[test]
fn a_key_that_is_not_the_customer_is_counted() {
    let mut lone = Lone::open(&plan(), Settings::without_clock(), MemoryStore::default()).unwrap();
    let value = br#"{"type":"seen","customer":"ana"}"#;
    for (offset, key) in (0..).zip([Some(&b"ana"[..]), Some(b"session-7"), None]) {
        lone.record(&Record { offset, time: 1, key, value }).unwrap();
    }
    assert_eq!((lone.shard().counters().other_keys, lone.shard().customers()), (1, 1));
}
