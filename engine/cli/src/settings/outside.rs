//! `admin:`, `inbound:`, `log:`: what the world outside sees.

use cartwheel_providers::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The listener for health, metrics and the console.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Address and port of the engine's listener (`cartwheel run`).
    pub listen: SocketAddr,
    /// Address and port of the delivery workers' listener (`cartwheel deliver`).
    pub deliver_listen: SocketAddr,
    /// SHA-256 of the bearer token, 64 hexadecimal digits. Without one, and without `insecure_local`, nothing starts: nobody could ask anything.
    pub token_sha256: Option<Secret>,
    /// A file that holds `token_sha256`.
    pub token_sha256_file: Option<PathBuf>,
    /// No token is asked for. Allowed only where the listener has a loopback address.
    pub insecure_local: bool,
    /// Metrics are served without a token.
    pub open_metrics: bool,
}

impl Default for Admin {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            listen: local(9464),
            deliver_listen: local(9466),
            token_sha256: None,
            token_sha256_file: None,
            insecure_local: false,
            open_metrics: false,
        }
    }
}

/// The listener for the public: links in messages, to unsubscribe and with answers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Inbound {
    /// Address and port.
    pub listen: SocketAddr,
    /// How the world reaches the listener: the beginning of every link.
    pub public_url: String,
    /// Keys that sign links, to unsubscribe and with answers: the first signs; a second, older one is still accepted. At least 32 characters each.
    pub unsubscribe_secrets: Vec<Secret>,
    /// A file that holds them, one a line.
    pub unsubscribe_secrets_file: Option<PathBuf>,
}

impl Default for Inbound {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9465)),
            public_url: "http://localhost:9465".into(),
            unsubscribe_secrets: Vec::new(),
            unsubscribe_secrets_file: None,
        }
    }
}

/// Log lines on standard error.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What is logged: `info`, or by module such as `warn,cartwheel=debug`.
    pub level: String,
    /// How it is written.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Json }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One object a line.
    Json,
    /// For people.
    Text,
}
