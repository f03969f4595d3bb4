//! What a file may say about an SMTP relay.

use crate::{ConfigError, Secret};
use cartwheel_core::time::{SECOND, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An SMTP relay.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// The relay's host name; certificates are checked against it.
    pub host: String,
    /// Its port; by default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: SmtpTls,
    /// The account's name, if the relay wants one.
    #[serde(default)]
    pub username: Option<String>,
    /// The account's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// A file with the account's password, instead of `password`.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// A PEM file with further certificate authorities to trust.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name given in EHLO; this machine's name by default.
    #[serde(default)]
    pub hello_name: Option<String>,
    /// Time limit of each phase of a delivery: connecting, envelope, content.
    #[serde(default = "default_timeout")]
    pub timeout: Span,
    /// Idle connections kept for the next message.
    #[serde(default = "default_idle")]
    pub max_idle: usize,
}

/// How an SMTP connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// Upgraded before anything is said; refused if the relay cannot.
    #[default]
    Starttls,
    /// Encrypted from the first byte.
    Tls,
    /// Not at all: for a relay on the same host or in tests.
    None,
}

fn default_timeout() -> Span {
    Span(30 * SECOND)
}

fn default_idle() -> usize {
    4
}

impl SmtpConfig {
    /// The relay at `host` with every default.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            tls: SmtpTls::default(),
            username: None,
            password: None,
            password_file: None,
            ca_file: None,
            hello_name: None,
            timeout: default_timeout(),
            max_idle: default_idle(),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            SmtpTls::Starttls => 587,
            SmtpTls::Tls => 465,
            SmtpTls::None => 25,
        })
    }

    /// Name and password, or neither. A password never travels in the clear, except to this machine.
    pub(super) fn credentials(&self) -> Result<Option<(String, Secret)>, ConfigError> {
        let password =
            Secret::resolve("password", self.password.as_ref(), self.password_file.as_deref())?;
        match (self.username.clone(), password) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) if self.tls == SmtpTls::None && !self.is_local() => {
                Err(ConfigError::new(
                    "tls",
                    "must not be `none` with a password, unless the host is this machine",
                ))
            }
            (Some(username), Some(password)) => Ok(Some((username, password))),
            (Some(_), None) => {
                Err(ConfigError::new("password", "is missing, but there is a username"))
            }
            (None, Some(_)) => {
                Err(ConfigError::new("username", "is missing, but there is a password"))
            }
        }
    }

    fn is_local(&self) -> bool {
        self.host == "localhost"
            || self.host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    }
}
