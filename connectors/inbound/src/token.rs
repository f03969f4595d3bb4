//! Unsubscribe tokens: see [`crate::secrets`] for their form.
//!
//! The payload of `cwu2` is JSON: `{"c":CUSTOMER,"h":CHANNEL,"m":COMMAND ID,"a":ADDRESS HASH}`; `cwu1`, of older mails, has no address.
//! A token does not expire: somebody may unsubscribe by an old mail. Whoever reads one learns the customer's
//! name in the shop, and of the address what [`AddressHash`] tells.

use crate::secrets::Secrets;
use cartwheel_core::address::AddressHash;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::CommandId;
use serde::Deserialize;
use std::fmt;

/// With the address that the message went to.
const VERSION: &str = "cwu2";
/// Without.
const OLD: &str = "cwu1";

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

impl Secrets {
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
        self.seal(version, &payload.to_string())
    }

    /// The claim of an unsubscribe token that one of the secrets made; none for anything else.
    pub fn verify(&self, token: &str) -> Option<Claim> {
        let (version, payload) = self.open(token)?;
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

#[cfg(test)]
mod tests;
