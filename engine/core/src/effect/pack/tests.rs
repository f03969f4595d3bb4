use super::*;
use crate::decision::Compared;
use crate::journey::load::{SourceFile, load};
use crate::journey::plan::Plan;
use crate::policy::Policy;
use proptest::collection::vec;
use proptest::prelude::*;

const JOURNEY: &str = "
journey: winback
trigger: { event: order_placed }
reentry: never
steps:
  - wait: 1d
  - send: we_miss_you
    channels: [email]
";

fn plan() -> Plan {
    load(&Policy::default(), &[SourceFile { path: "winback.yaml".into(), text: JOURNEY.into() }])
        .unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn shown(values: &Values) -> Compared {
    values.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

#[test]
fn the_packed_form_does_not_change_unnoticed() {
    let values = vec![
        ("until".into(), text("2026-01-01T11:00:00.123Z")),
        ("cart.id".into(), text("c1")),
        ("cart.total".into(), Value::Number(79.9)),
    ];
    let decided = Decided::new(1_767_261_600_123, 0, Verdict::Deferred, Reason::QuietHours)
        .run(RunId(1))
        .op(1)
        .channel(Channel::Email)
        .compared(shown(&values));
    let mut out = Vec::new();
    pack(&Names::of(&plan()), &decided, &mut out);
    // Head and time.
    let head = "115515a0bdfc7fbccd";
    let run = "01000000000000000000000000000000";
    let names = "0f77696e6261636b1777655f6d6973735f796f75";
    // `until` and its instant take six bytes, `cart.total` and its number four.
    let values_shown = "010d08d0dd064f636172742e69641563312309b2f9";
    assert_eq!(hex(&out), [head, run, names, values_shown].concat());
    let read = unpack(&out, "ana").unwrap();
    assert_eq!(
        (read.customer.as_str(), read.journey.as_str(), read.step.as_deref()),
        ("ana", "winback", Some("we_miss_you"))
    );
    assert_eq!(read.values, values);

    // An instant is the same as its text.
    let mut instant = shown(&values);
    instant[0].1 = Shown::Instant(1_767_265_200_123);
    let mut again = Vec::new();
    pack(&Names::of(&plan()), &Decided { values: instant, ..decided.clone() }, &mut again);
    assert_eq!(again, out);

    // And what the core tells first is as what is compared.
    let bare = Decided { values: Vec::new(), ..decided };
    let told = bare.instant("until", 1_767_265_200_123).compared(shown(&values[1..].to_vec()));
    assert!(told.first.is_some() && out.len() <= most(&told));
    let mut again = Vec::new();
    pack(&Names::of(&plan()), &told, &mut again);
    assert_eq!(again, out);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Texts beyond the bound are cut where a character ends.
#[test]
fn long_texts_are_cut() {
    let long = "ë".repeat(200);
    let values = vec![(long.as_str().into(), text(&long))];
    let decided = Decided::new(0, 9, Verdict::Entered, Reason::Trigger).compared(shown(&values));
    let mut out = Vec::new();
    pack(&Names::of(&plan()), &decided, &mut out);
    let read = unpack(&out, "ana").unwrap();
    assert_eq!(
        (read.journey.as_str(), read.values),
        ("", vec![(long[..254].into(), text(&long[..254]))])
    );
}

fn instants() -> impl Strategy<Value = String> {
    let near = "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.[0-9]{3}Z";
    prop_oneof![
        near,
        any::<i64>().prop_map(format_rfc3339),
        (0..4_000_000_000_000_i64).prop_map(format_rfc3339)
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        instants().prop_map(|instant| text(&instant)),
        words().prop_map(|word| text(&word)),
        ".{0,60}".prop_map(|other| text(&other)),
    ]
}

fn words() -> impl Strategy<Value = String> {
    (0..NAME).prop_map(|number| words::word(number).unwrap_or_default().to_owned())
}

prop_compose! {
    fn decision()(
        at in prop_oneof![any::<i64>(), 1_760_000_000_000..1_770_000_000_000_i64],
        (run, command) in any::<(Option<u128>, Option<u128>)>(),
        step: bool,
        (verdict, reason, channel) in (0..Verdict::ALL.len(), 0..Reason::ALL.len(), prop::option::of(0..Channel::ALL.len())),
        values in vec((prop_oneof![words(), ".{0,60}"], value()), 0..6),
    ) -> Decision {
        Decision {
            at,
            customer: "ana".into(),
            journey: "winback".into(),
            run: run.map(RunId),
            step: step.then(|| "we_miss_you".into()),
            decision: Verdict::ALL[verdict],
            reason: Reason::ALL[reason],
            channel: channel.map(|channel| Channel::ALL[channel]),
            command_id: command.map(CommandId),
            values: values.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        }
    }
}

fn packed(plan: &Plan, decision: &Decision) -> Vec<u8> {
    let decided = Decided {
        at: decision.at,
        journey: 0,
        run: decision.run,
        op: decision.step.is_some().then_some(1),
        verdict: decision.decision,
        reason: decision.reason,
        channel: decision.channel,
        command: decision.command_id,
        first: None,
        values: shown(&decision.values),
    };
    let mut out = Vec::new();
    pack(&Names::of(plan), &decided, &mut out);
    out
}

proptest! {
    #[test]
    fn any_decision_reads_back(decisions in vec(decision(), 1..20)) {
        let plan = plan();
        for decision in decisions {
            prop_assert_eq!(unpack(&packed(&plan, &decision), "ana"), Some(decision));
        }
    }

    #[test]
    fn damage_never_panics(decisions in vec(decision(), 1..20), place: prop::sample::Index, byte: u8, any: Vec<u8>) {
        let plan = plan();
        for decision in decisions {
            let mut bytes = packed(&plan, &decision);
            let place = place.index(bytes.len());
            let _ = unpack(&bytes[..place], "ana");
            bytes[place] = byte;
            let _ = unpack(&bytes, "ana");
        }
        let _ = unpack(&any, "ana");
    }
}
