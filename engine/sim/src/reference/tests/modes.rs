//! A turn that is cut.

use super::{Shop, at};
use serde_json::json;

const JOURNEY: &str = "
journey: j
trigger: { event: go, quiet_for: 1h }
key: event.k
reentry: always
exit: [{ on: stop }]
steps: [{ send: hi, channels: [email] }]
";

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
