//! Makes a failing case as small as it goes: fewer steps, fewer journeys, fewer fields.

use super::case::Case;
use super::config::Config;
use serde_json::{Map, Value};

impl Case {
    /// The smallest case that is found by leaving things out and still `fails`.
    pub fn shrink(mut self, fails: impl Fn(&Case) -> bool) -> Self {
        loop {
            let before = (self.steps.len(), parts(&self.config));
            self.fewer_steps(&fails);
            self.fewer_parts(&fails);
            if (self.steps.len(), parts(&self.config)) == before {
                return self;
            }
        }
    }

    /// First by halves, at last one by one.
    fn fewer_steps(&mut self, fails: &impl Fn(&Case) -> bool) {
        let mut length = self.steps.len().div_ceil(2);
        while length > 0 {
            let mut place = 0;
            while place < self.steps.len() {
                let mut smaller = self.clone();
                smaller.steps.drain(place..self.steps.len().min(place + length));
                if fails(&smaller) {
                    *self = smaller;
                } else {
                    place += length;
                }
            }
            length /= 2;
        }
    }

    /// Whatever stands in the configuration may go, if what is left loads.
    fn fewer_parts(&mut self, fails: &impl Fn(&Case) -> bool) {
        let mut number = 0;
        while number < parts(&self.config) {
            let mut smaller = self.clone();
            leave_out(&mut smaller.config, number);
            if smaller.config.plan().is_ok() && fails(&smaller) {
                *self = smaller;
            } else {
                number += 1;
            }
        }
    }
}

/// How many parts there are that could be left out.
fn parts(config: &Config) -> usize {
    let objects = config.journeys.iter().chain([&config.policy, &config.facts]);
    config.journeys.len() + objects.map(parts_of_fields).sum::<usize>()
}

fn parts_of_fields(fields: &Map<String, Value>) -> usize {
    fields.values().map(|value| 1 + parts_of(value)).sum()
}

fn parts_of(value: &Value) -> usize {
    match value {
        Value::Object(fields) => parts_of_fields(fields),
        Value::Array(items) => items.iter().map(|item| 1 + parts_of(item)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Leaves out the part of this number.
fn leave_out(config: &mut Config, number: usize) {
    if number < config.journeys.len() {
        config.journeys.remove(number);
        return;
    }
    let mut left = number - config.journeys.len();
    for fields in config.journeys.iter_mut().chain([&mut config.policy, &mut config.facts]) {
        if leave_out_of_fields(fields, &mut left) {
            return;
        }
    }
}

/// Whether it was among these. `left` counts down to it.
fn leave_out_of_fields(fields: &mut Map<String, Value>, left: &mut usize) -> bool {
    let names: Vec<String> = fields.keys().cloned().collect();
    for name in names {
        if *left == 0 {
            fields.remove(&name);
            return true;
        }
        *left -= 1;
        if fields.get_mut(&name).is_some_and(|value| leave_out_of(value, left)) {
            return true;
        }
    }
    false
}

fn leave_out_of(value: &mut Value, left: &mut usize) -> bool {
    match value {
        Value::Object(fields) => leave_out_of_fields(fields, left),
        Value::Array(items) => {
            for place in 0..items.len() {
                if *left == 0 {
                    items.remove(place);
                    return true;
                }
                *left -= 1;
                if leave_out_of(&mut items[place], left) {
                    return true;
                }
            }
            false
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Step, decide};

    /// A difference that needs one step and one part is found, and little else is left.
    #[test]
    fn what_is_left_is_what_fails() {
        let is_needed = |case: &Case| {
            let priority = case.config.journeys.iter().any(|one| {
                one.contains_key("priority")
                    && one.get("trigger").is_some_and(|it| it.get("event").is_some())
            });
            let go = |step: &Step| matches!(step, Step::Record { value, .. } if String::from_utf8_lossy(value).contains("\"type\":\"go\""));
            priority && case.steps.iter().any(go)
        };
        let cases = (0..).map(|seed| Case::draw(seed).expect("a plan").0);
        // A condition of which nothing can be left out keeps its fact, and a split two arms.
        let is_plain = |case: &Case| {
            case.config.facts.is_empty() && !format!("{:?}", case.config).contains("split")
        };
        let case =
            cases.into_iter().find(|case| is_needed(case) && is_plain(case)).expect("one of many");
        let small = case.shrink(is_needed);
        assert_eq!((small.steps.len(), small.config.journeys.len()), (1, 1));
        // The journey, four fields of it, the trigger's event, a step and what that needs.
        assert!(parts(&small.config) <= 1 + 4 + 1 + 4, "{:?}", small.config);
        let plan = small.config.plan().expect("a plan");
        decide(&plan, &small.steps);
    }
}
