//! The JSON Schema of cartwheel.yaml, checked in as `config/schema/cartwheel.json`.

use super::Settings;

/// The schema, indented, with a line end.
pub fn text() -> String {
    format!("{:#}\n", settings())
}

/// The schema.
pub fn settings() -> serde_json::Value {
    schemars::schema_for!(Settings).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::secret::{is_list, is_secret};
    use serde_json::Value;

    #[test]
    fn the_schema_in_the_repository_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/schema/cartwheel.json");
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            checked_in == text(),
            "run: cargo run -p cartwheel -- config schema > config/schema/cartwheel.json"
        );
    }

    #[test]
    fn every_secret_key_is_known_as_one_and_has_a_file_beside_it() {
        let schema: Value = serde_json::from_str(&text()).unwrap();
        let mut found = 0;
        walk(&schema, &mut |key, siblings| {
            found += 1;
            assert!(is_secret(key), "{key}");
            assert_eq!(is_list(key), siblings[key]["type"] == "array", "{key}");
            // The list is `KEY` and `KEY_file`, one a line.
            assert!(siblings.contains_key(&format!("{key}_file")), "{key}");
        });
        assert!(found >= 4, "{found}");
    }

    fn walk(node: &Value, on_secret: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            for (key, _) in
                properties.iter().filter(|(_, value)| value.to_string().contains("/Secret"))
            {
                on_secret(key, properties);
            }
        }
        match node {
            Value::Object(entries) => entries.values().for_each(|value| walk(value, on_secret)),
            Value::Array(items) => items.iter().for_each(|value| walk(value, on_secret)),
            _ => {}
        }
    }
}
