//! Frequency caps, and what they keep for higher priorities.

use super::Shop;
use serde_json::json;

fn journey(name: &str, priority: u8, tags: &str, channels: &str) -> String {
    format!(
        "journey: {name}\npriority: {priority}\ntags: {tags}\ntrigger: {{ event: {name} }}\nreentry: always\nsteps: [{{ send: hi_{name}, channels: {channels} }}]\n"
    )
}

fn policy(caps: &str) -> String {
    format!("quiet_hours: []\ncaps: [{caps}]")
}

/// What the send step of a journey decides.
fn go(shop: &mut Shop, when: &str, name: &str) -> String {
    shop.event(when, name, json!({})).get(1).cloned().unwrap_or_default()
}

#[test]
fn a_rolling_cap_frees_a_place_when_the_oldest_leaves() {
    let mut shop =
        Shop::new(&policy("{ name: c, limit: 2, per: 1d }"), &[&journey("a", 50, "[]", "[email]")]);
    assert_eq!(go(&mut shop, "01-05 10:00", "a"), "sent gate_passed hi_a email");
    assert_eq!(go(&mut shop, "01-05 11:00", "a"), "sent gate_passed hi_a email");
    assert_eq!(
        go(&mut shop, "01-06 09:00", "a"),
        "deferred cap hi_a email cap=c limit=2 count=2 until=01-06 10:00"
    );
    assert_eq!(shop.clock("01-06 09:59:59.999"), [""; 0]);
    assert_eq!(shop.clock("01-06 10:00"), ["sent gate_passed hi_a email", "finished completed"]);
}

#[test]
fn scopes_count_what_they_name() {
    let caps = "{ name: mail, scope: 'channel:email', limit: 1, per: 1d }, { name: rec, scope: 'tag:rec', limit: 1, per: 2h }, { name: only, scope: 'journey:d', limit: 1, per: 1h }";
    let journeys = [
        journey("a", 50, "[]", "[email]"),
        journey("b", 50, "[rec]", "[sms]"),
        journey("c", 50, "[rec, x]", "[push]"),
        journey("d", 50, "[]", "[push]"),
    ];
    let mut shop = Shop::new(&policy(caps), &journeys.each_ref().map(String::as_str));
    let cases = [
        ("a", "sent gate_passed hi_a email"),
        ("a", "refused already_running"),
        ("b", "sent gate_passed hi_b sms"),
        ("c", "deferred cap hi_c push cap=rec limit=1 count=1 until=01-05 12:00"),
        ("d", "sent gate_passed hi_d push"),
        ("d", "deferred cap hi_d push cap=only limit=1 count=1 until=01-05 11:00"),
    ];
    for (name, expected) in cases {
        let decided = shop.event("01-05 10:00", name, json!({}));
        assert!(
            decided.iter().any(|line| line == expected)
                || expected.starts_with("refused") && !decided.is_empty(),
            "{name}: {decided:?}"
        );
    }
}

#[test]
fn calendar_caps_follow_the_local_day_week_and_month() {
    // 25 October 2026 has 25 hours in Berlin: it ends at 23:00 UTC and began at 22:00 UTC.
    let berlin = "zone: Europe/Berlin\n";
    let cases = [
        ("day", "10-24 21:59", "10-24 22:00", None),
        ("day", "10-24 22:00", "10-25 22:59", Some("10-25 23:00")),
        ("day", "10-25 22:59", "10-25 23:00", None),
        // The short day of spring: 23:00 UTC to 22:00 UTC.
        ("day", "03-28 23:00", "03-29 21:59", Some("03-29 22:00")),
        ("week", "10-18 22:00", "10-25 22:00", Some("10-25 23:00")),
        ("week", "10-18 21:00", "10-25 22:00", None),
        ("month", "09-30 22:00", "10-31 10:00", Some("10-31 23:00")),
        ("month", "09-30 21:00", "10-31 10:00", None),
    ];
    for (per, first, second, until) in cases {
        let policy = format!(
            "{berlin}{}\nmax_defer: 60d",
            policy(&format!("{{ name: c, limit: 1, per: {per} }}"))
        );
        let mut shop = Shop::new(&policy, &[&journey("a", 50, "[]", "[email]")]);
        assert_eq!(go(&mut shop, first, "a"), "sent gate_passed hi_a email");
        let expected = until.map_or("sent gate_passed hi_a email".to_owned(), |until| {
            format!("deferred cap hi_a email cap=c limit=1 count=1 until={until}")
        });
        assert_eq!(go(&mut shop, second, "a"), expected, "{per} {first} {second}");
    }
}

