use super::*;
use serde_json::{Value, json};

fn command(id: u128, at: &str, step: &str, side: Value) -> Vec<u8> {
    let command = json!({
        "command_id": format!("{id:032x}"), "run_id": format!("{id:032x}"), "journey": "cart_abandonment", "version": "1", "step": step, "customer": "ana",
        "channel": "email", "class": "marketing", "template": "t", "to": "", "data": { "cart": { "id": "k" } }, "variant": null, "side": side,
        "due_at": at, "decided_at": at, "not_after": at,
    });
    command.to_string().into_bytes()
}

fn turn(measured: Value) -> Vec<u8> {
    let turn = json!({
        "next_offset": 1, "now": "2026-01-02T00:00:00.000Z", "mode": "live", "config": "", "semantics": 9, "fired": 0, "follow": 0, "measured": measured,
        "chain": "",
    });
    turn.to_string().into_bytes()
}

fn told(kind: &str, id: u128) -> Vec<u8> {
    let event = json!({ "type": kind, "customer": "ana", "message": { "command_id": format!("{id:032x}") } });
    event.to_string().into_bytes()
}

fn january() -> Report {
    let at = |text| cartwheel_core::time::parse_rfc3339(text).unwrap();
    Report::new(Period { from: at("2026-01-01T00:00:00Z"), to: at("2026-02-01T00:00:00Z") })
}

#[test]
fn messages_count_with_what_became_of_them() {
    let mut report = january();
    report.decided(Kind::Command, &command(1, "2026-01-02T10:00:00Z", "first", json!("treated")));
    report.decided(Kind::Command, &command(2, "2026-01-03T10:00:00Z", "second", Value::Null));
    report.decided(Kind::Command, &command(3, "2026-02-01T00:00:00Z", "first", json!("treated")));
    for (kind, id) in [
        ("message_sent", 1),
        ("message_opened", 1),
        ("message_opened", 1),
        ("message_clicked", 1),
        ("message_sent", 2),
        ("unsubscribed", 2),
        ("message_sent", 3),
        ("order_placed", 1),
    ] {
        report.event(&told(kind, id));
    }
    report.event(b"command_id");
    let summary = report.summary(None);
    let [journey] = summary.journeys.as_slice() else { panic!("{summary:?}") };
    let Counts { sent, taken, opened, clicked, unsubscribed, .. } = journey.counts;
    assert_eq!((sent, taken, opened, clicked, unsubscribed), (2, 2, 1, 1, 1));
    let steps = journey.steps.iter().map(|step| (step.step.as_deref(), step.counts.opened));
    assert_eq!(steps.collect::<Vec<_>>(), [(Some("first"), 1), (Some("second"), 0)]);
    assert!(journey.averages.is_some() && journey.lift.is_none());
    assert!(report.summary(Some("welcome")).journeys.is_empty());
}

#[test]
fn a_run_counts_where_its_first_message_lies_and_once_on_its_side() {
    let mut report = january();
    for id in 0..4 {
        let command = command(id, "2026-01-02T10:00:00Z", "first", json!("treated"));
        report.decided(Kind::Command, &command);
    }
    report
        .decided(Kind::Command, &command(9, "2026-01-02T10:00:00Z", "receipt", json!("held_out")));
    let held_out = |at: &str, first: bool| json!({ "at": at, "journey": "cart_abandonment", "step": "first", "channel": "email", "first": first });
    let converted = |first: &str, side: Value, late: bool| json!({ "at": "2026-02-03T10:00:00.000Z", "journey": "cart_abandonment", "step": "first", "first": first, "side": side, "revenue": 50.0, "late": late });
    report.decided(
        Kind::Turn,
        &turn(json!({
            "entered": { "cart_abandonment": 10 },
            "held_out": [held_out("2026-01-02T10:00:00.000Z", true), held_out("2026-01-03T10:00:00.000Z", false), held_out("2026-02-03T10:00:00.000Z", true)],
            "converted": [
                converted("2026-01-31T10:00:00.000Z", json!("treated"), false),
                converted("2026-01-02T10:00:00.000Z", json!("treated"), true),
                converted("2026-01-31T10:00:00.000Z", json!("held_out"), false),
                converted("2026-02-01T00:00:00.000Z", json!("treated"), false),
            ],
        })),
    );
    let summary = report.summary(Some("cart_abandonment"));
    let journey = &summary.journeys[0];
    assert_eq!((journey.entered, journey.counts.held_out, journey.counts.converted), (10, 2, 2));
    assert_eq!(journey.counts.revenue, 100.0);
    assert_eq!((journey.recovery_rate, journey.revenue_per_recipient), (Some(0.2), Some(20.0)));
    let lift = journey.lift.expect("both sides");
    assert_eq!((lift.treated.runs, lift.treated.converted), (4, 1));
    assert_eq!((lift.held_out.runs, lift.held_out.converted), (2, 1));
    assert_eq!((lift.difference, lift.relative), (-0.25, Some(-0.5)));
    assert!(lift.interval.0 < -0.25 && lift.interval.1 > 0.0);
    assert_eq!(lift.revenue_per_run, -12.5);
}

#[test]
fn what_cannot_be_read_is_counted_and_messages_to_teams_are_none() {
    let mut report = Report::new(Period::ALWAYS);
    report.decided(Kind::Command, b"{");
    report.decided(Kind::Turn, b"[]");
    report.decided(Kind::Dead, b"{");
    let mut to_team: Value =
        serde_json::from_slice(&command(1, "2026-01-02T10:00:00Z", "s", Value::Null)).unwrap();
    to_team["team"] = json!("sales");
    report.decided(Kind::Command, to_team.to_string().as_bytes());
    let summary = report.summary(None);
    assert_eq!((summary.unreadable, summary.journeys.len()), (2, 0));
}
