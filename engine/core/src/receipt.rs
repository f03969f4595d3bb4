//! What became of a command at a provider: the outcome of one call, and the receipts that return as events.
//!
//! All of it is closed and free of personal data, so that it may stand in logs, metric labels and the attempts log.

use crate::closed::closed;
use std::time::Duration;

/// What one call to a provider came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took the message over.
    Accepted {
        /// The provider's own name for the message, if it gave one.
        provider_id: Option<String>,
    },
    /// The provider will never take this message; repeating the call changes nothing.
    Rejected {
        /// Why.
        reason: RejectReason,
        /// The address itself is dead or has opted out: nothing may be sent to it again.
        suppress: bool,
    },
    /// The message cannot be sent to the provider at all: it cannot be rendered, or its address not be used. Nobody was asked; no repeat changes it.
    Unsendable {
        /// Why.
        reason: RejectReason,
        /// What exactly, for the dead letter: template, line and cause, never the data.
        detail: String,
    },
    /// The message was certainly not taken, and a later call may succeed.
    Retry {
        /// What the provider asked to wait, if it did.
        after: Option<Duration>,
        /// Why.
        reason: RetryReason,
    },
    /// The message may or may not have been taken. The class of the message decides whether to repeat.
    Ambiguous {
        /// Why.
        reason: AmbiguousReason,
    },
}

impl Outcome {
    /// What it is, for logs and metrics: `accepted`, `rejected` (by whomever), `retry` or `ambiguous`.
    pub const fn name(&self) -> &'static str {
        match self {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Rejected { .. } | Outcome::Unsendable { .. } => "rejected",
            Outcome::Retry { .. } => "retry",
            Outcome::Ambiguous { .. } => "ambiguous",
        }
    }
}

closed! {
    /// Why a provider will never take a message.
    RejectReason {
        /// The address is not one, or no such mailbox exists.
        BadAddress "bad_address",
        /// The recipient has opted out at the provider.
        OptedOut "opted_out",
        /// The message is larger than the provider allows.
        TooLarge "too_large",
        /// The provider refuses the content or the sender by policy.
        Policy "policy",
        /// The account's credentials are missing, wrong or lack a right.
        Unauthorized "unauthorized",
        /// The provider does not understand the request.
        BadRequest "bad_request",
        /// The idempotency key was used before with another content. After a call of unknown outcome this means that that call was taken.
        KeyConflict "key_conflict",
        /// The destination is not one that may be called (scheme, host, private address, redirect).
        ForbiddenDestination "forbidden_destination",
        /// The message is not of a kind that this provider sends.
        WrongChannel "wrong_channel",
        /// Rendering the message ended the process, panicked or took too long, twice.
        Quarantined "quarantined",
    }
}

closed! {
    /// Why a message was not taken now.
    RetryReason {
        /// Too many requests (429, SMTP 4.7.x).
        RateLimited "rate_limited",
        /// The provider timed out before it took the message (408).
        RequestTimeout "request_timeout",
        /// The provider failed (5xx but those of gateways).
        ServerError "server_error",
        /// No connection was made: name, TCP or TLS.
        Connect "connect",
        /// The same idempotency key is being worked on.
        InProgress "in_progress",
        /// A temporary refusal (SMTP 4xx: greylisting, mailbox busy or full).
        TemporaryRefusal "temporary_refusal",
    }
}

closed! {
    /// Why nobody knows whether a message was taken.
    AmbiguousReason {
        /// No reply in time after the request was sent, to us or to a gateway before the provider (504).
        Timeout "timeout",
        /// The connection broke after the request was sent.
        ConnectionLost "connection_lost",
        /// The reply cannot be read, by us or by a gateway before the provider (502).
        BadReply "bad_reply",
    }
}

closed! {
    /// An event about a message; the name is the event's type.
    Receipt {
        /// A provider took it over.
        Sent "message_sent",
        /// It reached the recipient.
        Delivered "message_delivered",
        /// It was opened.
        Opened "message_opened",
        /// A link in it was followed.
        Clicked "message_clicked",
        /// The address refused it.
        Bounced "message_bounced",
        /// The recipient complained.
        Complained "message_complained",
        /// It was given up.
        Failed "message_failed",
    }
}
