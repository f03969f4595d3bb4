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
mod tests {
    use super::*;

    fn claim(channel: Channel) -> Claim {
        let address = Some(AddressHash::of(channel, "ana@example.com"));
        Claim { customer: "ana \"\u{e9}\"".into(), channel, command_id: CommandId(7), address }
    }

    #[test]
    fn tokens_carry_their_claim() {
        let secrets = Secrets::new(b"current", None);
        for channel in Channel::ALL {
            let token = secrets.token(&claim(channel));
            assert!(
                token.starts_with("cwu2.")
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
    fn a_token_of_an_old_mail_counts() {
        let secrets = Secrets::new(b"secret", None);
        // Made by the version that knew no addresses, of the claim below.
        let old = "cwu1.eyJjIjoiYW5hIiwiaCI6ImVtYWlsIiwibSI6IjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDJhIn0.CQlogJZ0dIfyqZuoDBu7JkCpKZLNWqL4bkhH_iYlBD4";
        let claim = Claim {
            customer: "ana".into(),
            channel: Channel::Email,
            command_id: CommandId(0x2a),
            address: None,
        };
        assert_eq!((secrets.token(&claim).as_str(), secrets.verify(old)), (old, Some(claim)));
    }

    #[test]
    fn a_version_says_whether_there_is_an_address() {
        let secrets = Secrets::new(b"secret", None);
        let signed = |signed: String| {
            let mac = hmac::sign(&secrets.keys[0], signed.as_bytes());
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
        };
        let payload = |address: &str| {
            let id = CommandId(1);
            URL_SAFE_NO_PAD.encode(format!(r#"{{"c":"ana","h":"sms","m":"{id}"{address}}}"#))
        };
        let address = AddressHash::of(Channel::Sms, "+15550100");
        let with = format!(r#","a":"{address}""#);
        let read = |version: &str, address: &str| {
            let claim = secrets.verify(&signed(format!("{version}.{}", payload(address))));
            claim.map(|claim| claim.address)
        };
        assert_eq!(read("cwu2", &with), Some(Some(address)));
        assert_eq!(read("cwu2", ""), None);
        assert_eq!(read("cwu2", r#","a":"+15550100""#), None);
        assert_eq!(read("cwu1", &with), Some(None));
        assert_eq!(read("cwu3", &with), None);
    }

    /// Every token that a message can carry is one that is looked at.
    #[test]
    fn the_longest_customer_has_a_token() {
        let secrets = Secrets::new(b"secret", None);
        let claim = Claim { customer: "\u{1}".repeat(256), ..claim(Channel::Whatsapp) };
        assert_eq!(secrets.verify(&secrets.token(&claim)), Some(claim));
    }

    #[test]
    fn a_token_shows_no_address() {
        let token = Secrets::new(b"secret", None).token(&claim(Channel::Email));
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        assert!(!String::from_utf8(payload).unwrap().contains("example.com"));
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
