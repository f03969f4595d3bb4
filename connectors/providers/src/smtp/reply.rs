//! What a negative SMTP reply means, by the phase in which it came. Pure.

use crate::{AmbiguousReason, Outcome, RejectReason, RetryReason};
use lettre::transport::smtp::Error;
use std::error::Error as _;

/// How far a delivery had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Connecting: TCP, greeting, EHLO, TLS.
    Connect,
    /// Naming the account.
    Login,
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// DATA up to the relay's go-ahead.
    Data,
    /// The content and its final dot: from here on the relay may have taken the message.
    Content,
}

/// The outcome of a failure in this phase.
pub(super) fn outcome(phase: Phase, error: &Error) -> Outcome {
    let Some(code) = error.status() else { return lost(phase, error.is_timeout()) };
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let enhanced = enhanced_code(&text);
    match u16::from(code) {
        400..=499 => Outcome::Retry { after: None, reason: temporary(enhanced) },
        code => permanent(phase, code, enhanced),
    }
}

/// The outcome of a connection that broke, fell silent or talks nonsense in this phase.
pub(super) fn lost(phase: Phase, timeout: bool) -> Outcome {
    match (phase, timeout) {
        (Phase::Content, true) => Outcome::Ambiguous { reason: AmbiguousReason::Timeout },
        (Phase::Content, false) => Outcome::Ambiguous { reason: AmbiguousReason::ConnectionLost },
        _ => Outcome::Retry { after: None, reason: RetryReason::Connect },
    }
}

fn temporary(enhanced: Option<(u16, u16)>) -> RetryReason {
    match enhanced {
        Some((7, _)) => RetryReason::RateLimited,
        _ => RetryReason::TemporaryRefusal,
    }
}

/// Only an enhanced code (RFC 3463) says that the address is dead; a bare 550 is as often a matter of policy. Every code has an outcome, also one that
/// is registered later: without a suppression.
fn permanent(phase: Phase, code: u16, enhanced: Option<(u16, u16)>) -> Outcome {
    let dead_address =
        phase != Phase::Sender && matches!(enhanced, Some((1, 1 | 2 | 3 | 6 | 10) | (2, 1)));
    let reason = match (phase, code, enhanced) {
        _ if dead_address => RejectReason::BadAddress,
        (Phase::Login, ..) | (_, 530 | 535 | 538, _) => RejectReason::Unauthorized,
        (_, _, Some((3, 4) | (2, 3))) => RejectReason::TooLarge,
        (_, _, Some((7, _))) => RejectReason::Policy,
        (_, 500..=504, _) => RejectReason::BadRequest,
        (Phase::Recipient, ..) => RejectReason::BadAddress,
        (_, 552, _) => RejectReason::TooLarge,
        _ => RejectReason::Policy,
    };
    Outcome::Rejected { reason, suppress: dead_address }
}

/// Subject and detail of an enhanced status code such as `5.1.1` at the beginning of the text.
fn enhanced_code(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split_whitespace().next()?.split('.');
    let class = parts.next()?;
    let (subject, detail) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (matches!(class, "4" | "5") && parts.next().is_none()).then_some((subject, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_told_apart() {
        use RejectReason::*;
        for (phase, code, text, reason, suppress) in [
            (Phase::Recipient, 550, "5.1.1 no such user", BadAddress, true),
            (Phase::Recipient, 550, "5.2.1 disabled", BadAddress, true),
            (Phase::Content, 550, "5.1.1 no such user", BadAddress, true),
            (Phase::Recipient, 550, "no such user", BadAddress, false),
            (Phase::Recipient, 552, "5.2.2 over quota", BadAddress, false),
            (Phase::Recipient, 550, "5.7.1 blocked", Policy, false),
            (Phase::Sender, 550, "5.1.1 unknown sender", Policy, false),
            (Phase::Content, 552, "5.3.4 too big", TooLarge, false),
            (Phase::Content, 554, "5.7.1 spam", Policy, false),
            (Phase::Login, 535, "5.7.8 bad", Unauthorized, false),
            (Phase::Sender, 530, "5.7.0 login first", Unauthorized, false),
            (Phase::Connect, 554, "go away", Policy, false),
        ] {
            let expected = Outcome::Rejected { reason, suppress };
            assert_eq!(
                permanent(phase, code, enhanced_code(text)),
                expected,
                "{phase:?} {code} {text}"
            );
        }
    }

    /// Every enumerated code of IANA's registry (RFC 3463, and what has been registered since up to X.7.30), behind a 550 to RCPT.
    #[test]
    fn every_registered_code_has_an_outcome_and_few_suppress() {
        let details = [0, 10, 4, 6, 7, 6, 10, 30];
        let codes = (0..)
            .zip(details)
            .flat_map(|(subject, last)| (0..=last).map(move |detail| (subject, detail)));
        let dead = [(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)];
        let mut seen = 0;
        for code in codes {
            seen += 1;
            let reason = match code {
                (7, _) => RejectReason::Policy,
                (3, 4) | (2, 3) => RejectReason::TooLarge,
                _ => RejectReason::BadAddress,
            };
            let expected = Outcome::Rejected { reason, suppress: dead.contains(&code) };
            assert_eq!(permanent(Phase::Recipient, 550, Some(code)), expected, "{code:?}");
        }
        assert_eq!(seen, 81);
    }

    #[test]
    fn only_content_is_ambiguous() {
        for phase in [Phase::Connect, Phase::Login, Phase::Sender, Phase::Recipient, Phase::Data] {
            assert!(
                matches!(lost(phase, true), Outcome::Retry { .. })
                    && matches!(lost(phase, false), Outcome::Retry { .. })
            );
        }
        assert_eq!(
            lost(Phase::Content, true),
            Outcome::Ambiguous { reason: AmbiguousReason::Timeout }
        );
        assert_eq!(
            lost(Phase::Content, false),
            Outcome::Ambiguous { reason: AmbiguousReason::ConnectionLost }
        );
    }

    #[test]
    fn enhanced_codes_are_read() {
        for (text, code) in [
            ("5.1.1 x", Some((1, 1))),
            ("4.7.0", Some((7, 0))),
            ("2.1.0 x", None),
            ("5.1 x", None),
            ("1.2.3.4 x", None),
            ("", None),
        ] {
            assert_eq!(enhanced_code(text), code, "{text}");
        }
    }
}
