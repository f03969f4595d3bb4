//! The client's side of SCRAM (RFC 5802, RFC 7677), without channel binding: both sides prove that they know the password, and neither shows it. Messages only, no I/O.
//!
//! As Kafka's own clients do, passwords are taken as they are written, without SASLprep.

use crate::protocol::Trouble;
use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::num::NonZeroU32;

/// What a broker may ask for. Fewer iterations than the RFC's least make a stolen exchange cheap to guess from; more than this would hold the shard's thread up for longer
/// than a second. Kafka takes at most 16,384.
const ITERATIONS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;
/// `n,,`: no channel binding, nobody else's name.
const CHANNEL: &str = "n,,";

/// The hash that a mechanism is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    /// Bytes.
    fn length(self) -> usize {
        self.digest().output_len()
    }
}

/// An exchange that has begun.
pub(super) struct Begun {
    hash: Hash,
    nonce: String,
    /// What we said first, without the channel.
    bare: String,
}

/// An exchange in which we have proven ourselves; the server has not.
pub(super) struct Proven {
    server: hmac::Key,
    exchange: Vec<u8>,
}

impl Begun {
    /// Begins with a nonce that was never used before; the message to send.
    pub(super) fn new(hash: Hash, user: &str, nonce: &[u8]) -> (Self, Vec<u8>) {
        let nonce = BASE64.encode(nonce);
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={user},r={nonce}");
        let message = format!("{CHANNEL}{bare}").into_bytes();
        (Self { hash, nonce, bare }, message)
    }

    /// Reads the server's challenge; the message with our proof.
    pub(super) fn prove(
        self,
        password: &str,
        challenge: &[u8],
    ) -> Result<(Proven, Vec<u8>), Trouble> {
        let text = std::str::from_utf8(challenge).map_err(|_| Trouble::Unreadable)?;
        let challenge = Challenge::read(text, &self.nonce)?;
        let mut salted = vec![0; self.hash.length()];
        let (salt, word) = (&challenge.salt, password.as_bytes());
        pbkdf2::derive(self.hash.pbkdf2(), challenge.iterations, salt, word, &mut salted);
        let key = |name: &[u8]| {
            let salted = hmac::Key::new(self.hash.hmac(), &salted);
            hmac::sign(&salted, name)
        };
        let client = key(b"Client Key");
        let stored = digest::digest(self.hash.digest(), client.as_ref());
        let bound = format!("c={},r={}", BASE64.encode(CHANNEL), challenge.nonce);
        let exchange = format!("{},{text},{bound}", self.bare).into_bytes();
        let signature = hmac::sign(&hmac::Key::new(self.hash.hmac(), stored.as_ref()), &exchange);
        let pairs = client.as_ref().iter().zip(signature.as_ref());
        let proof: Vec<u8> = pairs.map(|(key, signed)| key ^ signed).collect();
        let message = format!("{bound},p={}", BASE64.encode(proof)).into_bytes();
        let server = hmac::Key::new(self.hash.hmac(), key(b"Server Key").as_ref());
        Ok((Proven { server, exchange }, message))
    }
}

impl Proven {
    /// Whether the server has proven that it knows the password too. Compared in constant time.
    pub(super) fn check(&self, verdict: &[u8]) -> Result<(), Trouble> {
        let text = std::str::from_utf8(verdict).map_err(|_| Trouble::Unreadable)?;
        // `e=` is a refusal. Extensions may stand behind.
        let mut parts = text.split(',');
        let signature = match parts.next().and_then(|part| part.split_once('=')) {
            Some(("v", signature)) => signature,
            Some(("e", reason)) => return Err(Trouble::Denied(reason.to_owned())),
            _ => return Err(Trouble::Unreadable),
        };
        let signature = BASE64.decode(signature).map_err(|_| Trouble::Unreadable)?;
        hmac::verify(&self.server, &self.exchange, &signature).map_err(|_| {
            Trouble::Denied(
                "the broker does not know the password: it is not who it says".to_owned(),
            )
        })
    }
}

/// What the server asks for.
#[derive(Debug)]
struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: NonZeroU32,
}

