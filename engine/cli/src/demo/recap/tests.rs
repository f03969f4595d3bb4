use super::*;

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
            decision(CART, Verdict::Entered, Reason::Window, &[]),
            decision("welcome", Verdict::Entered, Reason::Trigger, &[]),
            decision(CART, Verdict::Deferred, Reason::Cap, &[]),
            decision(CART, Verdict::Dropped, Reason::Reserved, &[]),
            decision(CART, Verdict::Exited, Reason::ExitEvent, &[("event", text("order_placed"))]),
            decision(CART, Verdict::Exited, Reason::ExitEvent, &[("event", text("cart_emptied"))]),
            decision(
                CART,
                Verdict::Converted,
                Reason::Goal,
                &[("revenue", Value::Number(1_299.99))],
            ),
        ],
        false,
    );
    recap.add_messages(&[message("ana", "cart_reminder"), message("bob", "cart_reminder")]);
    recap.report = vec!["welcome: 1 entered".to_owned()];
    let told = recap.text();
    for part in [
        "2026-01-01 00:00 UTC to 2026-01-04 00:00 UTC",
        "       1  carts abandoned",
        "       2    cart_abandonment / cart_reminder by email",
        "       1  left a journey because they bought",
        "       2  times capped",
        "       1  orders recovered, worth $1,299.99",
        "tells more):\n  welcome: 1 entered\n",
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
