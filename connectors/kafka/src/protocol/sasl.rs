//! Logging in: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-43, KIP-152, KIP-368).

use super::wire::{Reader, bytes, text};
use super::{Api, Request, Trouble, code};
use std::time::Duration;

/// Names the mechanism.
pub(crate) fn handshake(mechanism: &str) -> Request {
    Request::new(Api::SaslHandshake, |out| text(out, mechanism))
}

/// Whether the broker takes the mechanism.
pub(crate) fn mechanism_taken(reader: &mut Reader<'_>) -> Result<(), Trouble> {
    let mut read = || {
        let code = reader.i16()?;
        let count = reader.i32()?.max(0);
        let names = (0..count).map(|_| reader.text().map(Option::unwrap_or_default));
        Some((code, names.collect::<Option<Vec<_>>>()?))
    };
    match read().ok_or(Trouble::Unreadable)? {
        (0, _) => Ok(()),
        (code::UNSUPPORTED_SASL_MECHANISM, names) => {
            Err(Trouble::Denied(format!("the broker takes {}", names.join(", "))))
        }
        (code, _) => Err(Trouble::Code(code)),
    }
}

/// Carries a message of the mechanism's.
pub(crate) fn authenticate(message: &[u8]) -> Request {
    Request::new(Api::SaslAuthenticate, |out| bytes(out, message))
}

/// The broker's answer to a message.
#[derive(Debug, PartialEq)]
pub(crate) struct Authenticated<'a> {
    /// Its own message.
    pub message: &'a [u8],
    /// How long the login holds from now; none: as long as the connection.
    pub lifetime: Option<Duration>,
}

/// Reads the answer. Every refusal is [`Trouble::Denied`].
pub(crate) fn authenticated<'a>(reader: &mut Reader<'a>) -> Result<Authenticated<'a>, Trouble> {
    let mut read = || {
        let code = reader.i16()?;
        let words = reader.text()?;
        Some((code, words, reader.bytes()?, reader.i64()?))
    };
    match read().ok_or(Trouble::Unreadable)? {
        (0, _, message, lifetime) => {
            let lifetime = u64::try_from(lifetime).ok().filter(|millis| *millis > 0);
            Ok(Authenticated { message, lifetime: lifetime.map(Duration::from_millis) })
        }
        (code, words, ..) => Err(Trouble::Denied(match words {
            Some(words) => words.to_owned(),
            None => format!("code {code}"),
        })),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer to a message, behind its header.
    pub(crate) fn answer(code: i16, words: Option<&str>, message: &[u8], lifetime: i64) -> Vec<u8> {
        let mut out = code.to_be_bytes().to_vec();
        match words {
            Some(words) => text(&mut out, words),
            None => out.extend((-1_i16).to_be_bytes()),
        }
        bytes(&mut out, message);
        out.extend(lifetime.to_be_bytes());
        out
    }

    fn read(bytes: &[u8]) -> Result<Authenticated<'_>, Trouble> {
        authenticated(&mut Reader { bytes, at: 0 })
    }

    #[test]
    fn an_answer_cut_anywhere_is_unreadable() {
        let bytes = answer(0, None, b"v=x", 1_500);
        let lifetime = Some(Duration::from_millis(1_500));
        assert_eq!(read(&bytes), Ok(Authenticated { message: b"v=x", lifetime }));
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
        }
        assert_eq!(read(&answer(0, None, b"", 0)).unwrap().lifetime, None, "as the connection");
    }

    #[test]
    fn a_refusal_is_told_in_the_brokers_words() {
        let refused = answer(58, Some("no such user"), b"", 0);
        assert_eq!(read(&refused), Err(Trouble::Denied("no such user".to_owned())));
        let mut bytes = 33_i16.to_be_bytes().to_vec();
        bytes.extend(2_i32.to_be_bytes());
        ["PLAIN", "SCRAM-SHA-512"].iter().for_each(|name| text(&mut bytes, name));
        let taken = |bytes| mechanism_taken(&mut Reader { bytes, at: 0 });
        assert_eq!(
            taken(&bytes),
            Err(Trouble::Denied("the broker takes PLAIN, SCRAM-SHA-512".to_owned()))
        );
        for cut in 0..bytes.len() {
            assert_eq!(taken(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
        }
    }
}
