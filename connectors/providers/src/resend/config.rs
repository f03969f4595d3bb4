//! What a file may say about a Resend account.

use crate::Secret;
use cartwheel_core::time::{SECOND, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A Resend account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendConfig {
    /// The API key, `re_...`.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// A file with the API key, instead of `api_key`.
    #[serde(default)]
    pub api_key_file: Option<PathBuf>,
    /// The address of the API; another one only for tests.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// Time limit of a call.
    #[serde(default = "default_timeout")]
    pub timeout: Span,
}

fn default_base_url() -> String {
    "https://api.resend.com".to_owned()
}

fn default_timeout() -> Span {
    Span(20 * SECOND)
}

impl ResendConfig {
    /// The account with this key and every default.
    pub fn new(api_key: Secret) -> Self {
        Self {
            api_key: Some(api_key),
            api_key_file: None,
            base_url: default_base_url(),
            timeout: default_timeout(),
        }
    }
}