impl<'a> Challenge<'a> {
    /// `ours` is the nonce that we began with, which the server's must begin with and be longer than.
    fn read(text: &'a str, ours: &str) -> Result<Self, Trouble> {
        let mut parts = text.split(',').map(|part| part.split_once('='));
        let mut value = |name: &str| match parts.next().flatten() {
            Some((found, value)) if found == name => Ok(value),
            // `e=` is a refusal, `m=` an extension that whoever does not know it must not go on with.
            Some(("e", reason)) => Err(Trouble::Denied(reason.to_owned())),
            Some(_) | None => Err(Trouble::Unreadable),
        };
        let (nonce, salt, iterations) = (value("r")?, value("s")?, value("i")?);
        if nonce.strip_prefix(ours).is_none_or(str::is_empty) {
            return Err(Trouble::Denied("the broker answers somebody else's login".to_owned()));
        }
        let salt = BASE64.decode(salt).map_err(|_| Trouble::Unreadable)?;
        let iterations: u32 = iterations.parse().map_err(|_| Trouble::Unreadable)?;
        match NonZeroU32::new(iterations).filter(|count| ITERATIONS.contains(&count.get())) {
            Some(iterations) => Ok(Self { nonce, salt, iterations }),
            None => Err(Trouble::Denied(format!(
                "the broker asks for {iterations} iterations; {} to {} are taken",
                ITERATIONS.start(),
                ITERATIONS.end()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The exchange of RFC 7677, section 3.
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const CHALLENGE: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const PROOF: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const VERDICT: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn begun() -> Begun {
        let nonce = BASE64.decode(NONCE).unwrap();
        let (begun, message) = Begun::new(Hash::Sha256, "user", &nonce);
        assert_eq!(message, b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        begun
    }

    #[test]
    fn it_says_what_the_rfc_says() {
        let (proven, message) = begun().prove("pencil", CHALLENGE.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(message).unwrap(), PROOF);
        assert_eq!(proven.check(VERDICT.as_bytes()), Ok(()));
    }

    #[test]
    fn a_server_without_the_password_is_found_out() {
        let (proven, _) = begun().prove("pencil", CHALLENGE.as_bytes()).unwrap();
        let other = VERDICT.replace("6rri", "7rri");
        assert!(matches!(proven.check(other.as_bytes()), Err(Trouble::Denied(_))));
        assert!(matches!(proven.check(b"v="), Err(Trouble::Denied(_))));
        let refused = Err(Trouble::Denied("other-error".to_owned()));
        assert_eq!(proven.check(b"e=other-error"), refused);
        for cut in 0..VERDICT.len() {
            assert!(proven.check(&VERDICT.as_bytes()[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_challenge_that_is_not_for_us_or_too_cheap_or_dear_is_refused() {
        for (old, new) in [
            ("r=rOpr", "r=sOpr"),
            ("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""),
            ("i=4096", "i=4095"),
            ("i=4096", "i=0"),
            ("i=4096", "i=1000001"),
            ("i=4096", "i=99999999999"),
            ("r=rOpr", "m=x,r=rOpr"),
            ("s=W22", "s=!!!"),
        ] {
            let challenge = CHALLENGE.replace(old, new);
            assert!(begun().prove("pencil", challenge.as_bytes()).is_err(), "{challenge}");
        }
        // The last number may be cut to one that is too small, or be whole; nothing else passes.
        for cut in 0..CHALLENGE.len() {
            assert!(begun().prove("pencil", &CHALLENGE.as_bytes()[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn commas_and_equals_signs_in_a_name_are_written_otherwise() {
        let (_, message) = Begun::new(Hash::Sha512, "a=b,c", &[0; 3]);
        assert_eq!(message, b"n,,n=a=3Db=2Cc,r=AAAA");
    }

    proptest! {
        #[test]
        fn no_byte_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = begun().prove("pencil", &bytes).map(|_| ());
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let _ = begun().prove("pencil", format!("r={NONCE}x,{text}").as_bytes()).map(|_| ());
            let (proven, _) = begun().prove("pencil", CHALLENGE.as_bytes()).unwrap();
            prop_assert!(proven.check(&bytes).is_err());
        }
    }
}
