//! What becomes an event, what is learned from it.

use super::{Shop, at};
use crate::reference::Outcome;
use serde_json::json;

const QUIET: &str = "quiet_hours: []";
const GREET: &str = "
journey: greet
class: transactional
trigger: { event: hello }
reentry: always
steps: [{ send: greeting, channels: [email, sms] }]
";

#[test]
fn poison_has_a_reason() {
    let mut shop = Shop::empty(QUIET, &[GREET]);
    let now = at("01-05 10:00");
    let day = 24 * 3_600_000;
    let deep = |levels: usize| {
        format!(
            "{{\"type\":\"t\",\"customer\":\"c\",\"time\":0,\"x\":{}{}}}",
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    let with =
        |fields: &str| format!("{{\"type\":\"t\",\"customer\":\"c\",\"time\":{now},{fields}}}");
    let long = "x".repeat(257);
    let cases: Vec<(String, &[&str])> = vec![
        ("".into(), &["dead not_json"]),
        ("[1]".into(), &["dead not_json"]),
        ("{\"type\":".into(), &["dead not_json"]),
        (with(&format!("\"pad\":\"{}\"", "x".repeat(128 * 1024))), &["dead too_large"]),
        // The event itself is level 1.
        (deep(63), &[]),
        (deep(64), &["dead too_deep"]),
        (
            with(
                "\"x\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"",
            ),
            &[],
        ),
        ("{\"customer\":\"c\",\"time\":0}".into(), &["dead missing_type"]),
        ("{\"type\":\"\",\"customer\":\"c\",\"time\":0}".into(), &["dead missing_type"]),
        ("{\"type\":1,\"customer\":\"c\",\"time\":0}".into(), &["dead missing_type"]),
        ("{\"type\":\"t\",\"time\":0}".into(), &["dead missing_customer"]),
        (format!("{{\"type\":\"t\",\"customer\":\"{long}\",\"time\":0}}"), &["dead bad_value"]),
        (format!("{{\"type\":\"{long}\",\"customer\":\"c\",\"time\":0}}"), &["dead bad_value"]),
        // Without a time, or with null: when it was recorded.
        ("{\"type\":\"t\",\"customer\":\"c\"}".into(), &[]),
        ("{\"type\":\"t\",\"customer\":\"c\",\"time\":null}".into(), &[]),
        ("{\"type\":null,\"customer\":\"c\"}".into(), &["dead missing_type"]),
        ("{\"type\":\"t\",\"customer\":\"c\",\"time\":\"noon\"}".into(), &["dead bad_time"]),
        ("{\"type\":\"t\",\"customer\":\"c\",\"time\":1.5}".into(), &["dead bad_time"]),
        ("{\"type\":\"t\",\"customer\":\"c\",\"time\":\"2026-01-05T10:00:00+02:00\"}".into(), &[]),
        (format!("{{\"type\":\"t\",\"customer\":\"c\",\"time\":{}}}", now + day), &[]),
        (
            format!("{{\"type\":\"t\",\"customer\":\"c\",\"time\":{}}}", now + day + 1),
            &["dead time_in_future"],
        ),
        (with("\"id\":5"), &["dead wrong_type"]),
        (with("\"cart\":null"), &[]),
        (with("\"cart\":5"), &["dead wrong_type"]),
        (with("\"cart\":{\"id\":null,\"total\":null}"), &[]),
        (with("\"profile\":{\"consent\":{\"sms\":null}}"), &[]),
        (with("\"cart\":{\"id\":\"k\"}"), &[]),
        (with("\"cart\":{\"id\":7}"), &[]),
        (with("\"cart\":{\"id\":7.5}"), &["dead wrong_type"]),
        (with("\"order\":{\"total\":\"7\"}"), &["dead wrong_type"]),
        (with("\"cart\":{\"items\":{}}"), &["dead wrong_type"]),
        (with("\"profile\":{\"email\":null}"), &[]),
        (with("\"profile\":{\"email\":7}"), &["dead wrong_type"]),
        (with("\"profile\":{\"consent\":{\"email\":\"yes\"}}"), &["dead wrong_type"]),
        (with("\"message\":{\"channel\":1}"), &["dead wrong_type"]),
        (with("\"unknown\":[{\"any\":null}]"), &[]),
    ];
    for (value, expected) in cases {
        assert_eq!(shop.record("01-05 10:00", value.as_bytes()), expected, "{:.120}", value);
    }
}

#[test]
fn the_last_eight_ids_are_remembered() {
    let mut shop = Shop::new(QUIET, &[GREET]);
    let hello =
        |shop: &mut Shop, id: &str| shop.event("01-05 10:00", "hello", json!({ "id": id })).len();
    assert!(hello(&mut shop, "1") > 0);
    for id in ["2", "3", "4", "5", "6", "7", "8"] {
        hello(&mut shop, id);
    }
    assert_eq!((hello(&mut shop, "1"), shop.reference.duplicates()), (0, 1), "eighth newest");
    hello(&mut shop, "9");
    assert_ne!(hello(&mut shop, "1"), 0, "forgotten: a repeat does not renew");
    assert_eq!(shop.reference.duplicates(), 1);
}

#[test]
fn suppressions_are_told_when_they_change() {
    let mut shop = Shop::new(QUIET, &[GREET]);
    let consent = |email: bool| json!({ "profile": { "consent": { "email": email } } });
    let cases = [
        (
            "unsubscribed",
            json!({ "message": { "channel": "email" } }),
            vec!["suppress email Unsubscribed"],
        ),
        ("unsubscribed", json!({ "channel": "email" }), vec![]),
        ("subscribed", json!({}), vec!["lift email Unsubscribed"]),
        ("subscribed", json!({}), vec![]),
        // Without a channel: all four; sms and whatsapp share the phone.
        (
            "unsubscribed",
            json!({}),
            vec![
                "suppress email Unsubscribed",
                "suppress sms Unsubscribed",
                "suppress push Unsubscribed",
                "suppress whatsapp Unsubscribed",
            ],
        ),
        ("customer_updated", consent(true), vec!["lift email Unsubscribed"]),
        // An imported profile's denial is state, not a person's word.
        ("customer_updated", consent(false), vec![]),
        ("subscribed", json!({ "channel": "sms" }), vec!["lift sms Unsubscribed"]),
        ("consent_changed", consent(true), vec!["lift email Unsubscribed"]),
        ("consent_changed", consent(false), vec!["suppress email Unsubscribed"]),
        ("message_bounced", json!({ "message": { "bounce": "soft" } }), vec![]),
        (
            "message_bounced",
            json!({ "message": { "bounce": "hard" } }),
            vec!["suppress email Bounced"],
        ),
        ("message_bounced", json!({}), vec![]),
        ("message_complained", json!({}), vec!["suppress email Complained"]),
        (
            "message_complained",
            json!({ "message": { "channel": "sms" } }),
            vec!["suppress sms Complained"],
        ),
        ("unsubscribed", json!({ "channel": "fax" }), vec![]),
    ];
    for (kind, subjects, expected) in cases {
        assert_eq!(
            shop.event("01-05 10:00", kind, subjects.clone()),
            expected,
            "{kind} {subjects}"
        );
    }
}

#[test]
fn a_command_shows_what_is_known_when_it_is_decided() {
    let mut shop = Shop::new(QUIET, &[GREET]);
    shop.event(
        "01-05 10:00",
        "cart_updated",
        json!({ "cart": { "id": 1, "total": 9.5 }, "product": { "id": "p" } }),
    );
    shop.event(
        "01-05 10:01",
        "order_placed",
        json!({ "order": { "id": 2 }, "profile": { "email": "new@example.com", "first_name": "Ana", "phone": null } }),
    );
    shop.event("01-05 10:02", "cart_emptied", json!({}));
    assert_eq!(
        shop.event("01-05 10:03", "hello", json!({})),
        ["entered trigger", "sent gate_passed greeting email", "finished completed"]
    );
    let Some(Outcome::Command(command)) =
        shop.all.iter().find(|outcome| matches!(outcome, Outcome::Command(_)))
    else {
        panic!("no command")
    };
    let profile = json!({ "email": "new@example.com", "first_name": "Ana", "push_token": "t" });
    assert_eq!(
        command.data,
        json!({ "profile": profile, "order": { "id": 2 }, "product": { "id": "p" } })
    );
    assert_eq!(
        (command.to.as_str(), command.decided_at, command.due_at),
        ("new@example.com", at("01-05 10:03"), at("01-05 10:03"))
    );
    assert_eq!(command.not_after, at("01-08 10:03"), "transactional: 72 h");
}
