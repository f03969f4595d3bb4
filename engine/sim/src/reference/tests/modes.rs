//! Held sends, and the order of timers.

use super::{Shop, at};
use cartwheel_core::sends::Mode;
use serde_json::json;

const JOURNEY: &str = "
journey: j
trigger: { event: go, quiet_for: 1h }
key: event.k
reentry: always
exit: [{ on: stop }]
steps: [{ send: hi, channels: [email] }]
";
const SERVES: &str = "
journey: s
class: transactional
trigger: { event: go }
reentry: always
steps: [{ send: ok, channels: [email] }]
";

#[test]
fn marketing_is_held_while_behind_and_released_in_order() {
    let mut shop = Shop::new("quiet_hours: []", &[JOURNEY, SERVES]);
    shop.reference.mode(Mode::Behind);
    for (when, key) in [("01-05 10:00", 1), ("01-05 10:10", 2), ("01-05 10:20", 3)] {
        let served =
            ["waiting", "entered trigger", "sent gate_passed ok email", "finished completed"];
        let decided = shop.event(when, "go", json!({ "k": key }));
        assert_eq!(
            (decided.len(), &decided[1..]),
            (4, &served.map(String::from)[1..]),
            "transactional passes"
        );
    }
    let held = ["entered window", "deferred caught_up hi email"];
    assert_eq!(shop.clock("01-05 12:00"), held.repeat(3));
    assert_eq!(shop.clock("01-05 13:00"), [""; 0], "said once");
    assert_eq!(shop.reference.next_deadline(), None);
    shop.reference.mode(Mode::Live);
    assert_eq!(shop.reference.next_deadline(), Some(at("01-05 11:00")), "its own deadline again");
    let sent = ["sent gate_passed hi email", "finished completed"];
    assert_eq!(shop.clock("01-05 13:00"), sent.repeat(3));
}

#[test]
fn what_a_customer_does_meanwhile_still_counts() {
    let mut shop = Shop::new("quiet_hours: []", &[JOURNEY]);
    shop.event("01-05 10:00", "go", json!({}));
    shop.reference.mode(Mode::Behind);
    shop.clock("01-05 12:00");
    assert_eq!(shop.event("01-05 12:30", "stop", json!({})), ["exited exit_event event=stop"]);
    shop.reference.mode(Mode::Live);
    assert_eq!(shop.clock("01-05 13:00"), [""; 0]);
}

#[test]
fn a_storm_may_be_cut_anywhere() {
    let mut shop = Shop::new("quiet_hours: []", &[JOURNEY]);
    for key in 0..5 {
        shop.event("01-05 10:00", "go", json!({ "k": key }));
    }
    let mut out = Vec::new();
    let fired: Vec<u64> = [2, 2, 2]
        .map(|limit| shop.reference.clock(at("01-05 12:00"), Some(limit), &mut out))
        .to_vec();
    assert_eq!(fired, [2, 2, 1]);
}

#[test]
fn timers_before_an_event_see_recorded_time() {
    let mut shop = Shop::new("quiet_hours: []", &[JOURNEY]);
    shop.event("01-05 10:00", "go", json!({}));
    shop.clock("01-05 10:30");
    // Poison, too, is a record: time goes on.
    shop.record("01-05 11:30", b"?");
    let at = |place: usize| match &shop.all[place] {
        crate::reference::Outcome::Decision(decision) => decision.at,
        other => panic!("{other:?}"),
    };
    assert_eq!((at(1), shop.all.len()), (super::at("01-05 11:30"), 6));
}
