//! A configuration that is changed while runs are in it: other durations, steps that come, go or have another name, journeys that go. What is read of events stays,
//! or becomes less, or more; what events there are stays.

use super::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value, json};

impl Config {
    /// The same with one to three changes.
    #[must_use]
    pub fn edited(&self, draw: &mut Draw) -> Self {
        let mut edited = self.clone();
        for _ in 0..draw.between(1, 3) {
            edited.edit(draw);
        }
        edited
    }

    fn edit(&mut self, draw: &mut Draw) {
        if self.journeys.is_empty() {
            return;
        }
        if draw.chance(8) && self.journeys.len() > 1 {
            let place = draw.below(self.journeys.len() as u64) as usize;
            self.journeys.remove(place);
            return;
        }
        let journey = self.journey(draw);
        match draw.below(8) {
            0 => drop(journey.insert("priority".into(), json!(draw.between(0, 100)))),
            1 => drop(journey.insert("on_change".into(), json!("exit"))),
            2 => drop(journey.insert("max_runs".into(), json!(draw.between(1, 4)))),
            3 => drop(journey.insert("reentry".into(), json!({ "after": "2h" }))),
            _ => edit_steps(draw, journey),
        }
    }
}

fn edit_steps(draw: &mut Draw, journey: &mut Map<String, Value>) {
    let named = draw.chance(70);
    let Some(Value::Array(steps)) = journey.get_mut("steps") else { return };
    if steps.is_empty() {
        return;
    }
    let place = draw.below(steps.len() as u64) as usize;
    let mut renamed = None;
    match draw.below(5) {
        0 if steps.len() > 1 => drop(steps.remove(place)),
        0 | 1 => steps.insert(place, json!({ "wait": draw.pick(&["30m", "3h"]) })),
        2 => steps.swap(place, 0),
        _ => renamed = rename(&mut steps[place], place),
    }
    if let Some((old, new)) = renamed.filter(|_| named) {
        journey.insert("renamed".into(), json!({ old: new }));
    }
}

/// Gives a step another name; both names, where it had one of its own or a send's.
fn rename(step: &mut Value, place: usize) -> Option<(String, String)> {
    let step = step.as_object_mut()?;
    let old = step.get("id").or_else(|| step.get("send"))?.as_str()?.to_owned();
    let new = format!("other_{place}");
    step.insert("id".into(), new.as_str().into());
    Some((old, new))
}
