//! Unsubscribe tokens: `VERSION.PAYLOAD.MAC`, payload and MAC base64url without padding.
//!
//! The payload of `cwu2` is JSON: `{"c":CUSTOMER,"h":CHANNEL,"m":COMMAND ID,"a":ADDRESS HASH}`; `cwu1`, of older mails, has no address. The MAC is
//! HMAC-SHA256 over `VERSION.PAYLOAD`. A token does not expire: somebody may unsubscribe by an old mail. Whoever reads one learns the customer's
//! name in the shop, and of the address what [`AddressHash`] tells.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwheel_core::address::AddressHash;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::CommandId;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;

/// With the address that the message went to.
const VERSION: &str = "cwu2";
/// Without.
const OLD: &str = "cwu1";
/// A longer token is not looked at. A customer of 256 bytes has room, however JSON escapes them.
const LONGEST: usize = 4096;

/// What a token says: who got this message at this address by this channel wants no more there.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The customer string.
    pub customer: String,
    /// The medium.
    pub channel: Channel,
    /// The message that carried the token.
    pub command_id: CommandId,
    /// The address that the message went to; none in old tokens.
    pub address: Option<AddressHash>,
}

/// A claim in JSON.
#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "c")]
    customer: String,
    #[serde(rename = "h")]
    channel: Channel,
    #[serde(rename = "m")]
    command_id: CommandId,
    #[serde(rename = "a", default)]
    address: Option<String>,
}

impl fmt::Debug for Claim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Claim({}, {})", self.channel, self.command_id)
    }
}

/// Gives the live secrets of this moment: they may be replaced while links are answered.
pub type Keys = Arc<dyn Fn() -> Arc<Secrets> + Send + Sync>;

/// One or two live secrets: tokens are made with the first and accepted with either.
pub struct Secrets {
    keys: Vec<hmac::Key>,
}

impl Secrets {
    /// The secret that signs, and an older one whose tokens still count.
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Self {
        let key = |secret: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self { keys: std::iter::once(current).chain(previous).map(key).collect() }
    }

    /// The token for a claim.
    pub fn token(&self, claim: &Claim) -> String {
        let mut payload =
            serde_json::json!({"c": claim.customer, "h": claim.channel, "m": claim.command_id});
        let version = match claim.address {
            Some(address) => {
                payload["a"] = address.to_string().into();
                VERSION
            }
            None => OLD,
        };
        let signed = format!("{version}.{}", URL_SAFE_NO_PAD.encode(payload.to_string()));
        let mac = hmac::sign(&self.keys[0], signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// The claim of a token that one of the secrets made; none for anything else. The comparison takes constant time.
    pub fn verify(&self, token: &str) -> Option<Claim> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, mac) = token.rsplit_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        if !self.keys.iter().any(|key| hmac::verify(key, signed.as_bytes(), &mac).is_ok()) {
            return None;
        }
        let (version, payload) = signed.split_once('.')?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let Payload { customer, channel, command_id, address } =
            serde_json::from_slice(&payload).ok()?;
        let address = match version {
            VERSION => Some(AddressHash::parse(&address?)?),
            OLD => None,
            _ => return None,
        };
        Some(Claim { customer, channel, command_id, address })
    }

    /// The address for List-Unsubscribe: `BASE/u/TOKEN`.
    pub fn url(&self, base: &str, claim: &Claim) -> String {
        format!("{}/u/{}", base.trim_end_matches('/'), self.token(claim))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Secrets({})", self.keys.len())
    }
}

#[cfg(test)]
mod tests;
