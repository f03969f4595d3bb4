//! More steps: waits, branches, fallbacks, exits.

use super::CONDITIONS;
use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    let name = journey["journey"].as_str().unwrap_or_default().to_owned();
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    let number = steps.len();
    let send = |word: &str, channel: &str| json!({ "send": format!("{name}_{word}{number}"), "channels": [channel] });
    let wait = match draw.below(4) {
        0 => json!({ "wait": { "until": draw.pick(&["10:00", "02:30"]), "at_most": "2d" } }),
        _ => json!({ "wait": draw.pick(&["1h", "1h", "5h", "2d"]) }),
    };
    let step = match draw.below(6) {
        0 => json!({ "branch": [
            { "when": draw.pick(&CONDITIONS), "steps": [send("yes", "email")] },
            { "else": null, "steps": [{ "exit": true }] },
        ] }),
        1 => {
            json!({ "branch": [{ "when": draw.pick(&CONDITIONS), "steps": [wait.clone(), send("then", "push")] }] })
        }
        2 | 3 => json!({ "send": format!("{name}_twice{number}"), "channels": [
            "email", { draw.pick(&["sms", "push"]).to_string(): { "if_no": "opened", "within": draw.pick(&["1h", "5h"]) } },
        ] }),
        _ => send("more", draw.pick::<&str>(&["email", "sms", "push", "webhook"])),
    };
    match draw.below(4) {
        // A wait first: then the run is there when something happens to it.
        0 | 1 => steps.insert(0, wait),
        _ => steps.extend([wait, step]),
    }
}
