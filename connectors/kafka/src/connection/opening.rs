//! What is said on a connection before it is used: which versions the broker knows, and who we are. A state machine without I/O: it is given answers and says what to ask next.

use super::login::{Conversation, Login};
use crate::protocol::{
    Reader, Request, Trouble, Versions, ask_versions, authenticate, authenticated, handshake,
    mechanism_taken,
};
use std::time::Duration;

/// How far it is.
#[derive(Debug)]
pub(super) struct Opening<'a> {
    login: Option<&'a Login>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Versions,
    Mechanism,
    Messages(Conversation),
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    Ask(Request),
    /// The broker knows these, if it was asked.
    Knows(Versions, Option<Request>),
    /// We are in, for so long.
    Open(Option<Duration>),
}

impl<'a> Opening<'a> {
    /// The beginning of a connection.
    pub(super) fn new(login: Option<&'a Login>) -> (Self, Request) {
        (Self { login, stage: Stage::Versions }, ask_versions())
    }

    /// A login on a connection that is used already and whose login ends soon (KIP-368).
    pub(super) fn again(login: &'a Login) -> (Self, Request) {
        (Self { login: Some(login), stage: Stage::Mechanism }, handshake(login.mechanism()))
    }

    /// Goes on by the answer to what was asked last.
    pub(super) fn heard(&mut self, answer: &mut Reader<'_>) -> Result<Next, Trouble> {
        match &mut self.stage {
            Stage::Versions => {
                let versions = Versions::read(answer)?;
                self.stage = Stage::Mechanism;
                let next = self.login.map(|login| handshake(login.mechanism()));
                Ok(Next::Knows(versions, next))
            }
            Stage::Mechanism => {
                mechanism_taken(answer)?;
                let login = self.login.ok_or(Trouble::Unreadable)?;
                let (conversation, message) = Conversation::begin(login)?;
                self.stage = Stage::Messages(conversation);
                Ok(Next::Ask(authenticate(&message)))
            }
            Stage::Messages(conversation) => {
                let answer = authenticated(answer)?;
                let login = self.login.ok_or(Trouble::Unreadable)?;
                Ok(match conversation.heard(login, answer.message)? {
                    Some(message) => Next::Ask(authenticate(&message)),
                    None => Next::Open(answer.lifetime),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SaslMechanism, Secret};
    use crate::protocol::Api;
    use crate::protocol::tests::{authenticated as answered, knowing};

    fn login(mechanism: SaslMechanism) -> Login {
        Login { mechanism, user: "ana".to_owned(), password: Secret::new("hunter2") }
    }

    fn heard(opening: &mut Opening<'_>, answer: &[u8]) -> Result<Next, Trouble> {
        opening.heard(&mut Reader { bytes: answer, at: 0 })
    }

    /// What taking the mechanism looks like: code 0, one name.
    const TAKEN: &[u8] = b"\0\0\0\0\0\x01\0\x05PLAIN";

    #[test]
    fn without_a_login_the_versions_are_all() {
        let (mut opening, first) = Opening::new(None);
        assert_eq!(first.api, Api::Versions);
        let next = heard(&mut opening, &knowing(&[(1, 4, 17)])).unwrap();
        assert!(
            matches!(next, Next::Knows(versions, None) if versions.require(Api::Fetch).is_ok())
        );
    }

    #[test]
    fn plain_is_versions_mechanism_and_one_message() {
        let login = login(SaslMechanism::Plain);
        let (mut opening, _) = Opening::new(Some(&login));
        let Next::Knows(_, Some(next)) = heard(&mut opening, &knowing(&[])).unwrap() else {
            panic!("no login")
        };
        assert_eq!(next.api, Api::SaslHandshake);
        let Next::Ask(message) = heard(&mut opening, TAKEN).unwrap() else { panic!("no message") };
        assert_eq!(message.api, Api::SaslAuthenticate);
        assert!(message.sealed(1).ends_with(b"\0ana\0hunter2"));
        let next = heard(&mut opening, &answered(0, None, b"", 60_000)).unwrap();
        assert!(matches!(next, Next::Open(Some(lifetime)) if lifetime.as_secs() == 60));
    }

    #[test]
    fn a_login_again_begins_with_the_mechanism() {
        let login = login(SaslMechanism::ScramSha512);
        let (mut opening, first) = Opening::again(&login);
        assert_eq!(first, handshake("SCRAM-SHA-512"));
        let Next::Ask(message) = heard(&mut opening, TAKEN).unwrap() else { panic!("no message") };
        let sealed = message.sealed(1);
        assert!(sealed.windows(10).any(|part| part == b"n,,n=ana,r"), "our nonce comes first");
        assert!(!sealed.windows(7).any(|part| part == b"hunter2"), "and the password never");
        // A broker that says yes without having proven that it knows the password is not believed.
        assert!(heard(&mut opening, &answered(0, None, b"", 0)).is_err());
    }

    #[test]
    fn an_answer_cut_anywhere_opens_nothing() {
        let login = login(SaslMechanism::Plain);
        let yes = answered(0, None, b"", 0);
        for cut in 0..TAKEN.len() {
            let (mut opening, _) = Opening::again(&login);
            assert!(heard(&mut opening, &TAKEN[..cut]).is_err(), "{cut}");
        }
        for cut in 0..yes.len() {
            let (mut opening, _) = Opening::again(&login);
            heard(&mut opening, TAKEN).unwrap();
            assert!(heard(&mut opening, &yes[..cut]).is_err(), "{cut}");
        }
    }
}
