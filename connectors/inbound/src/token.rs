//! Unsubscribe tokens: `cwu1.PAYLOAD.MAC`, both base64url without padding.
//!
//! The payload is JSON: `{"c":CUSTOMER,"h":CHANNEL,"m":COMMAND ID}`. The MAC is HMAC-SHA256 over `cwu1.PAYLOAD`. A token does not expire:
//! somebody may unsubscribe by an old mail.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::CommandId;
use serde::{Deserialize, Serialize};
use std::fmt;

const VERSION: &str = "cwu1";
/// A longer token is not looked at.
const LONGEST: usize = 2048;

/// What a token says: this customer unsubscribes from this channel by this message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The customer string.
    #[serde(rename = "c")]
    pub customer: String,
    /// The medium.
    #[serde(rename = "h")]
    pub channel: Channel,
    /// The message that carried the token.
    #[serde(rename = "m")]
    pub command_id: CommandId,
}

impl fmt::Debug for Claim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Claim({}, {})", self.channel, self.command_id)
    }
}

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
        let payload =
            serde_json::json!({"c": claim.customer, "h": claim.channel, "m": claim.command_id})
                .to_string();
        let signed = format!("{VERSION}.{}", URL_SAFE_NO_PAD.encode(payload));
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
        let payload =
            URL_SAFE_NO_PAD.decode(signed.strip_prefix(VERSION)?.strip_prefix('.')?).ok()?;
        serde_json::from_slice(&payload).ok()
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
mod tests {
    use super::*;

    fn claim(channel: Channel) -> Claim {
        Claim { customer: "ana \"\u{e9}\"".into(), channel, command_id: CommandId(7) }
    }

    #[test]
    fn tokens_carry_their_claim() {
        let secrets = Secrets::new(b"current", None);
        for channel in Channel::ALL {
            let token = secrets.token(&claim(channel));
            assert!(
                token.starts_with("cwu1.")
                    && token
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)),
                "{token}"
            );
            assert_eq!(secrets.verify(&token), Some(claim(channel)));
        }
        let token = secrets.token(&claim(Channel::Email));
        assert_eq!(
            secrets.url("https://u.shop.example/", &claim(Channel::Email)),
            format!("https://u.shop.example/u/{token}")
        );
    }

    #[test]
    fn secrets_rotate() {
        let old = Secrets::new(b"old", None);
        let token = old.token(&claim(Channel::Email));
        assert!(Secrets::new(b"new", Some(b"old")).verify(&token).is_some());
        assert_eq!(Secrets::new(b"new", None).verify(&token), None);
        assert_eq!(
            old.verify(&Secrets::new(b"new", Some(b"old")).token(&claim(Channel::Email))),
            None
        );
    }

    #[test]
    fn any_change_is_noticed() {
        let secrets = Secrets::new(b"current", None);
        let token = secrets.token(&claim(Channel::Email));
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(secrets.verify(std::str::from_utf8(&bytes).unwrap()), None, "byte {at}");
            assert_eq!(secrets.verify(&token[..at]), None, "cut at {at}");
        }
        for text in ["", ".", "cwu1..", "cwu1.e30.", &format!("{token}."), &"x".repeat(1_000_000)] {
            assert_eq!(secrets.verify(text), None);
        }
    }

    #[test]
    fn a_token_is_for_one_channel() {
        let secrets = Secrets::new(b"current", None);
        let (email, sms) =
            (secrets.token(&claim(Channel::Email)), secrets.token(&claim(Channel::Sms)));
        let (email, sms): (Vec<_>, Vec<_>) = (email.split('.').collect(), sms.split('.').collect());
        assert_eq!(secrets.verify(&[sms[0], sms[1], email[2]].join(".")), None);
        assert_eq!(secrets.verify(&sms.join(".")).map(|claim| claim.channel), Some(Channel::Sms));
    }
}
