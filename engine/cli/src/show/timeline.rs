//! A customer's timeline in words: what was decided, why, by which values, and what comes next.

use super::outlook::outlook;
use cartwheel_core::decision::Decision;
use cartwheel_core::time::{Millis, Span, parse_rfc3339};
use cartwheel_core::value::Value;
use cartwheel_runtime::admin::view::{CustomerView, ProfileView, RunState, RunView};
use cartwheel_runtime::admin::{decision_in_words, reason_in_words};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// The whole answer; times in the customer's zone.
pub fn timeline(view: &CustomerView) -> String {
    let zone = TimeZone::get(&view.profile.time_zone).unwrap_or(TimeZone::UTC);
    let shown = zone.iana_name().unwrap_or("UTC").to_owned();
    let mut text = format!(
        "{} (shard {}), times in {shown}\n{}\n",
        view.customer,
        view.shard,
        profile(&view.profile, &zone)
    );
    if view.truncated {
        text += "\nThere are older decisions, which are not shown; `--journey NAME` shows those of one journey.\n";
    }
    let mut day = String::new();
    for decision in &view.decisions {
        let (date, time) = local(decision.at, &zone);
        if date != day {
            // Writing into a String cannot fail.
            let _ = write!(text, "\n{date}\n");
            day = date;
        }
        text += &told(decision, &time, &zone);
    }
    match (view.decisions.is_empty(), view.outlooks.first()) {
        (true, Some(of)) if view.runs.is_empty() => {
            let far = match view.truncated {
                true => "As far back as their newest 1,024 decisions",
                false => "As far back as decisions are kept",
            };
            let _ = writeln!(text, "\n{far} they were never in {}.", of.journey);
        }
        (true, _) => text += "\nNothing was decided about them.\n",
        (false, _) => {}
    }
    text.extend(view.outlooks.iter().map(|of| outlook(of, &zone)));
    if view.decisions.iter().any(|decision| decision.command_id.is_some()) {
        text += RECEIPTS;
    }
    let journey = view.outlooks.first().map(|of| of.journey.as_str());
    text + &in_part(view, &zone) + &open(&view.runs, journey, &zone)
}

/// Where the answer is that the engine does not have: what delivery and the recipient did with a message.
const RECEIPTS: &str = "
What became of a message: the events of its command in the events topic (message.command_id): message_sent, message_failed, message_delivered, message_bounced,
message_opened and so on. What delivery gave up and a person may mend: cartwheel dlq list.
";

/// The events that came with fields of a wrong type, and without which of them they were applied.
fn in_part(view: &CustomerView, zone: &TimeZone) -> String {
    if view.degraded.is_empty() {
        return String::new();
    }
    let mut text = "\nEvents applied without fields of a wrong type\n".to_owned();
    for event in &view.degraded {
        let (at, fields) = (instant(event.at, zone), event.fields.join(", "));
        let _ = writeln!(
            text,
            "  {at}  {} without {fields} (record {}:{})",
            event.kind, view.shard, event.offset
        );
    }
    text
}

/// One decision: what, why, and the values in a line of their own.
fn told(decision: &Decision, time: &str, zone: &TimeZone) -> String {
    let step = decision.step.as_ref().map(|step| format!(" / {step}")).unwrap_or_default();
    let channel = decision.channel.map(|channel| format!(" ({channel})")).unwrap_or_default();
    let what = decision_in_words(decision.decision);
    let mut text = format!(
        "  {time}  {}{step}: {what}{channel}. {}.\n",
        decision.journey,
        reason_in_words(decision.reason)
    );
    if !decision.values.is_empty() {
        let values: Vec<String> = decision
            .values
            .iter()
            .map(|(name, value)| format!("{name} {}", shown(name, value, zone)))
            .collect();
        let _ = writeln!(text, "            {}", values.join(", "));
    }
    if let Some(command) = decision.command_id {
        let _ = writeln!(text, "            command {command}");
    }
    text
}

