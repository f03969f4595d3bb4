//! Whether a decision is the one that a line wants.

use super::engine::Consequence;
use super::event::Message;
use super::expect::{Expectation, Wanted};
use cartwheel_core::decision::{Decision, Verdict};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{Millis, parse_rfc3339};
use serde_json::Value;

/// Whether what came out is what a line at `at` expects.
pub fn fits(told: &Consequence, expected: &Expectation, at: Millis, plan: &Plan) -> bool {
    match (told, expected) {
        (Consequence::Decision(decision), Expectation::Decision(wanted)) => {
            meets(decision, wanted, at, plan)
        }
        (Consequence::Suppression(told), Expectation::Suppression(wanted)) => {
            told.at == at
                && told.customer == wanted.customer
                && told.active == wanted.active
                && told.channel == wanted.channel
                && wanted.reason.is_none_or(|reason| told.reason == reason)
        }
        (Consequence::Degraded { at: told, field }, Expectation::Degraded(wanted)) => {
            *told == at && field == wanted
        }
        (Consequence::Dead { reason, .. }, Expectation::Dead(wanted)) => reason == wanted,
        _ => false,
    }
}

fn meets(decision: &Decision, wanted: &Wanted, at: Millis, plan: &Plan) -> bool {
    decision.at == at
        && decision.customer == wanted.customer
        && decision.decision == wanted.verdict
        && wanted.reason.is_none_or(|reason| decision.reason == reason)
        && wanted.message.as_ref().is_none_or(|message| is_message(decision, message, plan))
        && wanted.values.iter().all(|(name, value)| has(decision, name, value))
}

/// Whether the decision sent this message.
pub fn is_message(decision: &Decision, message: &Message, plan: &Plan) -> bool {
    decision.decision == Verdict::Sent
        && (template(decision, plan) == message.template
            || decision.step.as_deref() == Some(&*message.template))
        && (message.channel.is_none() || decision.channel == message.channel)
}

/// The template of the step that decided; empty if it has none.
pub fn template<'p>(decision: &Decision, plan: &'p Plan) -> &'p str {
    let journey = plan.journeys.iter().find(|journey| journey.name == decision.journey);
    let sends = journey.into_iter().flat_map(|journey| journey.sends());
    let mut of_step = sends.filter(|send| Some(&send.step) == decision.step.as_ref());
    of_step.next().map_or("", |send| send.template.as_str())
}

fn has(decision: &Decision, name: &str, wanted: &Value) -> bool {
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let actual = match name {
        "journey" => text(Some(&decision.journey)),
        "step" => text(decision.step.as_deref()),
        "channel" => text(decision.channel.map(|channel| channel.name())),
        _ => match decision.values.iter().find(|(known, _)| known == name) {
            Some((_, value)) => serde_json::to_value(value).unwrap_or_default(),
            None => return false,
        },
    };
    let instant = |value: &Value| value.as_str().and_then(parse_rfc3339);
    // 80 and 80.0 are one number, and an instant may be written in several ways.
    actual == *wanted
        || actual.as_f64().zip(wanted.as_f64()).is_some_and(|(actual, wanted)| actual == wanted)
        || instant(&actual).zip(instant(wanted)).is_some_and(|(actual, wanted)| actual == wanted)
}
