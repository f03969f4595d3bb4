//! The parts of the gate, in their order.

use super::Shop;
use serde_json::{Value, json};

const QUIET: &str = "quiet_hours: []";

fn journey(more: &str, channels: &str) -> String {
    format!(
        "journey: j\ntrigger: {{ event: go }}\nreentry: always\n{more}\nsteps: [{{ send: hi, channels: {channels} }}]\n"
    )
}

/// Events with their subjects.
type Before = Vec<(&'static str, Value)>;

/// What the send step decides after these events.
fn decided(
    policy: &str,
    more: &str,
    channels: &str,
    before: &[(&str, Value)],
    when: &str,
) -> String {
    let mut shop = Shop::new(policy, &[&journey(more, channels)]);
    for (kind, subjects) in before {
        shop.event("01-02 00:00", kind, subjects.clone());
    }
    shop.event(when, "go", json!({})).get(1).cloned().unwrap_or_default()
}

#[test]
fn consent_suppression_and_address_choose_the_channel() {
    let bounced = ("message_bounced", json!({}));
    let no_mail = ("unsubscribed", json!({ "channel": "email" }));
    let no_address = ("x", json!({ "profile": { "email": null } }));
    let no_phone = ("x", json!({ "profile": { "phone": null } }));
    let serves = "class: transactional";
    let cases: Vec<(&str, &str, Before, &str)> = vec![
        ("", "[email, sms]", vec![], "sent gate_passed hi email"),
        ("", "[email, sms]", vec![no_mail.clone()], "sent gate_passed hi sms"),
        ("", "[email]", vec![no_mail.clone()], "dropped no_consent hi email"),
        ("", "[email]", vec![bounced.clone()], "dropped suppressed hi email"),
        ("", "[email]", vec![no_address.clone()], "dropped unreachable hi email"),
        // Consent is asked before suppression, suppression before the address; the first channel gives the reason.
        (
            "",
            "[email]",
            vec![no_mail.clone(), bounced.clone(), no_address.clone()],
            "dropped no_consent hi email",
        ),
        ("", "[email, sms]", vec![bounced.clone(), no_phone], "dropped suppressed hi email"),
        ("", "[webhook]", vec![no_mail.clone()], "sent gate_passed hi webhook"),
        (serves, "[email]", vec![no_mail], "sent gate_passed hi email"),
        (serves, "[email]", vec![bounced], "dropped suppressed hi email"),
        (serves, "[email]", vec![no_address], "dropped unreachable hi email"),
    ];
    for (more, channels, before, expected) in cases {
        assert_eq!(
            decided(QUIET, more, channels, &before, "01-05 10:00"),
            expected,
            "{more} {channels} {before:?}"
        );
    }
}

#[test]
fn holdouts_come_before_while_and_serve_no_transaction() {
    let all = "holdout: 100%\nquiet_hours: []";
    let held = "holdout: 100%";
    let vip = "while: profile.vip";
    assert_eq!(
        decided(all, held, "[email]", &[], "01-05 10:00"),
        "dropped global_holdout hi email"
    );
    assert_eq!(
        decided(QUIET, &format!("{held}\n{vip}"), "[email]", &[], "01-05 10:00"),
        "dropped holdout hi email"
    );
    assert_eq!(
        decided(QUIET, vip, "[email]", &[], "01-05 10:00"),
        "exited while_false hi profile.vip=null"
    );
    assert_eq!(
        decided(all, "class: transactional", "[email]", &[], "01-05 10:00"),
        "sent gate_passed hi email"
    );
}

#[test]
fn quiet_hours_cross_midnight_where_the_customer_is() {
    let sleep = "quiet_hours: [{ channels: [sms], from: '21:00', to: '08:00' }]";
    let york = ("x", json!({ "profile": { "time_zone": "America/New_York" } }));
    let cases = [
        (vec![], "[sms]", "01-05 20:59:59.999", "sent gate_passed hi sms"),
        (vec![], "[sms]", "01-05 21:00", "deferred quiet_hours hi sms until=01-06 08:00"),
        (vec![], "[sms]", "01-06 07:59:59.999", "deferred quiet_hours hi sms until=01-06 08:00"),
        (vec![], "[sms]", "01-06 08:00", "sent gate_passed hi sms"),
        (vec![], "[email]", "01-05 23:00", "sent gate_passed hi email"),
        (vec![york], "[sms]", "01-06 08:00", "deferred quiet_hours hi sms until=01-06 13:00"),
    ];
    for (before, channels, when, expected) in cases {
        assert_eq!(decided(sleep, "", channels, &before, when), expected, "{channels} {when}");
    }
    assert_eq!(
        decided(sleep, "class: transactional", "[sms]", &[], "01-05 23:00"),
        "sent gate_passed hi sms"
    );
}

#[test]
fn after_quiet_hours_the_gate_runs_again() {
    let mut shop = Shop::new(
        "quiet_hours: [{ channels: [sms], from: '21:00', to: '08:00' }]",
        &[&journey("", "[sms, email]")],
    );
    assert_eq!(
        shop.event("01-05 22:00", "go", json!({})),
        ["entered trigger", "deferred quiet_hours hi sms until=01-06 08:00"]
    );
    shop.event("01-05 23:00", "unsubscribed", json!({ "channel": "sms" }));
    assert_eq!(shop.clock("01-06 08:00"), ["sent gate_passed hi email", "finished completed"]);
}
