//! Who may ask: bearer tokens, of which only SHA-256 hashes are configured. Everything but `/livez`, `/readyz` and the console's own
//! files (which hold no data) is denied without one.

use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// The `admin:` section of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// Address and port of the listener; port 0 takes a free one.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Who may ask.
    pub tokens: Vec<TokenConfig>,
    /// Serve everything without a token, personal data too. Only on a loopback address, and meant for the demo.
    pub insecure_local: bool,
    /// Serve `/metrics` without a token.
    pub open_metrics: bool,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9464)),
            tokens: Vec::new(),
            insecure_local: false,
            open_metrics: false,
        }
    }
}

/// One bearer token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Who uses it; for people who read the configuration.
    pub name: String,
    /// SHA-256 of the token, 64 hex digits: `printf %s "$TOKEN" | sha256sum`.
    pub sha256: String,
    /// The scope that shows names and addresses.
    #[serde(default)]
    pub personal_data: bool,
}

/// A configuration that would be open to strangers, or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Nobody could ask anything.
    #[error(
        "admin.tokens is empty: add a token's SHA-256, or set admin.insecure_local: true on a loopback address"
    )]
    NoToken,
    /// Open to the network.
    #[error("admin.insecure_local needs a loopback address; {0} is not one")]
    NotLoopback(IpAddr),
    /// Not a hash.
    #[error("admin.tokens: the sha256 of `{0}` must have 64 hex digits")]
    BadHash(String),
}

/// What a caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// Names and addresses.
    pub personal_data: bool,
}

/// The configuration, checked.
pub(super) struct Access {
    tokens: Vec<([u8; 32], Scope)>,
    insecure_local: bool,
    pub open_metrics: bool,
}

/// Without the hashes.
impl std::fmt::Debug for Access {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Access").field("tokens", &self.tokens.len()).finish_non_exhaustive()
    }
}

impl Access {
    pub(super) fn new(config: &AdminConfig) -> Result<Self, AccessError> {
        if config.insecure_local && !config.listen.ip().is_loopback() {
            return Err(AccessError::NotLoopback(config.listen.ip()));
        }
        if !config.insecure_local && config.tokens.is_empty() {
            return Err(AccessError::NoToken);
        }
        let mut tokens = Vec::with_capacity(config.tokens.len());
        for token in &config.tokens {
            let mut hash = [0; 32];
            hex::decode_to_slice(token.sha256.trim(), &mut hash)
                .map_err(|_| AccessError::BadHash(token.name.clone()))?;
            tokens.push((hash, Scope { personal_data: token.personal_data }));
        }
        Ok(Self {
            tokens,
            insecure_local: config.insecure_local,
            open_metrics: config.open_metrics,
        })
    }

    /// The caller's scope; none: denied.
    pub(super) fn scope(&self, headers: &HeaderMap) -> Option<Scope> {
        if let Some(token) = bearer(headers) {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
            let same = |hash: &[u8; 32]| {
                aws_lc_rs::constant_time::verify_slices_are_equal(digest.as_ref(), hash).is_ok()
            };
            return self.tokens.iter().find(|(hash, _)| same(hash)).map(|(_, scope)| *scope);
        }
        self.insecure_local.then_some(Scope { personal_data: true })
    }

    /// Whether the request names a host that it may. Without tokens the loopback address alone protects the data, and a page
    /// elsewhere could reach it under a name of its own (DNS rebinding).
    pub(super) fn host_allowed(&self, headers: &HeaderMap) -> bool {
        if !self.insecure_local {
            return true;
        }
        let host =
            headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if let Ok(address) = host.parse::<SocketAddr>() {
            return address.ip().is_loopback();
        }
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str, insecure_local: bool, hashes: &[&str]) -> AdminConfig {
        let token = |hash: &&str| TokenConfig {
            name: "ops".into(),
            sha256: (*hash).into(),
            personal_data: false,
        };
        AdminConfig {
            listen: listen.parse().unwrap(),
            insecure_local,
            tokens: hashes.iter().map(token).collect(),
            open_metrics: false,
        }
    }

    #[test]
    fn an_open_listener_is_refused() {
        assert_eq!(
            Access::new(&config("127.0.0.1:0", false, &[])).err(),
            Some(AccessError::NoToken)
        );
        assert_eq!(
            Access::new(&config("0.0.0.0:0", true, &[])).err(),
            Some(AccessError::NotLoopback([0, 0, 0, 0].into()))
        );
        assert_eq!(
            Access::new(&config("127.0.0.1:0", false, &["abc"])).err(),
            Some(AccessError::BadHash("ops".into()))
        );
        assert!(Access::new(&config("[::1]:0", true, &[])).is_ok());
        assert!(Access::new(&config("0.0.0.0:0", false, &[&"0".repeat(64)])).is_ok());
    }

    #[test]
    fn without_tokens_only_loopback_names_are_served() {
        let access = Access::new(&config("127.0.0.1:0", true, &[])).unwrap();
        for (host, allowed) in [
            ("127.0.0.1:9464", true),
            ("localhost:80", true),
            ("localhost", true),
            ("[::1]:80", true),
            ("[::1]", true),
            ("evil.example:9464", false),
            ("10.0.0.1:9464", false),
            ("localhost.evil.example", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            assert_eq!(access.host_allowed(&headers), allowed, "{host}");
        }
    }
}
