//! Which histories were written, and a sample of the events of each: so a file that shares events with one is noticed, though it is another history. What has
//! no key would count twice.
//!
//! The sample of a history are the smallest hashes of its events. Whatever file has a share of its events has about that share of the sample, in whatever order and
//! whatever else is in it: an extended file has all of it.

use super::facts::Facts;
use crate::failure::{Failure, Fault, count};
use crate::settings::Loaded;
use crate::wire::refusal;
use cartwheel_core::stream::PAST;
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_kafka::Compacted;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// Hashes in a sample, at most.
const SAMPLE: usize = 256;
/// Bits of a hash that are left out: every reader of JSON has the rest as it is.
const LEFT_OUT: u32 = 11;

/// Collects the sample of a history.
#[derive(Default)]
pub struct Sample(BTreeSet<u64>);

impl Sample {
    /// With this event, a JSON object.
    pub fn add(&mut self, event: &str) {
        let hash = hash(event);
        if self.0.len() == SAMPLE && self.0.last().is_some_and(|largest| hash >= *largest) {
            return;
        }
        if self.0.insert(hash) && self.0.len() > SAMPLE {
            self.0.pop_last();
        }
    }
}

fn hash(event: &str) -> u64 {
    xxh3_64(event.as_bytes()) >> LEFT_OUT
}

/// What is remembered of a history, under its name in the topic of the streams' markers: JSON.
#[derive(Debug, Serialize, Deserialize)]
pub struct History {
    facts: BTreeSet<String>,
    events: u64,
    written: String,
    sample: BTreeSet<u64>,
}

impl History {
    /// Of so many events for these facts, written then.
    pub fn new(facts: &Facts, events: u64, written: Millis, sample: &Sample) -> Self {
        let written = format_rfc3339(written);
        Self { facts: facts.keys().cloned().collect(), events, written, sample: sample.0.clone() }
    }

    /// As a record's value.
    pub fn value(&self) -> Vec<u8> {
        // Texts and whole numbers cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The histories that were written, by their names.
#[derive(Debug, Default)]
pub struct Histories(BTreeMap<String, History>);

impl Histories {
    /// What the topic has. What a later version has written otherwise is passed over. Errors: what Kafka says.
    pub fn read(loaded: &Loaded, patience: Duration) -> Result<Self, Failure> {
        let kafka = &loaded.settings.kafka;
        let all = Compacted::read_all(kafka, &kafka.topics().streams_copied, patience);
        let all = all.map_err(|error| refusal::kafka(&error, loaded))?;
        let history = |(name, value): (Vec<u8>, Vec<u8>)| {
            let name = String::from_utf8(name).ok().filter(|name| name.starts_with(PAST))?;
            Some((name, serde_json::from_slice(&value).ok()?))
        };
        Ok(Self(all.into_iter().filter_map(history).collect()))
    }

    /// Whether this one was begun.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Those with which a history for these facts must not share events; none if there is nothing to look for.
    pub fn for_facts(&self, facts: &Facts) -> Option<Shared<'_>> {
        let concerns = |history: &History| facts.keys().any(|fact| history.facts.contains(fact));
        let these: Vec<_> = self.0.iter().filter(|(_, history)| concerns(history)).collect();
        let found = these.iter().map(|_| Found::default()).collect();
        (!these.is_empty()).then_some(Shared { these, found })
    }
}

/// What the events of a history have in common with others.
pub struct Shared<'h> {
    these: Vec<(&'h String, &'h History)>,
    found: Vec<Found>,
}

/// Of one of the others.
#[derive(Default)]
struct Found {
    hashes: BTreeSet<u64>,
    /// Where the first stands.
    place: Option<String>,
}

impl Shared<'_> {
    /// Looks for this event; `place` says where it stands.
    pub fn look(&mut self, event: &str, place: impl Fn() -> String) {
        let hash = hash(event);
        for ((_, history), found) in self.these.iter().zip(&mut self.found) {
            if history.sample.contains(&hash) && found.hashes.insert(hash) {
                found.place.get_or_insert_with(&place);
            }
        }
    }

    /// What is wrong: the first history with which events are shared.
    pub fn fault(&self, facts: &Facts) -> Option<Fault> {
        let shared = self.these.iter().zip(&self.found);
        let ((name, history), found) = shared.max_by_key(|(_, found)| found.hashes.len())?;
        let place = found.place.as_ref()?;
        let twice: Vec<&str> =
            facts.keys().filter(|fact| history.facts.contains(*fact)).map(String::as_str).collect();
        let (events, twice) = (number(history.events), twice.join(", "));
        let share = match found.hashes.len() * 100 / history.sample.len().max(1) {
            100 if history.sample.len() == events => "all of its events are here".to_owned(),
            share => format!("about {} % of its events are here", share.max(1)),
        };
        let message = format!(
            "{place}: this event was read in on {} for {twice}, with the {} of the history {name}; {share}",
            history.written,
            count(events, "event")
        );
        let help = format!(
            "put what is new into a file of its own: what has no key would count twice. If {twice} has become another fact and has forgotten that history: --again WORD"
        );
        Some(Fault::new(message, Some(help)))
    }
}

fn number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(names: &[&str]) -> Facts {
        names.iter().map(|name| ((*name).to_owned(), BTreeSet::new())).collect()
    }

    fn event(number: usize) -> String {
        format!(r#"{{"n":{number}}}"#)
    }

    /// A history of these events for `orders` and `net`, which was written.
    fn histories(events: std::ops::Range<usize>) -> Histories {
        let mut sample = Sample::default();
        events.clone().for_each(|number| sample.add(&event(number)));
        let history = History::new(&facts(&["orders", "net"]), events.len() as u64, 0, &sample);
        let read = serde_json::from_slice(&history.value()).expect("as it was written");
        Histories([("backfill:a".to_owned(), read)].into())
    }

    fn told(histories: &Histories, named: &[&str], events: &[usize]) -> Option<String> {
        let mut shared = histories.for_facts(&facts(named))?;
        for (line, number) in (1..).zip(events) {
            shared.look(&event(*number), || format!("past.jsonl:{line}"));
        }
        shared.fault(&facts(named)).map(|fault| fault.message)
    }

    #[test]
    fn an_extended_file_is_known_by_every_order_of_its_events() {
        let (few, many) = (histories(0..10), histories(0..10_000));
        let more: Vec<usize> = (0..11).rev().collect();
        assert_eq!(
            told(&few, &["views", "net"], &more).as_deref(),
            Some(
                "past.jsonl:2: this event was read in on 1970-01-01T00:00:00.000Z for net, with the 10 events of the history backfill:a; all of its events are here"
            )
        );
        let all: Vec<usize> = (0..10_001).collect();
        let said = told(&many, &["orders"], &all).expect("all of them");
        assert!(said.ends_with("about 100 % of its events are here"), "{said}");
        let half: Vec<usize> = (5_000..20_000).collect();
        let said = told(&many, &["orders"], &half).expect("half of them");
        assert!((said.contains("about 4") || said.contains("about 5")), "{said}");
    }

    #[test]
    fn other_events_and_other_facts_are_no_matter() {
        let written = histories(0..1_000);
        let others: Vec<usize> = (1_000..5_000).collect();
        assert_eq!(told(&written, &["orders"], &others), None);
        assert_eq!(told(&written, &["views"], &[1, 2, 3]), None);
        assert!(written.has("backfill:a") && !written.has("backfill:b"));
    }
}
