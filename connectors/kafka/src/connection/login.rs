//! Who we are for a broker, and how it is told: PLAIN (RFC 4616) or SCRAM.

use super::scram::{Begun, Hash, Proven};
use crate::config::{SaslMechanism, Secret};
use crate::protocol::Trouble;

/// A user and how to log in as one. `Debug` does not show the password.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Login {
    pub mechanism: SaslMechanism,
    pub user: String,
    pub password: Secret,
}

impl Login {
    pub(super) fn mechanism(&self) -> &'static str {
        self.mechanism.name()
    }

    /// A broker's words without the password, which one that was told it (PLAIN) could repeat; and no more of them than a line.
    pub(super) fn discreet(&self, words: &str) -> String {
        let hidden = match self.password.expose() {
            "" => words.to_owned(),
            password => words.replace(password, "<redacted>"),
        };
        hidden.chars().filter(|letter| !letter.is_control()).take(200).collect()
    }
}

/// What has been said so far.
pub(super) enum Conversation {
    /// All: the password.
    Plain,
    /// Our nonce.
    Begun(Begun),
    /// Our proof.
    Proven(Box<Proven>),
    /// All, on both sides.
    Done,
}

impl std::fmt::Debug for Conversation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Conversation")
    }
}

impl Conversation {
    /// The first message.
    pub(super) fn begin(login: &Login) -> Result<(Self, Vec<u8>), Trouble> {
        let hash = match login.mechanism {
            SaslMechanism::Plain => {
                let message = format!("\0{}\0{}", login.user, login.password.expose());
                return Ok((Self::Plain, message.into_bytes()));
            }
            SaslMechanism::ScramSha256 => Hash::Sha256,
            SaslMechanism::ScramSha512 => Hash::Sha512,
        };
        let mut nonce = [0; 24];
        aws_lc_rs::rand::fill(&mut nonce)
            .map_err(|_| Trouble::Connection("no random numbers".to_owned()))?;
        let (begun, message) = Begun::new(hash, &login.user, &nonce);
        Ok((Self::Begun(begun), message))
    }

    /// Goes on by the broker's message: ours, or none if all has been said.
    pub(super) fn heard(
        &mut self,
        login: &Login,
        message: &[u8],
    ) -> Result<Option<Vec<u8>>, Trouble> {
        match std::mem::replace(self, Self::Done) {
            Self::Plain | Self::Done => Ok(None),
            Self::Begun(begun) => {
                let (proven, proof) = begun.prove(login.password.expose(), message)?;
                *self = Self::Proven(Box::new(proven));
                Ok(Some(proof))
            }
            Self::Proven(proven) => proven.check(message).map(|()| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login {
            mechanism: SaslMechanism::Plain,
            user: "ana".to_owned(),
            password: Secret::new("hunter2"),
        }
    }

    #[test]
    fn plain_says_all_at_once() {
        let (mut conversation, message) = Conversation::begin(&login()).unwrap();
        assert_eq!(message, b"\0ana\0hunter2");
        assert_eq!(conversation.heard(&login(), b""), Ok(None));
    }

    #[test]
    fn a_broker_that_repeats_the_password_does_not_bring_it_into_an_error() {
        let words = format!("no hunter2\nhere{}", "!".repeat(1_000));
        let told = login().discreet(&words);
        assert!(told.starts_with("no <redacted>here!") && told.len() == 200, "{told}");
        assert!(!format!("{:?}", login()).contains("hunter2"));
    }
}
