//! Which settings are read at a start only, and which of them differ.

use super::{Loaded, secret};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that take effect while the process runs; beside them the files of journeys, templates and secrets.
const LIVE: [&str; 15] = [
    "journeys_dir",
    "templates_dir",
    "facts_file",
    "events_file",
    "policy",
    "brand",
    "admin.open_metrics",
    "admin.token_sha256",
    "admin.token_sha256_file",
    "inbound.public_url",
    "inbound.unsubscribe_secrets",
    "inbound.unsubscribe_secrets_file",
    "providers.resend",
    "providers.smtp",
    "providers.webhook",
];
/// By these processes of one deployment differ, and what only the first start of a namespace reads.
const OWN: [&str; 8] = [
    "data_dir",
    "admin.listen",
    "admin.deliver_listen",
    "inbound.listen",
    "kafka.member",
    "engine.create_topics",
    "engine.partitions",
    "engine.replication",
];

/// What is read at a start only, of what all processes of a deployment have in common: values by keys, secrets hidden.
pub fn of(loaded: &Loaded) -> BTreeMap<String, Value> {
    let mut values = loaded.values();
    secret::redact(&mut values);
    let mut found = entries(&values);
    found.retain(|key, _| !OWN.contains(&key.as_str()));
    found
}

/// The keys that are read at a start only and differ in these values.
pub fn changed(before: &Value, after: &Value) -> Vec<String> {
    differing(&entries(before), &entries(after))
}

/// The keys whose values differ, in order.
pub fn differing(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<String> {
    let is_given = |(_, value): &(&String, &Value)| !value.is_null();
    let keys = before.iter().chain(after).filter(is_given).map(|(key, _)| key);
    let keys: BTreeSet<&String> = keys.collect();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

/// Keys of the first and second level that are read at a start only.
fn entries(values: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (section, value) in values.as_object().into_iter().flatten() {
        match value {
            Value::Object(entries) => found.extend(
                entries.iter().map(|(key, value)| (format!("{section}.{key}"), value.clone())),
            ),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => _ = found.insert(section.clone(), value.clone()),
        }
    }
    let section = |key: &str| key.split('.').next().unwrap_or_default().to_owned();
    found.retain(|key, _| !LIVE.contains(&key.as_str()) && !LIVE.contains(&section(key).as_str()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_takes_a_start_is_named_by_its_key() {
        let before = json!({"data_dir": "a", "journeys_dir": "a", "policy": {"zone": "UTC"}, "kafka": {"bootstrap": "a", "member": null},
            "admin": {"listen": "a", "token_sha256": "a"}, "providers": {"route": {}, "smtp": {"host": "a"}}});
        let after = json!({"data_dir": "b", "journeys_dir": "b", "policy": {"zone": "Asia/Tokyo"}, "kafka": {"bootstrap": "b"},
            "admin": {"listen": "b", "token_sha256": "b"}, "providers": {"route": {"sms": "webhook"}, "smtp": {"host": "b"}}});
        assert_eq!(
            changed(&before, &after),
            ["admin.listen", "data_dir", "kafka.bootstrap", "providers.route"]
        );
        assert_eq!(changed(&before, &before), Vec::<String>::new());
    }
}
