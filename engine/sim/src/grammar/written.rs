//! A case as a trace, to be kept beside the rules that it is about.

use super::case::Case;
use super::config::written;
use crate::history::Step;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::{Millis, format_rfc3339};
use serde_json::{Map, Value};
use std::fmt::Write;

impl Case {
    /// The configuration and the steps in the language of [`crate::trace`], without what is to be expected.
    pub fn written(&self) -> String {
        let mut text = String::from("zone UTC\nholdouts on\nclock jumps\n");
        block(&mut text, "policy", &self.config.policy);
        if !self.config.facts.is_empty() {
            block(&mut text, "facts", &self.config.facts);
        }
        self.config.journeys.iter().for_each(|journey| block(&mut text, "journey", journey));
        text.push('\n');
        let mut clock = Clock::default();
        for step in &self.steps {
            let line = match step {
                Step::Record { time, value } => {
                    let at = clock.line(*time, &mut text);
                    format!("{at} {}", record(*time, value, *time < clock.last))
                }
                Step::Clock { now } => format!("{} clock", clock.line(*now, &mut text)),
                Step::Mode(mode) => {
                    let mode = if *mode == Mode::Live { "live" } else { "behind" };
                    format!("{} {mode}", clock.line(Millis::MIN, &mut text))
                }
            };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

fn block(text: &mut String, head: &str, fields: &Map<String, Value>) {
    let _ = writeln!(text, "\n{head}");
    written(fields).lines().for_each(|line| {
        let _ = writeln!(text, "  {line}");
    });
}

/// The times of the lines, which never fall.
#[derive(Default)]
struct Clock {
    last: Millis,
    day: String,
}

impl Clock {
    /// What a line begins with that is at `time`, or where time has got to already. A new day has a line of its own.
    fn line(&mut self, time: Millis, text: &mut String) -> String {
        self.last = self.last.max(time);
        let at = format_rfc3339(self.last);
        let (day, clock) = at.split_once('T').unwrap_or((&at, ""));
        if self.day != day {
            self.day = day.into();
            let _ = writeln!(text, "day {day}");
        }
        clock.trim_end_matches('Z').into()
    }
}

/// An event with its fields, or the bytes of what is none that could be written so. `back`: its time lies before the line's.
fn record(time: Millis, value: &[u8], back: bool) -> String {
    let raw = String::from_utf8_lossy(value);
    let Ok(Value::Object(mut event)) = serde_json::from_slice::<Value>(value) else {
        return format!("record {raw}");
    };
    let (Some(Value::String(kind)), Some(Value::String(customer))) =
        (event.remove("type"), event.remove("customer"))
    else {
        return format!("record {raw}");
    };
    if [&kind, &customer].iter().any(|word| word.is_empty()) {
        return format!("record {raw}");
    }
    let mut line = format!("{customer} {kind}");
    if back {
        let _ = write!(line, " recorded {}", format_rfc3339(time));
    }
    for own in ["id", "time"] {
        event.entry(own).or_insert(Value::Null);
    }
    for (name, value) in event {
        let _ = write!(line, " {name}={value}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{What, read};
    use cartwheel_core::journey::load::SourceFile;
    use cartwheel_core::policy::Policy;

    #[test]
    fn what_is_written_can_be_read() {
        for seed in 0..200 {
            let (mut case, _) = Case::draw(seed).expect("a plan");
            // What is no event at all may be no line either.
            case.steps.retain(|step| match step {
                Step::Record { value, .. } => {
                    serde_json::from_slice::<Map<String, Value>>(value).is_ok()
                }
                Step::Clock { .. } | Step::Mode(_) => true,
            });
            let text = case.written();
            let trace = read(
                &SourceFile { path: "case.trace".into(), text: text.clone() },
                &Policy::default(),
            );
            let trace = trace.unwrap_or_else(|faults| panic!("{faults:?}\n{text}"));
            let entries = trace.scenarios.iter().flat_map(|scenario| &scenario.entries);
            let lines = entries.filter(|entry| !matches!(entry.what, What::Expect(_))).count();
            assert_eq!(lines, case.steps.len(), "{text}");
        }
    }
}
