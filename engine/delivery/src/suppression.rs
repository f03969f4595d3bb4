//! The view of the compacted suppressions topic, held in memory by every worker; it fails closed.
//!
//! The topic's key is the address hash ([`Suppression::hash`], which covers the channel). Its value holds, for each source partition and each
//! reason, the newest record known to its writer, told by the sequence number of the source:
//!
//! ```json
//! {"channel":"email","address":"0011..","sources":[{"partition":3,"seq":17,"reason":"unsubscribed","active":true,"at":"2026-01-01T10:00:00.000Z"}]}
//! ```
//!
//! Sequences of two partitions cannot be compared, and two customers on two partitions may share an address; so sources stand side by side
//! and an address is suppressed while any of them is active. Readers join records by the highest sequence of each source, so the order in which records were written
//! does not matter. A writer that had not seen another's record may overwrite it: the forwarder of the lost source reads that
//! back and writes the joined value again ([`View::rewrites`]).

use crate::horizon::Horizon;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::sends::{Suppression, SuppressionReason};
use cartwheel_core::time::{Millis, rfc3339};
use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of a record of the suppressions topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The medium.
    pub channel: Channel,
    /// The record's key.
    pub address: String,
    /// The newest of each source partition and reason.
    pub sources: Vec<Claim>,
}

/// What one shard last said of an address, for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Partition of the sends topic.
    pub partition: i32,
    /// Sequence number of the `suppression` record.
    pub seq: u64,
    /// Why.
    pub reason: SuppressionReason,
    /// False: lifted.
    pub active: bool,
    /// Record time.
    #[serde(with = "rfc3339")]
    pub at: Millis,
}

/// What the view says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It may be called until this moment (monotonic).
    Clear(Millis),
    /// It must not be called.
    Suppressed(SuppressionReason),
    /// The view is too old to say, or what stands in it cannot be read. No call.
    NotFresh,
}

#[derive(Clone, Debug)]
struct Listing {
    channel: Channel,
    sources: Vec<Claim>,
}

/// The view.
#[derive(Clone, Debug)]
pub struct View {
    life: Millis,
    partitions: BTreeMap<i32, Horizon>,
    entries: HashMap<u128, Listing>,
    /// Keys whose newest record cannot be read.
    unreadable: HashSet<u128>,
    /// Keys whose newest record lacks what these source partitions said.
    lacking: BTreeMap<u128, Vec<i32>>,
}

impl View {
    /// An empty view of the topic's partitions, each with the offset that is read first. Checks hold for `life` ms.
    pub fn new(partitions: impl IntoIterator<Item = (i32, i64)>, life: Millis) -> Self {
        let partitions = partitions
            .into_iter()
            .map(|(partition, start)| (partition, Horizon::at(start)))
            .collect();
        Self {
            life,
            partitions,
            entries: HashMap::new(),
            unreadable: HashSet::new(),
            lacking: BTreeMap::new(),
        }
    }