/// What is open, of all journeys or of one.
fn open(runs: &[RunView], journey: Option<&str>, zone: &TimeZone) -> String {
    if runs.is_empty() {
        return match journey {
            Some(journey) => format!("\nNothing is open in {journey}.\n"),
            None => "\nNothing is open: no journey waits for them.\n".into(),
        };
    }
    let line = |run: &RunView| {
        let state = match run.state {
            RunState::Window => "quiet time is being counted",
            RunState::Live => "running",
            RunState::Held => "held until the shard has caught up",
            RunState::Lingering => "finished, watching for its goal",
        };
        let step = run.step.as_ref().map(|step| format!(", next step {step}")).unwrap_or_default();
        let due =
            run.due_at.map(|at| format!(", next timer {}", instant(at, zone))).unwrap_or_default();
        let waits =
            if run.waits.is_empty() { String::new() } else { format!(", waits for {}", run.waits) };
        let opened = if run.engaged { ", its latest message was opened" } else { "" };
        format!("  {}: {state}{step}{waits}{due}{opened}\n", run.journey)
    };
    format!("\nOpen\n{}", runs.iter().map(line).collect::<String>())
}

fn profile(profile: &ProfileView, zone: &TimeZone) -> String {
    let of = |allowed: bool| {
        profile
            .consent
            .iter()
            .filter(move |(_, given)| **given == allowed)
            .map(|(channel, _)| channel.name())
    };
    let mut parts = vec![match profile.orders {
        0 => "no orders".to_owned(),
        1 => format!("1 order worth {}", profile.lifetime_value),
        orders => format!("{orders} orders worth {}", profile.lifetime_value),
    }];
    let mut part = |what: &str, names: Vec<&str>| {
        if !names.is_empty() {
            parts.push(format!("{what} {}", names.join(", ")));
        }
    };
    part("consent to", of(true).collect());
    part("no consent to", of(false).collect());
    part("reachable by", profile.reachable.iter().map(|channel| channel.name()).collect());
    let facts = profile.facts.iter().map(|(name, value)| format!("{name} {}", fact(value, zone)));
    let facts: Vec<String> = facts.collect();
    part("facts:", facts.iter().map(String::as_str).collect());
    part("suppressed:", profile.suppressed.keys().map(|channel| channel.name()).collect());
    parts.join("; ")
}

/// A value as a person writes it: `80`, not `80.0`; ages as durations; instants in the customer's zone.
pub(super) fn shown(name: &str, value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Null => "absent".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(ms) if matches!(name, "age" | "max_event_age") && *ms >= 0.0 => {
            Span(*ms as Millis).to_string()
        }
        Value::Number(number) => number.to_string(),
        Value::Text(text) => match parse_rfc3339(text).filter(|_| matches!(name, "until" | "last"))
        {
            Some(at) => instant(at, zone),
            None => format!("`{text}`"),
        },
    }
}

/// What came together of a fact: a number, or when it last happened.
fn fact(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Text(text) => {
            parse_rfc3339(text).map_or_else(|| text.to_string(), |at| instant(at, zone))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => shown("", value, zone),
    }
}

pub(super) fn instant(at: Millis, zone: &TimeZone) -> String {
    let (date, time) = local(at, zone);
    format!("{date} {time}")
}

