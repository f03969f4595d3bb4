//! A failed scenario as a timeline: what happened, with what was expected and did not (`-`), and what should not have (`+`).

use super::engine::Consequence;
use super::matching::template;
use cartwheel_core::decision::{Decision, Verdict};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::SuppressionReason;
use cartwheel_core::time::Millis;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A row of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// When.
    pub at: Millis,
    /// What it is.
    pub kind: Kind,
    /// What is told.
    pub text: String,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The trace made an event, or moved the clock.
    Event,
    /// Something came out; by its index.
    Told(usize),
    /// Expected and not there.
    Missing,
}

/// The rows as text. `surplus` says of what came out whether it should not have been.
pub fn timeline(rows: &[Row], zone: &TimeZone, surplus: impl Fn(usize) -> bool) -> String {
    let mut text = String::new();
    for row in rows {
        let mark = match row.kind {
            Kind::Event => ' ',
            Kind::Told(index) if surplus(index) => '+',
            Kind::Told(_) => ' ',
            Kind::Missing => '-',
        };
        let arrow = if row.kind == Kind::Event { "<-" } else { "  " };
        text += &format!("  {mark} {}  {arrow} {}\n", clock(row.at, zone, true), row.text);
    }
    text
}

/// What came out as a person reads it.
pub fn told(consequence: &Consequence, plan: &Plan) -> String {
    match consequence {
        Consequence::Decision(decision) => describe(decision, plan),
        Consequence::Suppression(told) => {
            let verb = if told.active { "suppressed" } else { "lifted" };
            format!("{} {verb} {} {}", told.customer, told.channel, name(told.reason))
        }
        Consequence::Degraded { field, .. } => format!("degraded {field}"),
        Consequence::Dead { reason, .. } => format!("dead {}", reason.name()),
    }
}

fn name(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::Unsubscribed => "unsubscribed",
        SuppressionReason::Bounced => "bounced",
        SuppressionReason::Complained => "complained",
    }
}

fn describe(decision: &Decision, plan: &Plan) -> String {
    let mut text = if decision.decision == Verdict::Sent {
        let channel = decision.channel.map_or("", |channel| channel.name());
        format!(
            "{} send {} {channel} ({})",
            decision.customer,
            template(decision, plan),
            decision.reason
        )
    } else {
        format!("{} {} {}", decision.customer, decision.decision, decision.reason)
    };
    text += &format!(" journey={}", decision.journey);
    if let Some(step) = &decision.step {
        text += &format!(" step={step}");
    }
    for (name, value) in &decision.values {
        let value = serde_json::to_value(value).unwrap_or_default();
        text +=
            &format!(" {name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    text
}

/// The local time as a trace writes it; with the day in front where asked.
pub fn clock(at: Millis, zone: &TimeZone, day: bool) -> String {
    let local = zone.to_datetime(Timestamp::from_millisecond(at).unwrap_or_default());
    let format = match (at % 60_000 == 0, at % 1_000 == 0) {
        (true, _) => "%H:%M",
        (_, true) => "%H:%M:%S",
        _ => "%H:%M:%S.%3f",
    };
    let time = local.strftime(format).to_string();
    if day { format!("{} {time}", local.date()) } else { time }
}
