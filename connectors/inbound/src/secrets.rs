//! What signs the links in messages: `VERSION.PAYLOAD.MAC`, payload and MAC base64url without padding; the MAC is HMAC-SHA256 over `VERSION.PAYLOAD`.
//! The version says what kind of link it is: none can be taken for one of another kind.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::sync::Arc;

/// A longer token is not looked at. A customer of 256 bytes has room, however JSON escapes them.
const LONGEST: usize = 4096;

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

    /// The token of this kind with this payload.
    pub(crate) fn seal(&self, version: &str, payload: &str) -> String {
        let signed = format!("{version}.{}", URL_SAFE_NO_PAD.encode(payload));
        let mac = hmac::sign(&self.keys[0], signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Version and payload of a token that one of the secrets made; none for anything else. The comparison takes constant time.
    pub(crate) fn open<'t>(&self, token: &'t str) -> Option<(&'t str, Vec<u8>)> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, mac) = token.rsplit_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        if !self.keys.iter().any(|key| hmac::verify(key, signed.as_bytes(), &mac).is_ok()) {
            return None;
        }
        let (version, payload) = signed.split_once('.')?;
        Some((version, URL_SAFE_NO_PAD.decode(payload).ok()?))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Secrets({})", self.keys.len())
    }
}
