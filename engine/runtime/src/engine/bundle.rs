//! A configuration as text, and the compacted topic that keeps every configuration that a retained turn may name.
//!
//! The topic's key is the configuration's hash, 32 hex digits; its value is the bundle as JSON.

use super::failure::Failure;
use crate::producer::Producer;
use cartwheel_core::journey::load::{Problem, SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_kafka::{Compacted, Error, KafkaConfig, Message};
use cartwheel_shard::ShardError;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long reading the configurations topic may take.
const READ: Duration = Duration::from_secs(60);

/// A journey file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JourneyText {
    /// Its path, for messages only.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// All that a plan is compiled from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigBundle {
    /// The rules over all journeys.
    pub policy: Policy,
    /// The journeys' files.
    pub journeys: Vec<JourneyText>,
}

impl ConfigBundle {
    /// Compiles it; all problems of all files if that fails.
    pub fn load(&self) -> Result<Plan, Vec<Problem>> {
        let sources: Vec<_> = self
            .journeys
            .iter()
            .map(|journey| SourceFile { path: journey.path.clone(), text: journey.text.clone() })
            .collect();
        load(&self.policy, &sources)
    }
}

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
            let plan = compile(&name, value)?;
            self.known().insert(hash, Arc::new(plan));
        }
        Ok(())
    }
}

fn compile(name: &str, value: &[u8]) -> Result<Plan, Failure> {
    let unusable = |why: String| Failure::Configuration { hash: name.to_owned(), why };
    let bundle: ConfigBundle =
        serde_json::from_slice(value).map_err(|error| unusable(error.to_string()))?;
    let plan = bundle.load().map_err(|problems| {
        unusable(problems.first().map(|first| first.message.clone()).unwrap_or_default())
    })?;
    if format!("{:032x}", plan.hash) != name {
        // The hash covers the bundled time-zone tables and the semantics: another build decided under it.
        return Err(unusable(format!("this build gives it the hash {:032x}", plan.hash)));
    }
    Ok(plan)
}

/// Appends the configuration to its topic and waits until the broker has it. Blocks; not for threads of an async runtime.
pub(super) fn publish(
    producer: &Producer,
    topic: &str,
    hash: u128,
    bundle: &ConfigBundle,
    timeout: Duration,
) -> Result<(), Error> {
    let doing = "publishing the configuration";
    let value = serde_json::to_vec(bundle)
        .map_err(|error| Error::Transient { doing: doing.into(), reason: error.to_string() })?;
    let key = format!("{hash:032x}");
    let message =
        Message { topic, key: Some(key.as_bytes()), value: Some(&value), ..Message::default() };
    producer.send_within(message, timeout, doing).map(drop)
}
