//! Abandonment windows, entry, re-entry, exit, goal.

use super::Shop;
use serde_json::json;

const QUIET: &str = "quiet_hours: []";
const CART: &str = "
journey: cart
trigger:
  event: cart_updated
  when: event.cart.total >= 20
  quiet_for: 1h
  moved_by: [product_viewed, checkout_started]
key: event.cart.id
reentry: { after: 7d }
exit: [{ on: order_placed }, { on: cart_emptied }]
goal: { on: order_placed, within: 5d }
steps:
  - send: reminder
    channels: [email]
  - wait: 23h
  - send: reviews
    channels: [email]
";

#[test]
fn a_window_moves_with_activity_and_then_enters() {
    let mut shop = Shop::new(QUIET, &[CART]);
    assert_eq!(shop.cart("01-05 10:00", "k", 30.0), ["waiting window until=01-05 11:00"]);
    assert_eq!(shop.cart("01-05 10:20", "k", 30.0), [""; 0], "the trigger again moves it");
    assert_eq!(
        shop.event("01-05 10:40", "product_viewed", json!({})),
        [""; 0],
        "no key: all windows"
    );
    assert_eq!(
        shop.event("01-05 10:50", "checkout_started", json!({ "cart": { "id": "other" } })),
        [""; 0],
        "another key"
    );
    assert_eq!(shop.clock("01-05 11:39"), [""; 0]);
    assert_eq!(
        shop.clock("01-05 11:40"),
        [
            "entered window",
            "sent gate_passed reminder email",
            "waiting step wait-2 until=01-06 10:40"
        ]
    );
    assert_eq!(shop.cart("01-05 12:00", "k", 30.0), ["refused already_running"]);
    assert_eq!(shop.clock("01-06 12:00"), ["sent gate_passed reviews email", "finished completed"]);
    assert_eq!(shop.reference.live_runs(), 0);
}

#[test]
fn an_event_is_filtered_before_a_window_and_closes_it() {
    let mut shop = Shop::new(QUIET, &[CART]);
    assert_eq!(shop.cart("01-05 10:00", "k", 10.0), ["refused filter event.cart.total=10"]);
    shop.cart("01-05 10:10", "k", 30.0);
    assert_eq!(shop.cart("01-05 10:20", "k", 10.0), ["refused filter event.cart.total=10"]);
    assert_eq!(shop.clock("01-05 20:00"), [""; 0], "the window is closed");
}

#[test]
fn a_purchase_ends_windows_and_runs_at_once() {
    let mut shop = Shop::new(QUIET, &[CART]);
    shop.cart("01-05 10:00", "k", 30.0);
    let order = json!({ "order": { "id": 1, "total": 55.5 } });
    assert_eq!(
        shop.event("01-05 10:59", "order_placed", order.clone()),
        ["refused exit_event event=order_placed"]
    );
    shop.cart("01-05 12:00", "k", 30.0);
    // The timer is due at the order's record time: it fires first.
    assert_eq!(
        shop.event("01-05 13:00", "order_placed", order.clone()),
        [
            "entered window",
            "sent gate_passed reminder email",
            "waiting step wait-2 until=01-06 12:00",
            "converted goal revenue=55.5",
            "exited exit_event event=order_placed"
        ]
    );
    assert_eq!(shop.event("01-05 13:00", "order_placed", order), [""; 0], "the run is gone");
}

#[test]
fn a_finished_run_lingers_for_its_goal() {
    let mut shop = Shop::new(QUIET, &[CART]);
    shop.cart("01-05 10:00", "k", 30.0);
    shop.clock("01-05 11:00");
    assert_eq!(shop.clock("01-06 10:00"), ["sent gate_passed reviews email", "finished completed"]);
    assert_eq!((shop.reference.live_runs(), shop.reference.next_deadline().is_some()), (0, true));
    assert_eq!(shop.event("01-11 09:59", "order_placed", json!({})), ["converted goal"]);
    assert_eq!(shop.reference.next_deadline(), None, "converted and exited: removed");
}

#[test]
fn late_events_do_not_enter() {
    let mut shop = Shop::new(QUIET, &[CART]);
    let late = |shop: &mut Shop, time: &str| {
        let time = super::at(time);
        shop.event(
            "01-06 10:00",
            "cart_updated",
            json!({ "time": time, "cart": { "id": "k", "total": 30 } }),
        )
    };
    assert_eq!(
        late(&mut shop, "01-05 09:59:59.999"),
        ["refused late_event age=86400001 max_event_age=86400000"]
    );
    // A day old exactly: the window opened then and has long passed, but nothing fires inside an event.
    assert_eq!(late(&mut shop, "01-05 10:00"), ["waiting window until=01-05 11:00"]);
    assert_eq!(
        shop.clock("01-06 10:00"),
        [
            "entered window",
            "sent gate_passed reminder email",
            "waiting step wait-2 until=01-07 09:00"
        ]
    );
}

#[test]
fn reentry_rules() {
    let journey = |rule: &str| {
        format!(
            "journey: j\ntrigger: {{ event: go }}\nkey: event.k\nreentry: {rule}\nsteps: [{{ send: hi, channels: [email] }}]\n"
        )
    };
    let cases = [
        ("never", [true, false, false, false]),
        ("once_per_key", [true, false, true, false]),
        ("{ after: 2d }", [true, false, false, true]),
        ("always", [true, true, true, true]),
    ];
    for (rule, enters) in cases {
        let mut shop = Shop::new(QUIET, &[&journey(rule)]);
        for ((when, key), enters) in
            [("01-05 10:00", 1), ("01-05 11:00", 1), ("01-06 10:00", 2), ("01-07 10:00", 1)]
                .into_iter()
                .zip(enters)
        {
            let decided = shop.event(when, "go", json!({ "k": key }));
            let first = decided.first().cloned().unwrap_or_default();
            assert!(
                first.starts_with(if enters {
                    "entered trigger"
                } else {
                    "refused reentry last=01-0"
                }),
                "{rule} {when}: {decided:?}"
            );
        }
    }
}

#[test]
fn at_most_32_runs_a_customer() {
    let mut shop = Shop::new(QUIET, &[CART]);
    for cart in 0..32 {
        assert_eq!(
            shop.cart("01-05 10:00", &cart.to_string(), 30.0),
            ["waiting window until=01-05 11:00"]
        );
    }
    assert_eq!(shop.cart("01-05 10:00", "one more", 30.0), ["refused limit limit=32"]);
    assert_eq!(shop.cart("01-05 10:01", "7", 30.0), [""; 0], "a window that is open may move");
}
