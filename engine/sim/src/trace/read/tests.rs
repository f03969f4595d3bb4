//! Every line is read as it is meant, or refused with its remedy.

use super::*;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::format_rfc3339;

fn new_york() -> Policy {
    Policy { zone: "America/New_York".into(), ..Policy::default() }
}

fn trace(text: &str) -> Result<Trace, Vec<Fault>> {
    read(
        &SourceFile { path: "config/journeys/welcome.trace".into(), text: text.into() },
        &new_york(),
    )
}

fn only_entry(line: &str) -> Statement {
    trace(&format!("day 2026-03-02\n{line}\n")).unwrap().scenarios.remove(0).entries.remove(0)
}

#[test]
fn times_are_local_and_days_advance() {
    let text = "zone Europe/Berlin\nday 2026-03-28\n--- one\n10:00 ana seen\nday +1\n10:00:30 ana seen\n--- two\n09:00 ana seen\n";
    let trace = trace(text).unwrap();
    let times = |index: usize| {
        trace.scenarios[index]
            .entries
            .iter()
            .map(|entry| format_rfc3339(entry.at))
            .collect::<Vec<_>>()
    };
    assert_eq!(times(0), ["2026-03-28T09:00:00.000Z", "2026-03-29T08:00:30.000Z"]);
    assert_eq!(times(1), ["2026-03-28T08:00:00.000Z"]);
    assert_eq!(trace.journeys.as_deref(), Some([("welcome".to_owned(), 0..0)].as_slice()));
}

#[test]
fn an_event_line_is_a_canonical_event() {
    let entry = only_entry(
        r#"10:00 ana cart_updated cart.id=k1 cart.total=80 cart.items=[{"product": "p 1"}] profile.phone="+1 555" time=09:30"#,
    );
    let What::Event(event) = entry.what else { panic!("an event") };
    let json: serde_json::Value =
        serde_json::from_slice(&event.json(entry.at, "x", entry.line, None)).unwrap();
    let expected = serde_json::json!({
        "type": "cart_updated", "customer": "ana", "time": "2026-03-02T14:30:00.000Z", "id": json["id"],
        "cart": {"id": "k1", "total": 80, "items": [{"product": "p 1"}]}, "profile": {"phone": "+1 555"},
    });
    assert_eq!(json, expected);
    assert_eq!(json["id"].as_str().map(str::len), Some(16));
}

#[test]
fn every_bad_line_is_told_with_its_number_and_remedy() {
    for (line, message, help) in [
        ("10:00 ana", "needs a customer and a type", "cart_updated"),
        ("10:00 ana seen x", "not of the form name=value", ""),
        ("10:00 ana seen a=1 a.b=2", "inside of something", ""),
        ("10:00 ana seen a=[1", "not JSON", ""),
        ("25:00 ana seen", "not a time", "begins with a time"),
        ("1000 ana seen", "not a time", ""),
        ("10:00", "nothing happens", ""),
        ("10:00 expect", "what is expected", "expect nothing"),
        ("10:00 expect ana snet x", "unknown decision `snet`", "did you mean `sent`"),
        (
            "10:00 expect ana refused alredy_running",
            "unknown reason",
            "did you mean `already_running`",
        ),
        ("10:00 expect ana send x fax", "unknown channel `fax`", "email"),
        ("10:00 expect ana send", "needs the template", ""),
        ("08:00 ana seen", "time runs backwards", "day +1"),
        ("day tomorrow", "not a day", "day +1"),
        ("zone Mars", "must stand before", ""),
        ("---", "needs a name", "---"),
        ("strict on", "must stand before the first scenario", ""),
        ("policy", "must stand before the scenario's first time", ""),
        ("clock jumps", "must stand before the scenario's first time", ""),
        ("10:00 ana seen recorded", "needs a time", "recorded 09:30"),
        ("10:00 ana seen recorded noon", "not a time", "recorded 09:30"),
        ("10:00 expect ana suppressed", "needs a channel", "bounced"),
        ("10:00 expect ana lifted fax", "unknown channel", "email"),
        ("10:00 expect ana suppressed email bounce", "unknown reason", "did you mean `bounced`"),
        ("10:00 expect dead not_jsn", "unknown reason", "did you mean `not_json`"),
        ("10:00 expect degraded cart.itmes", "unknown field", "did you mean `cart.items`"),
    ] {
        let faults =
            trace(&format!("day 2026-03-02\n# comment\n09:00 ana seen\n{line}\n")).unwrap_err();
        assert_eq!((faults.len(), faults[0].line()), (1, 4), "{line}");
        assert!(faults[0].message.contains(message), "{line}: {}", faults[0].message);
        assert!(
            faults[0].help.as_deref().unwrap_or_default().contains(help),
            "{line}: {:?}",
            faults[0].help
        );
    }
    assert!(trace("10:00 ana seen\n").unwrap_err()[0].message.contains("no day"));
    assert!(trace("# nothing\n").unwrap_err()[0].message.contains("no line with a time"));
}

