//! The JSON Schema of a journey file: `config/schema/journey.json`, from which an editor completes and checks while typing.

use crate::journey::definition::Definition;
use serde_json::Value;

/// The schema of [`Definition`]. It knows shapes; names, limits and conditions are checked by [`super::load`] alone.
pub fn journey_schema() -> Value {
    schemars::schema_for!(Definition).to_value()
}