    /// Addresses known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no address is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A record of the suppressions topic was read. False: it cannot be understood; its address then counts as not fresh.
    /// A record without a value is passed over: nobody lifts a suppression by deleting it.
    pub fn record(
        &mut self,
        partition: i32,
        offset: i64,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> bool {
        if let Some(horizon) = self.partitions.get_mut(&partition) {
            horizon.advance(offset + 1);
        }
        let Some(value) = value else { return true };
        let stored: Option<Stored> = serde_json::from_slice(value).ok();
        match (parse_key(key), stored) {
            (Some(key), Some(stored)) => {
                self.unreadable.remove(&key);
                self.join(key, &stored);
                true
            }
            (Some(key), None) => {
                self.unreadable.insert(key);
                false
            }
            (None, _) => false,
        }
    }

    /// The end offset of a partition of the topic, asked for at `requested_at` (monotonic).
    pub fn end_seen(&mut self, partition: i32, end: i64, requested_at: Millis) {
        if let Some(horizon) = self.partitions.get_mut(&partition) {
            horizon.end_seen(end, requested_at);
        }
    }

    /// Everything before `position` has been read, also where no record stands at the end.
    pub fn advance(&mut self, partition: i32, position: i64) {
        if let Some(horizon) = self.partitions.get_mut(&partition) {
            horizon.advance(position);
        }
    }

    /// A suppression was accepted from sends partition `partition`: it counts at once, before it is in the topic. Gives the topic's key and the
    /// joined value to write; none if the record's own address hash cannot be read.
    pub fn accepted(
        &mut self,
        partition: i32,
        seq: u64,
        suppression: &Suppression,
    ) -> Option<(String, Vec<u8>)> {
        let key = parse_key(suppression.address.as_bytes())?;
        let Suppression { channel, reason, active, at, .. } = *suppression;
        let entry =
            self.entries.entry(key).or_insert_with(|| Listing { channel, sources: Vec::new() });
        raise(&mut entry.sources, Claim { partition, seq, reason, active, at });
        Some(stored(key, entry))
    }

    /// The moment until which a check holds (monotonic); none before every partition has been read to an end.
    pub fn fresh_until(&self) -> Option<Millis> {
        let mut until = None;
        for horizon in self.partitions.values() {
            let here = horizon.proven()?.saturating_add(self.life);
            until = Some(until.map_or(here, |least: Millis| least.min(here)));
        }
        until
    }

    /// Whether `address` may be called on `channel`. Transactional messages pass an unsubscription, never a bounce or a complaint.
    /// A webhook has no address and needs no freshness.
    pub fn check(&self, channel: Channel, address: &str, class: Class, now: Millis) -> Check {
        if channel == Channel::Webhook {
            return Check::Clear(Millis::MAX);
        }
        let Some(until) = self.fresh_until().filter(|until| now < *until) else {
            return Check::NotFresh;
        };
        let Some(key) = parse_key(Suppression::hash(channel, address).as_bytes()) else {
            return Check::NotFresh;
        };
        if self.unreadable.contains(&key) {
            return Check::NotFresh;
        }
        let sources = self.entries.get(&key).map_or(&[][..], |entry| &entry.sources);
        let binding = |source: &&Claim| {
            source.active
                && (class == Class::Marketing || source.reason != SuppressionReason::Unsubscribed)
        };
        sources
            .iter()
            .filter(binding)
            .map(|source| source.reason)
            .max()
            .map_or(Check::Clear(until), Check::Suppressed)
    }

    /// The values to write again: those whose newest record lacks something newer from a source partition that is `owned` here.
    /// Empty unless the view is fresh, since only then the newest record of a key is known. Each is given once; if it is overwritten again, it comes again.
    pub fn rewrites(&mut self, now: Millis, owned: impl Fn(i32) -> bool) -> Vec<(String, Vec<u8>)> {
        if self.lacking.is_empty() || self.fresh_until().is_none_or(|until| now >= until) {
            return Vec::new();
        }
        let due: Vec<u128> = self
            .lacking
            .iter()
            .filter(|(_, sources)| sources.iter().any(|source| owned(*source)))
            .map(|(key, _)| *key)
            .collect();
        due.iter().for_each(|key| drop(self.lacking.remove(key)));
        due.into_iter()
            .filter_map(|key| self.entries.get(&key).map(|entry| stored(key, entry)))
            .collect()
    }

    fn join(&mut self, key: u128, read: &Stored) {
        let entry = self
            .entries
            .entry(key)
            .or_insert_with(|| Listing { channel: read.channel, sources: Vec::new() });
        read.sources.iter().for_each(|source| raise(&mut entry.sources, *source));
        let holds = |known: &Claim| {
            read.sources.iter().any(|source| same(source, known) && source.seq >= known.seq)
        };
        let lacks: Vec<i32> = entry
            .sources
            .iter()
            .filter(|known| !holds(known))
            .map(|known| known.partition)
            .collect();
        if lacks.is_empty() {
            self.lacking.remove(&key);
        } else {
            self.lacking.insert(key, lacks);
        }
    }
}

fn same(a: &Claim, b: &Claim) -> bool {
    (a.partition, a.reason) == (b.partition, b.reason)
}

/// Keeps the highest sequence of a source.
fn raise(sources: &mut Vec<Claim>, new: Claim) {
    match sources.iter_mut().find(|known| same(known, &new)) {
        Some(known) if known.seq < new.seq => *known = new,
        Some(_) => {}
        None => {
            sources.push(new);
            sources.sort_unstable_by_key(|source| (source.partition, source.reason));
        }
    }
}

fn stored(key: u128, entry: &Listing) -> (String, Vec<u8>) {
    let address = format!("{key:032x}");
    let stored =
        Stored { channel: entry.channel, address: address.clone(), sources: entry.sources.clone() };
    // Enums, numbers and instants always serialise.
    (address, serde_json::to_vec(&stored).unwrap_or_default())
}

fn parse_key(text: &[u8]) -> Option<u128> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 32)?;
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use SuppressionReason::{Bounced, Unsubscribed};

    const ANA: &str = "Ana@Example.com";

    fn suppression(reason: SuppressionReason, active: bool) -> Suppression {
        Suppression {
            channel: Channel::Email,
            address: Suppression::hash(Channel::Email, ANA),
            reason,
            active,
            at: 0,
        }
    }

    fn fresh() -> View {
        let mut view = View::new([(0, 0)], 100);
        view.end_seen(0, 0, 1_000);
        view
    }

    fn marketing(view: &View, now: Millis) -> Check {
        view.check(Channel::Email, "ana@example.com ", Class::Marketing, now)
    }

    #[test]
    fn every_spelling_of_an_address_is_suppressed() {
        let mut view = fresh();
        let suppression = Suppression {
            address: Suppression::hash(Channel::Email, "Info@B\u{fc}cher.example"),
            ..suppression(Unsubscribed, true)
        };
        view.accepted(3, 1, &suppression);
        for spelling in [
            "info@b\u{fc}cher.example",
            " info@bu\u{308}cher.example",
            "INFO@XN--BCHER-KVA.example",
        ] {
            let check = view.check(Channel::Email, spelling, Class::Marketing, 1_001);
            assert_eq!(check, Check::Suppressed(Unsubscribed), "{spelling}");
        }
        assert_eq!(
            Suppression::hash(Channel::Sms, "+1 (555) 010-0199"),
            Suppression::hash(Channel::Sms, "+15550100199")
        );
    }

    #[test]
    fn not_fresh_until_every_partition_was_read_to_an_end() {
        let mut view = View::new([(0, 0), (1, 5)], 100);
        view.end_seen(0, 2, 1_000);
        view.end_seen(1, 5, 1_010);
        assert_eq!(marketing(&view, 1_011), Check::NotFresh);
        view.record(0, 0, b"not a key", Some(b"{}"));
        view.advance(0, 2);
        assert_eq!(marketing(&view, 1_011), Check::Clear(1_100));
        assert_eq!(marketing(&view, 1_099), Check::Clear(1_100));
        assert_eq!(marketing(&view, 1_100), Check::NotFresh);
        assert_eq!(
            view.check(Channel::Webhook, "", Class::Marketing, 9_999),
            Check::Clear(Millis::MAX)
        );
    }

    #[test]
    fn each_source_and_reason_counts_by_its_highest_sequence() {
        let mut view = fresh();
        view.accepted(0, 5, &suppression(Unsubscribed, true));
        assert_eq!(marketing(&view, 1_001), Check::Suppressed(Unsubscribed));
        assert_eq!(
            view.check(Channel::Email, ANA, Class::Transactional, 1_001),
            Check::Clear(1_100)
        );
        view.accepted(1, 900, &suppression(Unsubscribed, false));
        assert_eq!(
            marketing(&view, 1_001),
            Check::Suppressed(Unsubscribed),
            "another customer with the address does not lift it"
        );
        view.accepted(0, 4, &suppression(Unsubscribed, false));
        assert_eq!(
            marketing(&view, 1_001),
            Check::Suppressed(Unsubscribed),
            "an older record changes nothing"
        );
        view.accepted(0, 6, &suppression(Bounced, true));
        view.accepted(0, 7, &suppression(Unsubscribed, false));
        assert_eq!(
            marketing(&view, 1_001),
            Check::Suppressed(Bounced),
            "lifting one reason leaves the other"
        );
        assert_eq!(
            view.check(Channel::Email, ANA, Class::Transactional, 1_001),
            Check::Suppressed(Bounced)
        );
        assert_eq!(
            view.check(Channel::Email, "bob@example.com", Class::Marketing, 1_001),
            Check::Clear(1_100)
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_called() {
        let mut view = fresh();
        let key = Suppression::hash(Channel::Email, ANA);
        assert!(!view.record(0, 0, key.as_bytes(), Some(b"{")));
        assert_eq!(marketing(&view, 1_001), Check::NotFresh);
        let value = fresh().accepted(0, 1, &suppression(Unsubscribed, false)).unwrap().1;
        assert!(view.record(0, 1, key.as_bytes(), Some(&value)));
        assert_eq!(marketing(&view, 1_001), Check::Clear(1_100));
    }

    #[test]
    fn a_lost_value_is_written_again_by_its_owner_and_then_rests() {
        let mut view = fresh();
        let (key, newer) = view.accepted(0, 9, &suppression(Unsubscribed, true)).unwrap();
        let older = fresh().accepted(0, 5, &suppression(Unsubscribed, false)).unwrap().1;
        view.record(0, 0, key.as_bytes(), Some(&newer));
        assert!(view.rewrites(1_001, |_| true).is_empty());
        view.record(0, 1, key.as_bytes(), Some(&older));
        assert!(view.rewrites(1_001, |source| source == 7).is_empty(), "not the owner");
        assert!(view.rewrites(1_100, |_| true).is_empty(), "not fresh");
        assert_eq!(view.rewrites(1_001, |source| source == 0), [(key.clone(), newer.clone())]);
        view.record(0, 2, key.as_bytes(), Some(&newer));
        assert!(view.rewrites(1_001, |_| true).is_empty());
        assert_eq!(marketing(&view, 1_001), Check::Suppressed(Unsubscribed));
    }

    /// Two forwarders that write without having seen each other end with one value that holds both.
    #[test]
    fn forwarders_that_overwrite_each_other_converge() {
        let mut views = [fresh(), fresh()];
        let mut log = Vec::new();
        for (partition, view) in views.iter_mut().enumerate() {
            log.push(view.accepted(partition as i32, 3, &suppression(Unsubscribed, true)).unwrap());
        }
        let mut read = 0;
        while read < log.len() {
            assert!(log.len() < 8, "no endless exchange");
            for view in &mut views {
                for (offset, (key, value)) in log.iter().enumerate().skip(read) {
                    view.record(0, offset as i64, key.as_bytes(), Some(value));
                }
                view.end_seen(0, log.len() as i64, 1_000);
            }
            read = log.len();
            for (partition, view) in views.iter_mut().enumerate() {
                log.extend(view.rewrites(1_001, |source| source == partition as i32));
            }
        }
        let last: Stored = serde_json::from_slice(&log.last().unwrap().1).unwrap();
        assert_eq!(last.sources.iter().map(|source| source.partition).collect::<Vec<_>>(), [0, 1]);
    }
}
