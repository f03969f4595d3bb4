//! The configuration: flags > `CARTWHEEL__SECTION__KEY` > `cartwheel.yaml` > defaults.
//!
//! The structs here and in the sections are the manual: their doc comments are the JSON Schema's descriptions.
//! `load` reads and merges, `validate` says what a type cannot, `print` shows the result with its origins. The sections of
//! connectors are their own types.

pub mod at_start;
mod delivery;
mod engine;
mod environment;
mod load;
mod outside;
pub mod place;
mod print;
mod providers;
pub mod schema;
pub mod secret;
mod units;
mod validate;
mod veil;

pub use delivery::Delivery;
pub use load::{Loaded, Origins};
pub use outside::LogFormat;
pub use providers::Name as Provider;
#[cfg(test)]
pub use units::Rate as UnitRate;

use cartwheel_core::policy::Policy;
use cartwheel_kafka::KafkaConfig;
use cartwheel_providers::Brand;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The whole of cartwheel.yaml. Relative paths in it start at its folder; those in the environment and on the command line at the working directory.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where checkpoints are kept. One process owns it.
    pub data_dir: PathBuf,
    /// The folder with journeys (`*.yaml`) and their tests (`*.trace`).
    pub journeys_dir: PathBuf,
    /// What is remembered of customers. Where this is not given, `facts.yaml` beside the folder with journeys, if it is there.
    pub facts_file: Option<PathBuf>,
    /// What the shop says of its events, for `cartwheel check`. Where this is not given, `events.yaml` beside the folder with journeys, if it is there.
    pub events_file: Option<PathBuf>,
    /// The folder with the templates that journeys name.
    pub templates_dir: PathBuf,
    /// The broker and the topics.
    pub kafka: KafkaConfig,
    /// The shards.
    pub engine: engine::Engine,
    /// The rules over all journeys: caps, quiet hours, holdout, default time zone.
    pub policy: Policy,
    /// The delivery workers.
    pub delivery: Delivery,
    /// Who carries the messages.
    pub providers: providers::Providers,
    /// What every template may say of the shop.
    pub brand: Option<Brand>,
    /// The listener for health, metrics and the console.
    pub admin: outside::Admin,
    /// The listener for the public: unsubscribe links.
    pub inbound: outside::Inbound,
    /// Log lines on standard error.
    pub log: outside::Log,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: "../.data".into(),
            journeys_dir: "journeys".into(),
            facts_file: None,
            events_file: None,
            templates_dir: "templates".into(),
            kafka: KafkaConfig::default(),
            engine: engine::Engine::default(),
            policy: Policy::default(),
            delivery: Delivery::default(),
            providers: providers::Providers::default(),
            brand: None,
            admin: outside::Admin::default(),
            inbound: outside::Inbound::default(),
            log: outside::Log::default(),
        }
    }
}
