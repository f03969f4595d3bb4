//! Which parts of the journeys the traces have taken.

use cartwheel_core::decision::{Decision, Reason, Verdict};
use cartwheel_core::journey::load::{Part, What};
use cartwheel_core::value::Value;

/// One journey's parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The journey's name.
    pub journey: String,
    /// How many parts it has.
    pub parts: usize,
    /// Those that nothing has taken.
    pub missing: Vec<Part>,
}

impl Coverage {
    /// How many have been taken.
    pub fn taken(&self) -> usize {
        self.parts - self.missing.len()
    }

    /// The share of those that have been taken, in whole percent, rounded down.
    pub fn percent(&self) -> u8 {
        let percent = (self.taken() * 100).checked_div(self.parts).unwrap_or(100);
        u8::try_from(percent).unwrap_or(100)
    }
}

/// What these decisions have taken of the parts, a journey after the other.
pub fn coverage<'d>(
    parts: &[Part],
    decisions: impl Iterator<Item = &'d Decision> + Clone,
) -> Vec<Coverage> {
    let mut journeys: Vec<Coverage> = Vec::new();
    for part in parts {
        if journeys.last().is_none_or(|last| last.journey != part.journey) {
            let journey = part.journey.clone();
            journeys.push(Coverage { journey, parts: 0, missing: Vec::new() });
        }
        let mut of_journey = decisions.clone().filter(|it| it.journey == part.journey.as_str());
        let taken = of_journey.any(|decision| takes(decision, &part.what));
        if let Some(of) = journeys.last_mut() {
            of.parts += 1;
            of.missing.extend((!taken).then(|| part.clone()));
        }
    }
    journeys
}

/// Whether a decision of its journey takes the part.
fn takes(decision: &Decision, what: &What) -> bool {
    let is = |verdict| decision.decision == verdict;
    let because = |reason| decision.reason == reason;
    let at = |step: &str| decision.step.as_deref() == Some(step);
    match what {
        What::Trigger => is(Verdict::Entered),
        What::Filter => is(Verdict::Refused) && because(Reason::Filter),
        What::Reentry => is(Verdict::Refused) && because(Reason::Reentry),
        What::Restart => because(Reason::Restarted),
        What::Exit { on } => because(Reason::ExitEvent) && text(decision, "event") == Some(on),
        What::While => is(Verdict::Exited) && because(Reason::WhileFalse),
        What::Goal => is(Verdict::Converted),
        What::Message { step } => is(Verdict::Sent) && at(step),
        What::Fallback { step, channel } => {
            because(Reason::Fallback) && at(step) && decision.channel == Some(*channel)
        }
        What::Step { step } => at(step),
        What::Came { step } => is(Verdict::Waited) && because(Reason::Event) && at(step),
        What::TimedOut { step } => is(Verdict::Waited) && because(Reason::TimedOut) && at(step),
        What::Arm { step, arm } => {
            let number = Value::Number(*arm as f64);
            is(Verdict::Branched) && at(step) && value(decision, ARM) == Some(&number)
        }
        What::NoArm { step } => because(Reason::NoArm) && at(step),
        What::SplitArm { step, arm } => {
            because(Reason::Split) && at(step) && text(decision, ARM) == Some(arm)
        }
    }
}

/// The value that says which arm was chosen.
const ARM: &str = "arm";

fn value<'d>(decision: &'d Decision, name: &str) -> Option<&'d Value> {
    decision.values.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn text<'d>(decision: &'d Decision, name: &str) -> Option<&'d str> {
    match value(decision, name)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
