//! What no table can say: what a command shows.

use super::{Shop, at};
use crate::reference::Effect;
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
    let Some(Effect::Command(command)) =
        shop.all.iter().find(|outcome| matches!(outcome, Effect::Command(_)))
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
