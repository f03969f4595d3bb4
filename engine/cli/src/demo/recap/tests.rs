use super::*;
use cartwheel_core::sends::Kind;
use cartwheel_report::{Period, Report};

fn decision(
    journey: &str,
    decision: Verdict,
    reason: Reason,
    values: &[(&str, Value)],
) -> Decision {
    let values = values.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    let journey = journey.into();
    Decision {
        at: 0,
        customer: "ana".into(),
        journey,
        run: None,
        step: None,
        decision,
        reason,
        channel: None,
        command_id: None,
        values,
    }
}

/// What reports count of one who abandons a cart, hears of it twice and buys; another one who buys was held out.
fn summary() -> Summary {
    let mut report = Report::new(Period::ALWAYS);
    let command = |id: u8, step: &str| {
        format!(
            r#"{{"command_id":"{id:032x}","journey":"{CART}","step":"{step}","decided_at":"2026-01-01T10:00:00Z"}}"#
        )
    };
    report.decided(Kind::Command, command(1, "cart_reminder").as_bytes());
    report.decided(Kind::Command, command(2, "cart_reminder").as_bytes());
    let goal = |side: &str, revenue: f64| {
        format!(
            r#"{{"at":"2026-01-01T11:00:00Z","journey":"{CART}","step":"cart_reminder","side":"{side}","first":"2026-01-01T10:00:00Z","revenue":{revenue}}}"#
        )
    };
    let turn = format!(
        r#"{{"now":"2026-01-01T12:00:00Z","measured":{{"entered":{{"{CART}":1}},"converted":[{},{}]}}}}"#,
        goal("treated", 1_299.99),
        goal("held_out", 5.0)
    );
    report.decided(Kind::Turn, turn.as_bytes());
    assert_eq!(report.unreadable(), 0);
    report.summary(None)
}

fn message(customer: &str, step: &str) -> Message {
    (customer.into(), CART.into(), step.into(), "email")
}

#[test]
fn the_figures_stand_in_the_text() {
    let mut recap = Recap {
        period: (1_767_225_600_000, 1_767_484_800_000),
        customers: 5_000,
        events: 61_000,
        ..Recap::default()
    };
    let text = |text: &str| Value::Text(text.into());
    recap.add(
        &[
            decision(CART, Verdict::Deferred, Reason::Cap, &[]),
            decision(CART, Verdict::Dropped, Reason::Reserved, &[]),
            decision(CART, Verdict::Exited, Reason::ExitEvent, &[("event", text("order_placed"))]),
            decision(CART, Verdict::Exited, Reason::ExitEvent, &[("event", text("cart_emptied"))]),
        ],
        false,
    );
    recap.add_messages(&[message("ana", "cart_reminder"), message("bob", "cart_reminder")]);
    recap.add_summary(&summary());
    let told = recap.text();
    for part in [
        "2026-01-01 00:00 UTC to 2026-01-04 00:00 UTC",
        "       1  carts abandoned",
        "       2    cart_abandonment / cart_reminder by email",
        "       1  left a journey because they bought",
        "       2  times capped",
        "       1  orders recovered, worth $1,299.99",
        "tells more):\n  cart_abandonment: 1 entered, 2 sent, 0 held out, 1 converted (100.0 % of those entered), worth 1299.99\n",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    assert!(!told.contains("not taken") && !told.contains("not counted"));
}

#[test]
fn the_fingerprint_knows_no_order() {
    let of = |messages: &[Message]| {
        let mut recap = Recap::default();
        recap.add_messages(messages);
        recap.fingerprint
    };
    let (one, two) = (message("ana", "a"), message("bob", "b"));
    assert_eq!(of(&[one.clone(), two.clone()]), of(&[two.clone(), one.clone()]));
    assert_ne!(of(&[one.clone(), two]), of(&[one.clone(), one]));
}

#[test]
fn money_is_grouped() {
    assert_eq!(
        [0, 5, 123_456, 100_000_000].map(dollars),
        ["$0.00", "$0.05", "$1,234.56", "$1,000,000.00"]
    );
}