/// A trace that needs nothing beside it.
const ALONE: &str = "policy
  zone: Asia/Tokyo
  quiet_hours: []

journey
  journey: j
  trigger: { event: go }

  steps: [{ send: hi, channels: [email] }]
day 2026-03-02
--- one
10:00 ana go recorded 09:00 time=null
--- two
policy
  zone: UTC
clock jumps
10:00 record {\"type\": 1}  # a comment
10:00 clock
";

#[test]
fn yaml_stands_in_a_trace_for_all_scenarios_or_for_one() {
    let trace = trace(ALONE).unwrap();
    let plan = |index: usize| trace.scenarios[index].plan.as_ref().unwrap();
    assert_eq!((plan(0).journeys[0].name.as_str(), plan(1).journeys.len()), ("j", 1));
    assert_eq!((&*plan(0).policy.zone, &*plan(1).policy.zone), ("Asia/Tokyo", "UTC"));
    // The header's zone is that of the times.
    let entry = &trace.scenarios[0].entries[0];
    assert_eq!(format_rfc3339(entry.at), "2026-03-02T01:00:00.000Z");
    let What::Event(event) = &entry.what else { panic!("an event") };
    assert_eq!(event.recorded.map(format_rfc3339).as_deref(), Some("2026-03-02T00:00:00.000Z"));
    assert_eq!((trace.scenarios[0].jumps, trace.scenarios[1].jumps), (false, true));
    let What::Record(text) = &trace.scenarios[1].entries[0].what else { panic!("a record") };
    assert_eq!(text, "{\"type\": 1}");
}

#[test]
fn what_is_wrong_in_yaml_is_told_in_its_line_and_once() {
    for (from, to, line, message) in [
        ("quiet_hours", "quit_hours", 3, "unknown key `quit_hours`"),
        ("zone: UTC", "zone: Mars", 15, "`Mars` is not a time zone"),
        ("channels: [email]", "channels: [fax]", 9, "fax"),
        ("  journey: j", "  jurney: j", 6, "jurney"),
        ("  zone: UTC", "", 14, "nothing is indented below"),
        ("day 2026-03-02", "journeys welcome\nday 2026-03-02", 10, "in it or beside it"),
    ] {
        let faults = trace(&ALONE.replacen(from, to, 1)).unwrap_err();
        let told: Vec<_> = faults.iter().map(|fault| (fault.line(), &fault.message)).collect();
        assert!(told.iter().any(|(_, told)| told.contains(message)), "{to}: {told:?}");
        assert_eq!(told[0].0, line, "{to}: {told:?}");
    }
    let only_policy = "policy\n  zone: UTC\nday 2026-03-02\n10:00 ana seen\n";
    assert!(trace(only_policy).unwrap_err()[0].message.contains("no journey for this policy"));
}
