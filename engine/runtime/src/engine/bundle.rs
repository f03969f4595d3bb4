//! The compacted topic that keeps every configuration that a retained turn may name, with the time-zone tables that they go by.
//!
//! A configuration's key is its hash, 32 hex digits; its value is the bundle as JSON. Tables stand under [`TABLES`] and their id, once for all
//! configurations that name them.

use super::failure::Failure;
use crate::producer::Producer;
use cartwheel_core::customer::ZoneTables;
use cartwheel_core::journey::bundle::{BundleError, ConfigBundle, StoredBundle};
use cartwheel_core::journey::plan::Plan;
use cartwheel_kafka::{Compacted, Error, KafkaConfig, Message};
use cartwheel_shard::ShardError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long reading the configurations topic may take.
const READ: Duration = Duration::from_secs(60);
/// What the key of time-zone tables begins with.
const TABLES: &str = "zones-";

/// The plans that this process knows, by hash.
pub(super) struct Configurations {
    kafka: KafkaConfig,
    known: Mutex<HashMap<u128, Arc<Plan>>>,
}

impl Configurations {
    pub fn new(kafka: &KafkaConfig, newest: &Arc<Plan>) -> Self {
        let known = Mutex::new(HashMap::from([(newest.hash, Arc::clone(newest))]));
        Self { kafka: kafka.clone(), known }
    }

    /// This one is known from now on.
    pub fn add(&self, plan: &Arc<Plan>) {
        self.known().insert(plan.hash, Arc::clone(plan));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<u128, Arc<Plan>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan, if it is known already.
    pub fn get(&self, hash: u128) -> Option<Arc<Plan>> {
        self.known().get(&hash).cloned()
    }

    /// Makes these plans known, from the topic where need be.
    pub fn require(&self, hashes: &[u128]) -> Result<(), Failure> {
        let missing: Vec<u128> =
            hashes.iter().copied().filter(|hash| self.get(*hash).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let all = Compacted::read_all(&self.kafka, &self.kafka.topics().configs, READ)?;
        for hash in missing {
            let name = format!("{hash:032x}");
            let value = all
                .get(name.as_bytes())
                .ok_or_else(|| ShardError::UnknownConfiguration(name.clone()))?;
            let tables = |id: &str| all.get(format!("{TABLES}{id}").as_bytes());
            let plan = compile(hash, value, |id| tables(id).map(Vec::as_slice))
                .map_err(|why| Failure::Configuration { hash: name, why: why.to_string() })?;
            self.known().insert(hash, Arc::new(plan));
        }
        Ok(())
    }
}

/// The plan called `hash`, of what stands under that name in the topic; `tables` finds what stands there of the tables with this id.
fn compile<'a>(
    hash: u128,
    value: &[u8],
    tables: impl FnOnce(&str) -> Option<&'a [u8]>,
) -> Result<Plan, BundleError> {
    let stored = StoredBundle::read(value)?;
    let tables = match stored.zones().and_then(tables) {
        Some(found) => Some(Arc::new(ZoneTables::read(found)?)),
        None => None,
    };
    stored.compile(hash, tables.as_ref())
}

/// Appends the configuration to its topic, behind the time-zone tables that it names, and waits until the broker has both. Blocks; not for threads of an
/// async runtime.
pub(super) fn publish(
    producer: &Producer,
    topic: &str,
    hash: u128,
    bundle: &ConfigBundle,
    timeout: Duration,
) -> Result<(), Error> {
    let doing = "publishing the configuration";
    let stored = bundle
        .stored()
        .map_err(|error| Error::Transient { doing: doing.into(), reason: error.to_string() })?;
    let tables = format!("{TABLES}{:032x}", ZoneTables::bundled().id());
    let put = |key: &str, value: &[u8]| {
        let (key, value) = (Some(key.as_bytes()), Some(value));
        producer.send_within(Message { topic, key, value, ..Message::default() }, timeout, doing)
    };
    put(&tables, ZoneTables::bundled_bytes())?;
    put(&format!("{hash:032x}"), &stored).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_compiles_without_its_tables_in_the_topic_where_they_are_ours() {
        let bundle = ConfigBundle::default();
        let (hash, stored) = (bundle.load().unwrap().hash, bundle.stored().unwrap());
        assert_eq!(compile(hash, &stored, |_| None).unwrap().hash, hash);
        let theirs = String::from_utf8(stored).unwrap();
        let ours = format!("{:032x}", ZoneTables::bundled().id());
        let theirs = theirs.replace(&ours, "00000000000000000000000000000001");
        let refused = compile(hash, theirs.as_bytes(), |_| None).unwrap_err();
        assert!(matches!(refused, BundleError::NoTables(_)), "{refused}");
    }
}
