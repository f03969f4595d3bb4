use super::*;
use cartwheel_core::channel::Class;
use cartwheel_core::id::{CommandId, RunId};

fn command() -> Command {
    Command {
        command_id: CommandId(0xab),
        run_id: RunId(1),
        journey: "j".into(),
        version: "v".into(),
        step: "s".into(),
        customer: "c1".into(),
        channel: Channel::Sms,
        class: Class::Marketing,
        template: "t".into(),
        to: "+15550100".into(),
        data: serde_json::json!({"profile": {"email": "ana@example.com"}}),
        variant: None,
        team: None,
        answers: Vec::new(),
        side: None,
        due_at: 0,
        decided_at: 0,
        not_after: 1,
    }
}

fn texts(ending: Ending, id: Option<&str>) -> Vec<String> {
    let now = Now { mono: 0, wall: 1_767_261_600_123 };
    events(&command(), ending, Some("twilio"), id, now)
        .into_iter()
        .map(|event| String::from_utf8(event.value).unwrap())
        .collect()
}

#[test]
fn the_events_of_each_ending() {
    let head = r#"{"id":"000000000000000000000000000000ab:"#;
    let start = r#""customer":"c1","time":"2026-01-01T10:00:00.123Z","message":{"command_id":"000000000000000000000000000000ab","channel":"sms""#;
    let tail = format!(r#"{start},"provider":"twilio""#);
    // xxh3_128 of `sms`, a zero byte and `+15550100`.
    let bound =
        format!(r#"{start},"address":"54b28f3a05c923d4e00a2be14603a144","provider":"twilio""#);
    assert_eq!(
        texts(Ending::Sent, Some("SM1")),
        [format!(r#"{head}sent","type":"message_sent",{tail},"provider_id":"SM1"}}}}"#)]
    );
    assert_eq!(
        texts(Ending::AlreadySent, None),
        [format!(r#"{head}sent","type":"message_sent",{tail},"reason":"already_sent"}}}}"#)]
    );
    assert_eq!(
        texts(Ending::Expired, None),
        [format!(r#"{head}failed","type":"message_failed",{tail},"reason":"expired"}}}}"#)]
    );
    assert_eq!(
        texts(Ending::Rejected(RejectReason::BadAddress, true), None),
        [format!(
            r#"{head}bounced","type":"message_bounced",{bound},"bounce":"hard","reason":"bad_address"}}}}"#
        )]
    );
    assert_eq!(
        texts(Ending::Rejected(RejectReason::OptedOut, true), None),
        [
            format!(r#"{head}failed","type":"message_failed",{tail},"reason":"opted_out"}}}}"#),
            format!(
                r#"{head}unsubscribed","type":"unsubscribed",{bound},"reason":"opted_out"}}}}"#
            ),
        ]
    );
}

#[test]
fn what_becomes_of_a_message_to_a_team_is_not_told_of_the_customer() {
    let command = Command { team: Some("sales".into()), ..command() };
    let now = Now { mono: 0, wall: 1_767_261_600_123 };
    for ending in [Ending::Sent, Ending::Rejected(RejectReason::BadAddress, true)] {
        assert_eq!(events(&command, ending, None, None, now), []);
    }
}

#[test]
fn every_ending_survives_the_ledger_and_shows_no_address() {
    let mut endings = vec![
        Ending::Sent,
        Ending::AlreadySent,
        Ending::Expired,
        Ending::Exhausted,
        Ending::Ambiguous,
        Ending::NoProvider,
    ];
    endings.extend(SUPPRESSED.map(|(reason, _)| Ending::Suppressed(reason)));
    for reason in RejectReason::ALL {
        endings.extend([Ending::Rejected(reason, false), Ending::Rejected(reason, true)]);
    }
    for ending in endings {
        assert_eq!(Ending::from_code(ending.code()), Some(ending));
        for text in texts(ending, None) {
            assert!(!text.contains("5550100") && !text.contains('@'), "{text}");
        }
    }
    assert_eq!(Ending::from_code(u8::MAX), None);
    assert_eq!(Ending::from_code(36), None);
}
