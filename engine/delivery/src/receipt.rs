//! How a command ends, and the events that tell the shards about it. Never an address in them: where one is to be suppressed, what stands for it.

use crate::Now;
use cartwheel_core::address::AddressHash;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::receipt::{Receipt, RejectReason};
use cartwheel_core::sends::SuppressionReason;
use cartwheel_core::time::{Millis, rfc3339};
use serde::Serialize;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A provider accepted it.
    Sent,
    /// A call of unknown outcome had been accepted: the provider knows the key.
    AlreadySent,
    /// `not_after` passed before a provider took it.
    Expired,
    /// Called as often as allowed.
    Exhausted,
    /// It may have been taken, and is not repeated.
    Ambiguous,
    /// No provider serves the channel.
    NoProvider,
    /// The address was suppressed when it should have been called.
    Suppressed(SuppressionReason),
    /// A provider will never take it.
    Rejected(RejectReason, bool),
}

/// What stands in the ledger for each reason of a rejection: never renumber.
const REJECTED: [(RejectReason, u8); 10] = [
    (RejectReason::BadAddress, 16),
    (RejectReason::OptedOut, 18),
    (RejectReason::TooLarge, 20),
    (RejectReason::Policy, 22),
    (RejectReason::Unauthorized, 24),
    (RejectReason::BadRequest, 26),
    (RejectReason::KeyConflict, 28),
    (RejectReason::ForbiddenDestination, 30),
    (RejectReason::WrongChannel, 32),
    (RejectReason::Quarantined, 34),
];

const SUPPRESSED: [(SuppressionReason, u8); 3] = [
    (SuppressionReason::Unsubscribed, 8),
    (SuppressionReason::Bounced, 9),
    (SuppressionReason::Complained, 10),
];

impl Ending {
    /// The name in receipts and metrics.
    pub const fn reason(self) -> &'static str {
        match self {
            Ending::Sent => "sent",
            Ending::AlreadySent => "already_sent",
            Ending::Expired => "expired",
            Ending::Exhausted => "exhausted",
            Ending::Ambiguous => "ambiguous",
            Ending::NoProvider => "no_provider",
            Ending::Suppressed(_) => "suppressed",
            Ending::Rejected(reason, _) => reason.name(),
        }
    }

    /// Whether an operator may want to mend something and send it again: it goes to the dead letters too.
    /// Not so where the address, the time or the customer decided; nor where a repeat might be a second message.
    pub const fn is_dead(self) -> bool {
        match self {
            Ending::Exhausted | Ending::NoProvider => true,
            Ending::Rejected(_, suppress) => !suppress,
            Ending::Sent
            | Ending::AlreadySent
            | Ending::Expired
            | Ending::Ambiguous
            | Ending::Suppressed(_) => false,
        }
    }

    /// Every one, in order of the numbers in the ledger.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).filter_map(Self::from_code)
    }

    /// The number in the ledger.
    pub(crate) fn code(self) -> u8 {
        match self {
            Ending::Sent => 0,
            Ending::Expired => 1,
            Ending::Exhausted => 2,
            Ending::Ambiguous => 3,
            Ending::NoProvider => 4,
            Ending::AlreadySent => 5,
            Ending::Suppressed(reason) => SUPPRESSED
                .iter()
                .find(|(known, _)| *known == reason)
                .map_or(u8::MAX, |(_, code)| *code),
            Ending::Rejected(reason, suppress) => REJECTED
                .iter()
                .find(|(known, _)| *known == reason)
                .map_or(u8::MAX, |(_, code)| code + u8::from(suppress)),
        }
    }

    /// The ending with this number.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Ending::Sent,
            1 => Ending::Expired,
            2 => Ending::Exhausted,
            3 => Ending::Ambiguous,
            4 => Ending::NoProvider,
            5 => Ending::AlreadySent,
            8..=10 => Ending::Suppressed(SUPPRESSED.iter().find(|(_, known)| *known == code)?.0),
            _ => Ending::Rejected(
                REJECTED.iter().find(|(_, known)| *known == code & !1)?.0,
                code & 1 == 1,
            ),
        })
    }
}

/// An event for the events topic, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptEvent {
    /// The record's key: the customer.
    pub key: String,
    /// Its value: JSON. The id is derived from the command, so that a repeat is recognised.
    pub value: Vec<u8>,
}

#[derive(Serialize)]
struct Event<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'a str,
    customer: &'a str,
    #[serde(with = "rfc3339")]
    time: Millis,
    message: Message<'a>,
}

impl Event<'_> {
    fn written(&self) -> ReceiptEvent {
        // Strings, an enum and an instant always serialise.
        let value = serde_json::to_vec(self).unwrap_or_default();
        ReceiptEvent { key: self.customer.to_owned(), value }
    }
}

#[derive(Clone, Copy, Serialize)]
struct Message<'a> {
    command_id: &'a str,
    channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bounce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// The events that tell how a command ended: `message_sent` (with a reason where an earlier call had done it), `message_bounced` (the address is dead;
/// suppresses it) or `message_failed`, and where the recipient opted out at the provider, also `unsubscribed` for the channel. Those that suppress
/// name what stands for the command's own address, whatever the customer's is when they arrive. None of a message to a team: what becomes of
/// that says nothing of the customer.
pub fn events(
    command: &Command,
    ending: Ending,
    provider: Option<&str>,
    provider_id: Option<&str>,
    now: Now,
) -> Vec<ReceiptEvent> {
    if command.team.is_some() {
        return Vec::new();
    }
    let command_id = command.command_id.to_string();
    let (kind, suffix, bounce) = match ending {
        Ending::Sent | Ending::AlreadySent => (Receipt::Sent.name(), "sent", None),
        Ending::Rejected(RejectReason::OptedOut, _) => (Receipt::Failed.name(), "failed", None),
        Ending::Rejected(_, true) => (Receipt::Bounced.name(), "bounced", Some("hard")),
        Ending::Rejected(_, false)
        | Ending::Expired
        | Ending::Exhausted
        | Ending::Ambiguous
        | Ending::NoProvider
        | Ending::Suppressed(_) => (Receipt::Failed.name(), "failed", None),
    };
    let address = AddressHash::of(command.channel, &command.to).to_string();
    let ended = Event {
        id: format!("{command_id}:{suffix}"),
        kind,
        customer: &command.customer,
        time: now.wall,
        message: Message {
            command_id: &command_id,
            channel: command.channel,
            address: bounce.map(|_| address.as_str()),
            provider,
            provider_id,
            bounce,
            reason: (ending != Ending::Sent).then(|| ending.reason()),
        },
    };
    let opted_out = matches!(ending, Ending::Rejected(RejectReason::OptedOut, _)).then(|| Event {
        id: format!("{command_id}:unsubscribed"),
        kind: "unsubscribed",
        message: Message {
            address: Some(&address),
            provider_id: None,
            bounce: None,
            ..ended.message
        },
        ..ended
    });
    [Some(&ended), opted_out.as_ref()].into_iter().flatten().map(Event::written).collect()
}

#[cfg(test)]
mod tests;
