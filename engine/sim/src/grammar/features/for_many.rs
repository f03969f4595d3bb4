//! What journeys have in common that begin for many at once.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

/// A journey by one of these names that no other has, which sends one message; some of the time with one of these rules of reentry. None where all names
/// are taken.
pub(super) fn journey(
    draw: &mut Draw,
    config: &Config,
    (names, message): ([&str; 3], &str),
    trigger: Value,
    rules: &[Value],
) -> Option<Map<String, Value>> {
    let is_free = |name: &&str| config.journeys.iter().all(|it| it["journey"] != *name);
    let name = names.into_iter().find(is_free)?;
    let mut journey = Map::from_iter([
        ("journey".to_owned(), name.into()),
        ("trigger".to_owned(), trigger),
        ("priority".to_owned(), (*draw.pick(&[10, 50, 50, 90])).into()),
        (
            "steps".to_owned(),
            json!([{ "send": format!("{name}_{message}"), "channels": [draw.pick(&["email", "push", "webhook"])] }]),
        ),
    ]);
    if draw.chance(60) {
        journey.insert("reentry".to_owned(), draw.pick(rules).clone());
    }
    if draw.chance(50) {
        let exit = json!([{ "on": draw.pick(&["order_placed", "stop", "product_viewed"]) }]);
        journey.insert("exit".to_owned(), exit);
    }
    Some(journey)
}

/// Adds it, some of the time with few runs, and with a wait in front of the message and `more` behind it.
pub(super) fn add(
    draw: &mut Draw,
    config: &mut Config,
    mut journey: Map<String, Value>,
    more: Option<Value>,
) {
    if draw.chance(20) {
        journey.insert("max_runs".to_owned(), 1.into());
    }
    if draw.chance(40)
        && let Some(Value::Array(steps)) = journey.get_mut("steps")
    {
        steps.insert(0, json!({ "wait": draw.pick(&["1h", "3h"]) }));
        steps.extend(more);
    }
    config.journeys.push(journey);
}
