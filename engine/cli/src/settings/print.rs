//! The effective configuration as YAML, each value with its origin.

use super::Loaded;
use figment::value::Value as Layered;
use serde_json::Value;
use std::fmt::Write;

impl Loaded {
    /// The effective values with their secrets, as they were given.
    pub fn values(&self) -> Value {
        let root: Result<Layered, _> = self.layers.find_value("");
        root.ok().and_then(|root| serde_json::to_value(root).ok()).unwrap_or_default()
    }

    /// YAML of `values` (of this configuration, perhaps redacted), with a comment a line that names the origin.
    pub fn annotated(&self, values: &Value) -> String {
        let mut text = String::new();
        if let (Value::Object(entries), Ok(layered)) = (values, self.layers.find_value("")) {
            self.entries(entries, &layered, 0, &mut text);
        }
        text
    }

    fn entries(
        &self,
        entries: &serde_json::Map<String, Value>,
        layered: &Layered,
        depth: usize,
        text: &mut String,
    ) {
        let indent = "  ".repeat(depth);
        for (key, value) in entries {
            let Some(below) = layered.as_dict().and_then(|dict| dict.get(key)) else { continue };
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    line(text, format_args!("{indent}{}:", name(key)));
                    self.entries(inner, below, depth + 1, text);
                }
                leaf => line(
                    text,
                    format_args!("{indent}{}: {leaf}  # {}", name(key), self.origin(below)),
                ),
            }
        }
    }

    fn origin(&self, value: &Layered) -> String {
        self.layers
            .get_metadata(value.tag())
            .map_or("default", |metadata| &*metadata.name)
            .to_owned()
    }
}

/// A key as YAML reads it back.
fn name(key: &str) -> String {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        && !key.is_empty();
    if plain { key.to_owned() } else { Value::from(key).to_string() }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{line}");
}