/// Date and time of day; what lies outside of the calendar is shown at its edge.
fn local(at: Millis, zone: &TimeZone) -> (String, String) {
    let edge = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let zoned = Timestamp::from_millisecond(at).unwrap_or(edge).to_zoned(zone.clone());
    (zoned.strftime("%Y-%m-%d").to_string(), zoned.strftime("%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view(decisions: serde_json::Value, runs: serde_json::Value) -> CustomerView {
        let id = "00000000000000000000000000000001";
        let view = json!({
            "customer": "ana", "id": id, "shard": 1, "personal": null, "truncated": false, "decisions": decisions, "runs": runs,
            "profile": { "orders": 3, "lifetime_value": 412.5, "last_order_at": null, "facts": { "net_value": 398.25, "last_seen": "2026-01-01T09:58:00.000Z" }, "time_zone": "Europe/Madrid", "country": "ES",
                         "consent": { "email": true, "sms": false }, "reachable": ["email"], "suppressed": {} },
        });
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn a_timeline_says_what_why_and_by_which_values() {
        let decision = json!({
            "at": "2026-01-02T10:00:00.000Z", "customer": "ana", "journey": "cart_abandonment", "run": null, "step": "cart_reviews",
            "decision": "deferred", "reason": "cap", "channel": "email", "command_id": null,
            "values": { "cap": "two a day", "limit": 2.0, "cart.total": 80.0, "until": "2026-01-02T19:30:00.000Z" },
        });
        let run = json!({
            "run": "00000000000000000000000000000002", "journey": "cart_abandonment", "version": "5e1fa2c0", "state": "live",
            "step": "cart_reviews", "opened_at": "2026-01-01T10:00:00.000Z", "due_at": "2026-01-02T19:30:00.000Z",
        });
        let text = timeline(&view(json!([decision]), json!([run])));
        let expected = [
            "ana (shard 1), times in Europe/Madrid\n",
            "3 orders worth 412.5; consent to email; no consent to sms; reachable by email; facts: last_seen 2026-01-01 10:58:00, net_value 398.25\n",
            "2026-01-02\n  11:00:00  cart_abandonment / cart_reviews: Message put off (email). They had as many messages as the frequency cap allows.\n",
            "            cap `two a day`, cart.total 80, limit 2, until 2026-01-02 20:30:00\n",
            "  cart_abandonment: running, next step cart_reviews, next timer 2026-01-02 20:30:00\n",
        ];
        for part in expected {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn a_message_that_was_sent_says_where_what_became_of_it_stands() {
        let command = "000000000000000000000000000000ab";
        let sent = json!({
            "at": "2026-01-02T10:00:00.000Z", "customer": "ana", "journey": "cart_abandonment", "run": null, "step": "cart_reviews",
            "decision": "sent", "reason": "gate_passed", "channel": "email", "command_id": command, "values": {},
        });
        let run = json!({
            "run": "00000000000000000000000000000002", "journey": "cart_abandonment", "version": "5e1fa2c0", "state": "lingering",
            "step": null, "opened_at": "2026-01-01T10:00:00.000Z", "due_at": null, "engaged": true,
        });
        let text = timeline(&view(json!([sent]), json!([run])));
        for part in [
            &format!(
                "            command {command}\n\nWhat became of a message: the events of its command in the events topic"
            ),
            "finished, watching for its goal, its latest message was opened\n",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!timeline(&view(json!([]), json!([]))).contains("What became of a message"));
    }

    #[test]
    fn an_event_that_was_applied_in_part_is_shown() {
        let mut view = view(json!([]), json!([]));
        let event = json!({ "at": "2026-01-02T10:00:00.000Z", "offset": 42, "type": "cart_updated", "fields": ["cart.total", "cart.items"] });
        view.degraded = serde_json::from_value(json!([event])).unwrap();
        let expected = "\nEvents applied without fields of a wrong type\n  2026-01-02 11:00:00  cart_updated without cart.total, cart.items (record 1:42)\n";
        assert!(timeline(&view).contains(expected), "{}", timeline(&view));
    }

    #[test]
    fn ages_are_durations_and_edges_do_not_panic() {
        assert_eq!(shown("age", &Value::Number(90_000_000.0), &TimeZone::UTC), "1d1h");
        assert_eq!(shown("x", &Value::Null, &TimeZone::UTC), "absent");
        assert!(instant(Millis::MAX, &TimeZone::UTC).starts_with("9999-"));
        let text = timeline(&view(json!([]), json!([])));
        assert!(text.contains("Nothing was decided") && text.contains("Nothing is open"), "{text}");
    }
}
