//! Messages that offer answers, and what is made of these.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

/// Answers that are offered, and one that is not.
const ANSWERS: [&str; 3] = ["yes", "no", "what"];

/// Asks, waits for the answer, and goes on by it.
pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let name = journey["journey"].as_str().unwrap_or_default().to_owned();
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    let number = steps.len();
    let first = format!("{name}_ask");
    let asked = steps.iter().any(|step| step["send"] == first);
    let ask = if asked { format!("{first}{number}") } else { first };
    let fallback = json!({ draw.pick(&["sms", "push"]).to_string(): { "if_no": draw.pick(&["opened", "clicked"]), "within": "5h" } });
    let channels = if draw.chance(50) { json!(["email", fallback]) } else { json!(["email"]) };
    let mut wait = json!({ "for": "survey_answered", "at_most": draw.pick(&["5h", "3d"]) });
    if draw.chance(30) {
        wait["where"] = json!("event.survey.answer in ['yes', 'no']");
    }
    steps.extend([
        json!({ "send": ask, "channels": channels, "with": { "answers": ["yes", "no"] } }),
        json!({ "wait": wait }),
        json!({ "branch": [
            { "when": "waited.event.survey.answer == 'yes'", "steps": [
                { "send": format!("{name}_yes{number}"), "channels": ["push", "webhook"] },
            ] },
            { "when": "waited.for == null", "steps": [{ "exit": true }] },
        ] }),
    ]);
}

/// An answer says which it is, and mostly which step has asked.
pub(super) fn event(draw: &mut Draw, event: &mut Map<String, Value>) {
    if event.get("type").is_none_or(|kind| kind != "survey_answered") {
        return;
    }
    let steps = ["a_ask", "a_ask", "b_ask", "c_ask"].map(Value::from);
    let step = if draw.chance(20) { &Value::Null } else { draw.pick(&steps) };
    event.insert("survey".into(), json!({ "answer": draw.pick(&ANSWERS), "step": step }));
}
