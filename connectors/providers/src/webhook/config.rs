//! What a file may say about a webhook.

use crate::{ConfigError, Secret};
use cartwheel_core::time::{SECOND, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An endpoint of the retailer's own that receives messages as signed JSON.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The endpoint; https, unless its host is in `allow_http`.
    pub url: String,
    /// The secret that signs.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// A file with the secret, instead of `secret`.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// A second live secret while secrets are rotated: every call carries a signature by each.
    #[serde(default)]
    pub second_secret: Option<Secret>,
    /// A file with the second secret, instead of `second_secret`.
    #[serde(default)]
    pub second_secret_file: Option<PathBuf>,
    /// Hosts that may be called without TLS.
    #[serde(default)]
    pub allow_http: Vec<String>,
    /// Permits addresses that are not on the public internet: loopback, private, link-local.
    #[serde(default)]
    pub allow_private: bool,
    /// Whether the endpoint recognises a repeated `idempotency-key`. Without it a call of unknown outcome is not repeated for marketing.
    #[serde(default)]
    pub idempotent: bool,
    /// Time limit of a call.
    #[serde(default = "default_timeout")]
    pub timeout: Span,
}

fn default_timeout() -> Span {
    Span(10 * SECOND)
}

impl WebhookConfig {
    /// The endpoint with one secret and every default.
    pub fn new(url: impl Into<String>, secret: Secret) -> Self {
        Self {
            url: url.into(),
            secret: Some(secret),
            secret_file: None,
            second_secret: None,
            second_secret_file: None,
            allow_http: Vec::new(),
            allow_private: false,
            idempotent: false,
            timeout: default_timeout(),
        }
    }

    /// The one or two live secrets.
    pub(super) fn secrets(&self) -> Result<Vec<Secret>, ConfigError> {
        let first = Secret::resolve("secret", self.secret.as_ref(), self.secret_file.as_deref())?;
        let second = Secret::resolve(
            "second_secret",
            self.second_secret.as_ref(),
            self.second_secret_file.as_deref(),
        )?;
        let first = first.ok_or_else(|| ConfigError::new("secret", "is missing"))?;
        Ok(std::iter::once(first).chain(second).collect())
    }
}
