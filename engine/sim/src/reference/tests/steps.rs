//! Waits, branches, fallbacks, ends.

use super::Shop;
use serde_json::json;

const QUIET: &str = "quiet_hours: []";

#[test]
fn waits_count_from_the_step_before() {
    let mut shop = Shop::new(
        QUIET,
        &["
journey: j
trigger: { event: go }
steps:
  - wait: 1h
  - send: one
    channels: [email]
  - wait: 0s
  - wait: { until: '10:00', at_most: 24h }
  - wait: { until: '10:00', at_most: 6h }
  - exit: true
"],
    );
    assert_eq!(
        shop.event("01-05 10:00", "go", json!({})),
        ["entered trigger", "waiting step wait-1 until=01-05 11:00"]
    );
    assert_eq!(
        shop.clock("01-05 12:00"),
        ["sent gate_passed one email", "waiting step wait-4 until=01-06 10:00"]
    );
    // It is 10:00: the second wait for 10:00 is over at once.
    assert_eq!(shop.clock("01-06 10:00"), ["exited step exit-6"]);
}

#[test]
fn waiting_for_a_time_of_day_is_bounded() {
    let mut shop = Shop::new(
        QUIET,
        &["
journey: j
trigger: { event: go }
steps: [{ wait: { until: '09:00', at_most: 6h } }, { exit: true }]
"],
    );
    assert_eq!(
        shop.event("01-05 10:00", "go", json!({})),
        ["entered trigger", "waiting step wait-1 until=01-05 16:00"]
    );
}

#[test]
fn the_first_true_arm_is_taken() {
    let journey = "
journey: j
trigger: { event: go }
reentry: always
steps:
  - branch:
      - when: event.cart.total >= 500
        steps: [{ send: big, channels: [email] }]
      - when: customer.orders > 0
        steps: [{ exit: true }]
  - branch:
      - when: profile.vip
        steps: []
      - else:
        steps: [{ send: plain, channels: [email] }]
";
    let mut shop = Shop::new(QUIET, &[journey]);
    let go = |shop: &mut Shop, when: &str, total: f64| {
        shop.event(when, "go", json!({ "cart": { "total": total } }))
    };
    assert_eq!(
        go(&mut shop, "01-05 10:00", 500.0),
        [
            "entered trigger",
            "branched condition branch-1 arm=0 event.cart.total=500",
            "sent gate_passed big email",
            "branched otherwise branch-4 arm=1",
            "sent gate_passed plain email",
            "finished completed"
        ]
    );
    shop.event("01-05 11:00", "x", json!({ "profile": { "vip": true } }));
    assert_eq!(
        go(&mut shop, "01-05 12:00", 499.0),
        [
            "entered trigger",
            "branched no_arm branch-1",
            "branched condition branch-4 arm=0 profile.vip=true",
            "finished completed"
        ]
    );
    shop.event("01-05 13:00", "order_placed", json!({}));
    assert_eq!(
        go(&mut shop, "01-05 14:00", 1.0),
        [
            "entered trigger",
            "branched condition branch-1 arm=1 customer.orders=1",
            "exited step exit-3"
        ]
    );
}

const FALLBACK: &str = "
journey: j
trigger: { event: go }
steps:
  - send: hi
    channels: [email, { sms: { if_no: opened, within: 4h } }]
  - wait: 5h
  - exit: true
";

#[test]
fn a_fallback_is_sent_when_nobody_opens() {
    let mut shop = Shop::new(QUIET, &[FALLBACK]);
    assert_eq!(
        shop.event("01-05 10:00", "go", json!({})),
        ["entered trigger", "sent gate_passed hi email"]
    );
    // The wait after it counts from the first channel.
    assert_eq!(
        shop.clock("01-05 14:00"),
        ["sent fallback hi sms", "waiting step wait-2 until=01-05 15:00"]
    );
}

#[test]
fn an_opened_message_needs_no_fallback() {
    let mut shop = Shop::new(QUIET, &[FALLBACK]);
    shop.event("01-05 10:00", "go", json!({}));
    let opened = json!({ "message": { "command_id": shop.newest_command() } });
    assert_eq!(shop.event("01-05 11:00", "message_opened", opened), [""; 0]);
    assert_eq!(shop.clock("01-05 14:00"), ["waiting step wait-2 until=01-05 15:00"]);
}

#[test]
fn a_fallback_passes_the_gate_on_its_own() {
    let mut shop = Shop::new(QUIET, &[FALLBACK]);
    shop.event("01-05 10:00", "go", json!({}));
    shop.event("01-05 11:00", "unsubscribed", json!({ "channel": "sms" }));
    assert_eq!(
        shop.clock("01-05 16:00"),
        ["dropped no_consent hi sms", "exited step exit-3"],
        "15:00 has passed"
    );
}

#[test]
fn a_fallback_that_was_put_off_is_not_sent_to_who_has_opened_meanwhile() {
    let mut shop =
        Shop::new("quiet_hours: [{ channels: [sms], from: '13:00', to: '18:00' }]", &[FALLBACK]);
    shop.event("01-05 10:00", "go", json!({}));
    assert_eq!(shop.clock("01-05 14:00"), ["deferred quiet_hours hi sms until=01-05 18:00"]);
    shop.event(
        "01-05 15:00",
        "message_opened",
        json!({ "message": { "command_id": shop.newest_command() } }),
    );
    assert_eq!(shop.clock("01-05 18:00"), ["exited step exit-3"]);
}