#[test]
fn what_would_wait_too_long_is_dropped() {
    let mut shop =
        Shop::new(&policy("{ name: c, limit: 1, per: 2d }"), &[&journey("a", 50, "[]", "[email]")]);
    go(&mut shop, "01-05 10:00", "a");
    assert_eq!(
        go(&mut shop, "01-06 09:59:59.999", "a"),
        "dropped cap hi_a email cap=c limit=1 count=1 until=01-07 10:00"
    );
    assert_eq!(
        go(&mut shop, "01-06 10:00", "a"),
        "deferred cap hi_a email cap=c limit=1 count=1 until=01-07 10:00"
    );
}

#[test]
fn the_last_place_is_kept_for_a_higher_priority() {
    let high = "journey: high\npriority: 80\ntrigger: { event: high, quiet_for: 3h }\nsteps: [{ send: hi_high, channels: [email] }]\n";
    let caps = policy("{ name: c, limit: 2, per: 1d }");
    let mut shop = Shop::new(&caps, &[high, &journey("low", 20, "[]", "[email]")]);
    assert_eq!(go(&mut shop, "01-05 09:00", "low"), "sent gate_passed hi_low email");
    shop.event("01-05 10:00", "high", json!({}));
    assert_eq!(
        go(&mut shop, "01-05 11:00", "low"),
        "deferred reserved hi_low email cap=c limit=2 count=1 until=01-05 13:00:00.001 reserved=1"
    );
    assert_eq!(
        shop.clock("01-05 13:00"),
        ["entered window", "sent gate_passed hi_high email", "finished completed"]
    );
    assert_eq!(
        shop.clock("01-05 14:00"),
        ["deferred cap hi_low email cap=c limit=2 count=2 until=01-06 09:00"]
    );
}

#[test]
fn nothing_is_kept_for_equals_or_for_what_the_cap_does_not_count() {
    let waiting = |priority: u8, class: &str, steps: &str| {
        format!(
            "journey: high\nclass: {class}\npriority: {priority}\ntrigger: {{ event: high, quiet_for: 3h }}\nsteps: {steps}\n"
        )
    };
    let mail = "[{ send: hi_high, channels: [email, sms] }]";
    let cases = [
        (waiting(21, "marketing", mail), "deferred"),
        (waiting(20, "marketing", mail), "sent"),
        (waiting(80, "transactional", mail), "sent"),
        (waiting(80, "marketing", "[{ send: hi_high, channels: [sms, email] }]"), "sent"),
        (waiting(80, "marketing", "[{ wait: 1h }, { send: hi_high, channels: [email] }]"), "sent"),
        (
            waiting(
                80,
                "marketing",
                "[{ branch: [{ when: profile.vip, steps: [{ send: hi_high, channels: [email] }] }] }]",
            ),
            "deferred",
        ),
    ];
    for (high, expected) in cases {
        let mut shop = Shop::new(
            &policy("{ name: c, scope: 'channel:email', limit: 1, per: 1d }"),
            &[&high, &journey("low", 20, "[]", "[email]")],
        );
        shop.event("01-05 10:00", "high", json!({}));
        assert!(go(&mut shop, "01-05 11:00", "low").starts_with(expected), "{high}");
        // A day before the window's end it does not matter yet.
        let mut early = Shop::new(
            &policy("{ name: c, scope: 'channel:email', limit: 1, per: 2h }"),
            &[&high, &journey("low", 20, "[]", "[email]")],
        );
        early.event("01-05 10:00", "high", json!({}));
        assert!(go(&mut early, "01-05 11:00", "low").starts_with("sent"), "{high}");
    }
}
