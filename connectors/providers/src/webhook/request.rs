//! The signature of a call.

use crate::Secret;
use aws_lc_rs::hmac;
use std::fmt::Write;

/// The header with the time and the signatures: `t=SECONDS,v1=HEX[,v1=HEX]`.
pub const SIGNATURE: &str = "cartwheel-signature";

/// The value of [`SIGNATURE`] for a body: HMAC-SHA256 over `SECONDS.BODY`, once for each live secret. The receiver recomputes it over
/// the bytes as they came, accepts any of the `v1`, and refuses times that are far from its own.
pub fn signature(secrets: &[Secret], seconds: i64, body: &[u8]) -> String {
    let mut value = format!("t={seconds}");
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(seconds.to_string().as_bytes());
        context.update(b".");
        context.update(body);
        // Writing into a String cannot fail.
        let _ = write!(value, ",v1={}", hex::encode(context.sign()));
    }
    value
}
