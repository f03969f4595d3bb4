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
//!
//! The view has a limit, counted in words: one for each address, source and reason. An address with one word takes 90 to 141 bytes (hash table and
//! list, measured; ten million 0.9 to 1.4 GB), another word of the same address 24 and more. Where one more word has no room the view is **full** until the worker starts
//! again with a higher limit: it no longer knows who must not be written to, so no address is called on any channel, and the records that have no room stay unfinished.

use crate::horizon::Horizon;
use cartwheel_core::address::AddressHash;
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

/// What became of an accepted suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It counts; the topic's key and the joined value to write.
    Joined(String, Vec<u8>),
    /// The view is full.
    NoRoom,
}

/// What the view says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It may be called until this moment (monotonic).
    Clear(Millis),
    /// It must not be called.
    Suppressed(SuppressionReason),
    /// The view is too old or too full to say, or what stands in it cannot be read. No call.
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
    /// Words that it may hold.
    room: usize,
    words: usize,
    full: bool,
    partitions: BTreeMap<i32, Horizon>,
    entries: HashMap<u128, Listing>,
    /// Keys whose newest record cannot be read.
    unreadable: HashSet<u128>,
    /// Keys whose newest record lacks what these source partitions said.
    lacking: BTreeMap<u128, Vec<i32>>,
}

impl View {
    /// An empty view of the topic's partitions, each with the offset that is read first. Checks hold for `life` ms; it has room for so many words.
    pub fn new(
        partitions: impl IntoIterator<Item = (i32, i64)>,
        life: Millis,
        room: usize,
    ) -> Self {
        let partitions = partitions
            .into_iter()
            .map(|(partition, start)| (partition, Horizon::at(start)))
            .collect();
        Self {
            life,
            room,
            words: 0,
            full: false,
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

    /// Words known: see the module.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Whether a word had no room: nothing is called any more.
    pub fn is_full(&self) -> bool {
        self.full
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
                if self.words + self.unreadable.len() < self.room {
                    self.unreadable.insert(key);
                } else {
                    self.full |= !self.unreadable.contains(&key);
                }
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

    /// A suppression was accepted from sends partition `partition`: it counts at once, before it is in the topic. None if the record's own
    /// address hash cannot be read.
    pub fn accepted(
        &mut self,
        partition: i32,
        seq: u64,
        suppression: &Suppression,
    ) -> Option<Accepted> {
        let key = parse_key(suppression.address.as_bytes())?;
        let Suppression { channel, reason, active, at, .. } = *suppression;
        let claim = Claim { partition, seq, reason, active, at };
        // A full view may lack words of any address: what it would write could take them away from the topic.
        if !self.raise(key, channel, claim) || self.full {
            return Some(Accepted::NoRoom);
        }
        let (key, value) = stored(key, self.entries.get(&key)?);
        Some(Accepted::Joined(key, value))
    }

    /// Keeps the highest sequence of a source. False: it has no room, and the view is full.
    fn raise(&mut self, key: u128, channel: Channel, new: Claim) -> bool {
        let known = self.entries.get_mut(&key);
        if let Some(known) =
            known.and_then(|entry| entry.sources.iter_mut().find(|known| same(known, &new)))
        {
            if known.seq < new.seq {
                *known = new;
            }
            return true;
        }
        if self.words + self.unreadable.len() >= self.room {
            self.full = true;
            return false;
        }
        self.words += 1;
        let entry =
            self.entries.entry(key).or_insert_with(|| Listing { channel, sources: Vec::new() });
        // Most addresses have one source for ever: no room for others is taken.
        entry.sources.reserve_exact(1);
        entry.sources.push(new);
        entry.sources.sort_unstable_by_key(|source| (source.partition, source.reason));
        true
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
        let until = self.fresh_until().filter(|until| now < *until && !self.full);
        let Some(until) = until else { return Check::NotFresh };
        let AddressHash(key) = AddressHash::of(channel, address);
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
    /// Empty unless the view is fresh and has had room for all, since only then the newest record of a key is known. Each is given once, so many at a time; if it is overwritten
    /// again, it comes again.
    pub fn rewrites(
        &mut self,
        now: Millis,
        owned: impl Fn(i32) -> bool,
        at_most: usize,
    ) -> Vec<(String, Vec<u8>)> {
        let fresh = self.fresh_until().is_some_and(|until| now < until && !self.full);
        if self.lacking.is_empty() || !fresh {
            return Vec::new();
        }
        let due: Vec<u128> = self
            .lacking
            .iter()
            .filter(|(_, sources)| sources.iter().any(|source| owned(*source)))
            .map(|(key, _)| *key)
            .take(at_most)
            .collect();
        due.iter().for_each(|key| drop(self.lacking.remove(key)));
        due.into_iter()
            .filter_map(|key| self.entries.get(&key).map(|entry| stored(key, entry)))
            .collect()
    }

    fn join(&mut self, key: u128, read: &Stored) {
        for source in &read.sources {
            self.raise(key, read.channel, *source);
        }
        let Some(entry) = self.entries.get(&key) else { return };
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

fn stored(key: u128, entry: &Listing) -> (String, Vec<u8>) {
    let address = AddressHash(key).to_string();
    let stored =
        Stored { channel: entry.channel, address: address.clone(), sources: entry.sources.clone() };
    // Enums, numbers and instants always serialise.
    (address, serde_json::to_vec(&stored).unwrap_or_default())
}

fn parse_key(text: &[u8]) -> Option<u128> {
    AddressHash::parse(std::str::from_utf8(text).ok()?).map(|AddressHash(key)| key)
}

#[cfg(test)]
mod tests;
