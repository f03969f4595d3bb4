//! What must not be shown. Every secret is given under its key or in the file named by `KEY_file`.

use cartwheel_providers::Secret;
use reqwest::Url;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What stands for a secret.
pub const HIDDEN: &str = "<hidden>";

/// The secrets of a list of keys: as given, or of `file`, one a line. Both, a file that cannot be read, or an empty one is an error.
pub fn list(given: &[Secret], file: Option<&Path>) -> Result<Vec<Secret>, String> {
    let Some(path) = file else { return Ok(given.to_vec()) };
    if !given.is_empty() {
        return Err("give either the values or the file, not both".into());
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let secrets: Vec<Secret> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect();
    if secrets.is_empty() { Err(format!("{} is empty", path.display())) } else { Ok(secrets) }
}

/// Whether a key of the configuration holds a secret. A test compares this with the schema.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let named = ["password", "secret", "token", "api_key", "private_key", "jaas", "ssl.key.pem"]
        .iter()
        .any(|part| key.contains(part));
    named && !key.ends_with("_file") && !key.ends_with(".location")
}

/// Whether a key names a file that holds a secret: `KEY_file`, or a private key among the Kafka client's own properties.
fn names_a_file(key: &str) -> bool {
    key.strip_suffix("_file").is_some_and(is_secret)
        || ["ssl_key_file", "ssl.key.location", "ssl.keystore.location"].contains(&key)
}

/// The files of secrets that a tree of configuration values names.
pub fn files(values: &Value) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Value::Object(entries) = values else { return found };
    for (key, value) in entries {
        match value {
            Value::String(path) if names_a_file(key) => found.push(path.into()),
            inner => found.extend(files(inner)),
        }
    }
    found
}

/// Whether others than its owner may read a file; false where the system does not say.
pub fn is_open(path: &Path) -> bool {
    const OTHERS: u32 = 0o044;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
}

/// Whether a key holds a list of secrets, one a line in its file. A test compares this with the schema.
pub fn is_list(key: &str) -> bool {
    is_secret(key) && key.to_ascii_lowercase().ends_with("secrets")
}

/// Whether a key, perhaps with a slip of the pen, means a secret.
pub fn may_be_secret(key: &str) -> bool {
    let slip = |word: &str| {
        [("password", 2), ("secret", 1), ("token", 1)]
            .iter()
            .any(|(name, far)| strsim::damerau_levenshtein(word, name) <= *far)
    };
    let key = key.to_ascii_lowercase();
    is_secret(&key) || !key.ends_with("_file") && key.split(['_', '.', '-']).any(slip)
}

/// Hides every secret in a tree of configuration values, and what addresses have of them.
pub fn redact(values: &mut Value) {
    match values {
        Value::Object(entries) => {
            for (key, value) in entries {
                if is_secret(key) { hide(value) } else { redact(value) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => {
            if let Some(shown) = without_secrets(text) {
                *text = shown;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An address without the password of its user and without the values of its query, any of which may be a token. None where nothing is to hide.
fn without_secrets(text: &str) -> Option<String> {
    if !text.contains("://") {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    let login = !url.username().is_empty() || url.password().is_some();
    if !login && url.query().is_none() && url.fragment().is_none() {
        return None;
    }
    if login {
        // Only an address without a host has no place for them.
        _ = url.set_username("hidden").and_then(|()| url.set_password(None));
    }
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    if !names.is_empty() {
        url.query_pairs_mut().clear().extend_pairs(names.iter().map(|name| (name, "hidden")));
    }
    if url.fragment().is_some() {
        url.set_fragment(Some("hidden"));
    }
    Some(url.into())
}

fn hide(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(hide),
        other => *other = HIDDEN.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tree_is_redacted_but_for_file_names_and_absent_values() {
        let mut tree = json!({"a": {"password": "x", "password_file": "/p", "token_sha256": null}, "unsubscribe_secrets": ["y", "z"]});
        redact(&mut tree);
        let hidden = json!({"a": {"password": HIDDEN, "password_file": "/p", "token_sha256": null}, "unsubscribe_secrets": [HIDDEN, HIDDEN]});
        assert_eq!(tree, hidden);
    }

    #[test]
    fn an_address_is_shown_without_what_lets_one_in() {
        let mut tree = json!({"url": "https://bob:hunter2@hooks.example/x?token=hunter2&a=1#hunter2",
            "list": ["http://hunter2@h/"], "plain": "https://shop.example/a", "text": "a?b=c"});
        redact(&mut tree);
        let shown = json!({"url": "https://hidden@hooks.example/x?token=hidden&a=hidden#hidden",
            "list": ["http://hidden@h/"], "plain": "https://shop.example/a", "text": "a?b=c"});
        assert_eq!(tree, shown);
    }

    #[test]
    fn a_slip_of_the_pen_is_still_a_secret() {
        for key in [
            "password",
            "pasword",
            "pass_word2_secert",
            "Passwort",
            "api_key",
            "tokn_sha256",
            "sasl.jaas.config",
        ] {
            assert!(may_be_secret(key), "{key}");
        }
        for key in [
            "password_file",
            "pasword_file",
            "port",
            "open_metrics",
            "broken",
            "policy",
            "ssl.key.location",
        ] {
            assert!(!may_be_secret(key), "{key}");
        }
    }

    #[test]
    fn the_files_of_secrets_are_found_wherever_they_stand() {
        let tree = json!({
            "kafka": {"password_file": "/a", "ssl_ca_file": "/b", "ssl_certificate_file": "/f", "ssl_key_file": "/g", "properties": {"ssl.key.location": "/c"}},
            "inbound": {"unsubscribe_secrets_file": "/d", "unsubscribe_secrets": ["x"]},
            "providers": {"smtp": {"password_file": null, "ca_file": "/e"}},
        });
        let mut found = files(&tree);
        found.sort();
        assert_eq!(found, ["/a", "/c", "/d", "/g"].map(PathBuf::from));
    }

    #[test]
    fn a_file_is_open_where_group_or_others_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "x").unwrap();
        for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_open(&path), open, "{mode:o}");
        }
        assert!(!is_open(&dir.path().join("none")));
    }

    #[test]
    fn secrets_come_from_a_file_one_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        std::fs::write(&path, "new\n\n old \n").unwrap();
        assert_eq!(list(&[], Some(&path)).unwrap(), [Secret::new("new"), Secret::new("old")]);
        assert!(list(&[Secret::new("x")], Some(&path)).unwrap_err().contains("not both"));
        assert!(list(&[], Some(&dir.path().join("none"))).unwrap_err().starts_with("cannot read "));
        std::fs::write(&path, "\n").unwrap();
        assert!(list(&[], Some(&path)).unwrap_err().ends_with("is empty"));
    }
}
