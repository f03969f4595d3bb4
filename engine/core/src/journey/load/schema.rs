//! The JSON Schemas of a journey file, `config/schema/journey.json`, of the facts, `config/schema/facts.json`, and of the shop's events,
//! `config/schema/events.json`, from which an editor completes and checks while typing.

use crate::journey::definition::Definition;
use crate::journey::events_file::EventsFile;
use crate::journey::facts_file::FactsFile;
use serde_json::Value;

/// The schema of [`Definition`]. It knows shapes; names, limits and conditions are checked by [`super::load`] alone.
pub fn journey_schema() -> Value {
    schemars::schema_for!(Definition).to_value()
}

/// The schema of [`FactsFile`].
pub fn facts_schema() -> Value {
    schemars::schema_for!(FactsFile).to_value()
}

/// The schema of [`EventsFile`].
pub fn events_schema() -> Value {
    schemars::schema_for!(EventsFile).to_value()
}
