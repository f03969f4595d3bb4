//! Secrets: read from the configuration or from a file, never shown.

use crate::ConfigError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::Path;

const REDACTED: &str = "[redacted]";

/// A secret text. `Debug`, `Display` and `Serialize` write `[redacted]`.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("writeOnly" = true))]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: only for the call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The secret of a field that is given inline or as `FIELD_file` (whose trailing line break is cut off); none if neither is.
    /// Both, an unreadable file or an empty secret is an error, which names the field and the file.
    pub fn resolve(
        field: &'static str,
        inline: Option<&Secret>,
        file: Option<&Path>,
    ) -> Result<Option<Secret>, ConfigError> {
        let secret = match (inline, file) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(ConfigError::new(field, "give either the value or the file, not both"));
            }
            (Some(secret), None) => secret.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    ConfigError::new(field, format!("cannot read {}: {error}", file.display()))
                })?;
                Secret::new(text.trim_end_matches(['\r', '\n']))
            }
        };
        if secret.0.is_empty() {
            return Err(ConfigError::new(field, "is empty"));
        }
        Ok(Some(secret))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_shown() {
        let secret: Secret = serde_json::from_str("\"hunter2\"").unwrap();
        assert_eq!(secret.reveal(), "hunter2");
        for shown in
            [format!("{secret:?}"), format!("{secret}"), serde_json::to_string(&secret).unwrap()]
        {
            assert!(shown.contains(REDACTED) && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn comes_from_the_value_or_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        std::fs::write(&file, "from-file\n").unwrap();
        let inline = Secret::new("inline");
        let resolve = |inline, file| Secret::resolve("password", inline, file);
        assert_eq!(resolve(None, None), Ok(None));
        assert_eq!(resolve(Some(&inline), None), Ok(Some(inline.clone())));
        assert_eq!(resolve(None, Some(&file)), Ok(Some(Secret::new("from-file"))));
        assert!(resolve(Some(&inline), Some(&file)).is_err());
        assert!(Secret::resolve("password", Some(&Secret::new("")), None).is_err());
        let error = resolve(None, Some(&dir.path().join("none"))).unwrap_err();
        assert!(error.to_string().starts_with("password: cannot read "), "{error}");
    }
}
