//! Every line is read as it is meant, or refused with its remedy.

use super::*;
use cartwheel_core::time::format_rfc3339;

fn trace(text: &str) -> Result<Trace, Vec<Fault>> {
    read(
        &Source { path: "config/journeys/welcome.trace".into(), text: text.into() },
        "America/New_York",
    )
}

fn only_entry(line: &str) -> Entry {
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
    assert_eq!(trace.journeys.as_deref(), Some(["welcome".to_owned()].as_slice()));
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
