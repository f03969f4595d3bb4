//! Overrides from the environment and the command line as a tree of configuration values.

use super::secret;
use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

/// What every variable of ours begins with.
pub const PREFIX: &str = "CARTWHEEL__";

/// The name of the layer of variables.
pub const ENVIRONMENT: &str = "environment";
/// The name of the layer of flags.
pub const COMMAND_LINE: &str = "command line";

/// A layer of the configuration: paths with values as text, and the name of where they come from.
pub struct Layer {
    name: &'static str,
    entries: Vec<(Vec<String>, String)>,
}

impl Layer {
    /// `CARTWHEEL__SECTION__KEY` variables; `_FILE` endings are keys like any other.
    pub fn environment(variables: &[(String, String)]) -> Self {
        let ours =
            variables.iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)));
        let entries = ours.map(|(name, value)| {
            (name.split("__").map(str::to_ascii_lowercase).collect(), value.clone())
        });
        Self { name: ENVIRONMENT, entries: entries.collect() }
    }

    /// `section.key` paths of the command line.
    pub fn flags(flags: &[(String, String)]) -> Self {
        let entries = flags
            .iter()
            .map(|(path, value)| (path.split('.').map(str::to_owned).collect(), value.clone()));
        Self { name: COMMAND_LINE, entries: entries.collect() }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut root = Dict::new();
        for (path, text) in &self.entries {
            insert(&mut root, path, value(path, text));
        }
        Ok(Map::from([(Profile::Default, root)]))
    }
}

/// Text stays text (it is read as a number or boolean where one is wanted); `[...]` and `{...}` are YAML, unless they are a
/// password or the like.
fn value(path: &[String], text: &str) -> Value {
    if path.last().is_some_and(|key| secret::is_secret(key) && !secret::is_list(key)) {
        return Value::from(text);
    }
    let collection = matches!(text.trim_start().as_bytes().first(), Some(b'[' | b'{'));
    let read = || {
        serde_saphyr::from_str::<serde_json::Value>(text)
            .ok()
            .and_then(|value| Value::serialize(value).ok())
    };
    collection.then(read).flatten().unwrap_or_else(|| Value::from(text))
}

fn insert(into: &mut Dict, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        into.insert(first.clone(), value);
        return;
    }
    let inner = into.entry(first.clone()).or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, inner) = inner {
        insert(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_text_whatever_it_looks_like() {
        let read = |path: &str, text: &str| {
            value(&path.split('.').map(str::to_owned).collect::<Vec<_>>(), text)
        };
        for text in ["[x", "{a: 1}", "[1, 2]", "true", "007"] {
            assert_eq!(read("providers.smtp.password", text), Value::from(text));
        }
        assert!(read("inbound.unsubscribe_secrets", "[a, b]").as_array().is_some());
        assert!(read("policy.caps", "[]").as_array().is_some());
        assert_eq!(read("engine.margin", "1s"), Value::from("1s"));
    }
}
