//! The event of an answer, checked by the reader that will read it.

use super::offer::Offer;
use cartwheel_core::event::{Event, Meaning, Raw, decode};
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{Millis, format_rfc3339};

/// The event (JSON) of an answer that was given at `now` (wall); none if no shard would make of it what the offer says.
///
/// Its id follows from message and answer: who gives an answer twice has given it once, and another answer to the same message is another
/// event. What is made of two is for those who read them to say: a wait is over by the first, a fact keeps the newest.
pub(super) fn of(offer: &Offer, now: Millis, policy: &Policy) -> Option<Vec<u8>> {
    let event = serde_json::json!({
        "id": format!("{}:answered:{}", offer.command_id, offer.answer),
        "type": "survey_answered",
        "customer": offer.customer,
        "time": format_rfc3339(now),
        "survey": {
            "answer": offer.answer,
            "journey": offer.journey,
            "step": offer.step,
            "run": offer.run_id,
        },
        "message": { "command_id": offer.command_id, "channel": offer.channel },
    });
    let json = event.to_string().into_bytes();
    let holds = decode(&json, now, policy).is_ok_and(|event| says(&event, offer));
    holds.then_some(json)
}

fn says(event: &Event<'_>, offer: &Offer) -> bool {
    let text = |path: &[&str]| event.whole().get(path).and_then(Raw::string);
    Meaning::of(&event.kind) == Meaning::Answered
        && event.customer == offer.customer
        && event.odd().is_empty()
        && text(&["survey", "answer"]).as_deref() == Some(offer.answer.as_str())
        && !offer.answer.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::offer::offer as offered;

    const NOW: Millis = 1_767_261_600_123;

    #[test]
    fn it_says_what_the_offer_says() {
        let json = of(&offered("price"), NOW, &Policy::default()).unwrap();
        let event: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let expected = serde_json::json!({
            "id": "0000000000000000000000000000002a:answered:price",
            "type": "survey_answered", "customer": "ana", "time": "2026-01-01T10:00:00.123Z",
            "survey": {"answer": "price", "journey": "survey", "step": "survey_cart",
                "run": "0000000000000000000000000000002b"},
            "message": {"command_id": "0000000000000000000000000000002a", "channel": "email"},
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn what_no_shard_would_apply_is_none() {
        let policy = Policy::default();
        let small = Policy { max_event_bytes: 100, ..Policy::default() };
        let of_customer = |customer: String| Offer { customer, ..offered("price") };
        for (offer, policy, holds) in [
            (offered("price"), &policy, true),
            (of_customer("\u{1}".repeat(256)), &policy, true),
            (of_customer("x".repeat(257)), &policy, false),
            (of_customer(String::new()), &policy, false),
            (offered(""), &policy, false),
            (offered("price"), &small, false),
        ] {
            assert_eq!(of(&offer, NOW, policy).is_some(), holds, "{offer:?}");
        }
    }
}
