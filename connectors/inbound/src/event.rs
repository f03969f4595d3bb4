//! The event of a click, checked by the reader that will read it: what a shard would not apply is not written, and its click is not answered with 200.

use crate::token::Claim;
use cartwheel_core::apply::{ToldOfMessage, told_of_message};
use cartwheel_core::channel::Channel;
use cartwheel_core::event::{Event, Meaning, Subject, decode};
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::SuppressionReason;
use cartwheel_core::time::{Millis, format_rfc3339};

/// The event (JSON) of a click on the claim's link at `now` (wall); none if no shard would make of it what the claim says.
///
/// It has no id: unsubscribing twice is as unsubscribing once, but a click must count again after the customer has subscribed anew, also on a link
/// that was used before.
pub fn of(claim: &Claim, now: Millis, policy: &Policy) -> Option<Vec<u8>> {
    let mut message = serde_json::json!({
        "channel": claim.channel,
        "command_id": claim.command_id,
    });
    if let Some(address) = claim.address {
        message["address"] = address.to_string().into();
    }
    let event = serde_json::json!({
        "type": "unsubscribed",
        "customer": claim.customer,
        "time": format_rfc3339(now),
        "message": message,
    });
    let json = event.to_string().into_bytes();
    let holds = decode(&json, now, policy).is_ok_and(|event| says(&event, claim));
    holds.then_some(json)
}

fn says(event: &Event<'_>, claim: &Claim) -> bool {
    let channel = event.field(Subject::Message, "channel").and_then(|raw| raw.string());
    // Of another channel nobody can be unsubscribed.
    let denies = channel.and_then(|name| Channel::parse(&name)) == Some(claim.channel)
        && Channel::PERSONAL.contains(&claim.channel);
    let told = claim.address.map(|address| ToldOfMessage {
        channel: claim.channel,
        reason: SuppressionReason::Unsubscribed,
        address,
    });
    Meaning::of(&event.kind) == Meaning::Unsubscribed
        && event.customer == claim.customer
        && event.odd().is_empty()
        && denies
        && told_of_message(event) == told
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::address::AddressHash;
    use cartwheel_core::id::CommandId;

    const NOW: Millis = 1_767_261_600_123;

    fn claim(customer: &str, channel: Channel) -> Claim {
        let address = Some(AddressHash::of(channel, "+15550100"));
        Claim { customer: customer.into(), channel, command_id: CommandId(0x2a), address }
    }

    #[test]
    fn it_says_what_the_claim_says() {
        let claim = claim("ana", Channel::Email);
        let json = of(&claim, NOW, &Policy::default()).unwrap();
        let event: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let expected = serde_json::json!({"type": "unsubscribed", "customer": "ana",
            "time": "2026-01-01T10:00:00.123Z", "message": {"channel": "email",
            "command_id": "0000000000000000000000000000002a",
            "address": claim.address.unwrap().to_string()}});
        assert_eq!(event, expected);
        let old = of(&Claim { address: None, ..claim }, NOW, &Policy::default()).unwrap();
        assert!(!String::from_utf8(old).unwrap().contains("address"));
    }

    #[test]
    fn what_no_shard_would_apply_is_none() {
        let long = "x".repeat(257);
        let policy = Policy::default();
        let small = Policy { max_event_bytes: 100, ..Policy::default() };
        for (claim, policy, holds) in [
            (claim("ana", Channel::Email), &policy, true),
            (claim(&"\u{1}".repeat(256), Channel::Whatsapp), &policy, true),
            (claim("", Channel::Email), &policy, false),
            (claim(&long, Channel::Email), &policy, false),
            (claim("ana", Channel::Webhook), &policy, false),
            (Claim { address: None, ..claim("ana", Channel::Webhook) }, &policy, false),
            (claim("ana", Channel::Email), &small, false),
        ] {
            assert_eq!(of(&claim, NOW, policy).is_some(), holds, "{claim:?}");
        }
    }
}
