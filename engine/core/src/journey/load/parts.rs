//! The parts of a journey that a test should have taken once, each with its place: trigger, steps, arms, fallbacks, exits, goal.

use crate::channel::Channel;
use crate::journey::definition::{Arm, ChannelChoice, Definition, Step, WaitFor};
use crate::journey::plan::{Journey, Reentry};
use crate::journey::problem::{SourceFile, position};
use std::fmt;
use std::ops::Range;

/// A part of a journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The journey's name.
    pub journey: String,
    /// The file.
    pub path: String,
    /// Where it stands: bytes of the file's text.
    pub span: Range<usize>,
    /// The line of that, from 1.
    pub line: usize,
    /// What it is.
    pub what: What,
}

/// What a part is. Steps go by their names.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Somebody enters.
    Trigger,
    /// The trigger's condition is false.
    Filter,
    /// The re-entry rule keeps somebody out.
    Reentry,
    /// A run gives way to a newer one.
    Restart,
    /// An exit rule ends a window or a run. Two rules on one event are one part: a decision does not say which of them it was.
    Exit {
        /// The event's type.
        on: String,
    },
    /// `while` ends a run.
    While,
    /// The goal is reached.
    Goal,
    /// A message is sent.
    Message {
        /// The step.
        step: String,
    },
    /// A fallback is sent.
    Fallback {
        /// The step.
        step: String,
        /// The medium.
        channel: Channel,
    },
    /// A run comes to a step that waits, sets, emits or exits.
    Step {
        /// The step.
        step: String,
    },
    /// The event that is waited for comes.
    Came {
        /// The step.
        step: String,
    },
    /// The time for it is up.
    TimedOut {
        /// The step.
        step: String,
    },
    /// An arm of a branch is taken, `else` as well.
    Arm {
        /// The step.
        step: String,
        /// Its number, from 0.
        arm: usize,
    },
    /// No arm of a branch is taken.
    NoArm {
        /// The step.
        step: String,
    },
    /// An arm of a split is taken.
    SplitArm {
        /// The step.
        step: String,
        /// The arm's name.
        arm: String,
    },
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Trigger => write!(out, "the trigger: nobody enters"),
            What::Filter => write!(out, "`when` of the trigger is never false"),
            What::Reentry => write!(out, "`reentry` keeps nobody out"),
            What::Restart => write!(out, "`reentry: restart` never restarts a run"),
            What::Exit { on } => write!(out, "the exit on `{on}` ends nothing"),
            What::While => write!(out, "`while` ends no run"),
            What::Goal => write!(out, "nobody reaches the goal"),
            What::Message { step } => write!(out, "`{step}` is never sent"),
            What::Fallback { step, channel } => {
                write!(out, "the fallback of `{step}` by {channel} is never sent")
            }
            What::Step { step } => write!(out, "no run comes to `{step}`"),
            What::Came { step } => write!(out, "what `{step}` waits for never comes"),
            What::TimedOut { step } => write!(out, "`{step}` never waits in vain"),
            What::Arm { step, arm } => write!(out, "arm {} of `{step}` is never taken", arm + 1),
            What::NoArm { step } => write!(out, "some arm of `{step}` is always taken"),
            What::SplitArm { step, arm } => {
                write!(out, "arm `{arm}` of `{step}` is never taken")
            }
        }
    }
}

/// Every part, by journey, as they are written.
pub(super) fn all(read: &[(&SourceFile, Definition)], journeys: &[Journey]) -> Vec<Part> {
    let mut parts = Vec::new();
    for ((source, definition), journey) in read.iter().zip(journeys) {
        let mut walk = Walk { source, definition, parts: &mut parts };
        walk.rules(journey);
        // Laid out depth first, as they are walked here.
        let mut names = journey.ops.iter().filter_map(|op| op.step()).map(ToString::to_string);
        walk.steps(&definition.steps, &mut names);
    }
    parts
}

struct Walk<'w> {
    source: &'w SourceFile,
    definition: &'w Definition,
    parts: &'w mut Vec<Part>,
}

impl Walk<'_> {
    fn add(&mut self, span: &Range<usize>, what: What) {
        let journey = &self.definition.journey.value;
        if self.parts.iter().any(|part| part.journey == *journey && part.what == what) {
            return;
        }
        self.parts.push(Part {
            journey: journey.clone(),
            path: self.source.path.clone(),
            span: span.clone(),
            line: position(&self.source.text, span.start).0,
            what,
        });
    }

    fn rules(&mut self, journey: &Journey) {
        let definition = self.definition;
        let trigger = &definition.trigger;
        if let Some(first) = trigger.event.names().first().or(trigger.at.as_ref()) {
            self.add(&first.span, What::Trigger);
        }
        if let Some(when) = &trigger.when {
            self.add(&when.span, What::Filter);
        }
        let at = definition.reentry.as_ref().map_or(&definition.journey.span, |rule| &rule.span);
        match journey.reentry {
            // Where a journey begins for many, whom the rule keeps out is not chosen, and nothing is decided.
            _ if journey.fan_out.is_some() => {}
            Reentry::Always => {}
            Reentry::Restart => self.add(at, What::Restart),
            Reentry::Never
            | Reentry::OncePerKey
            | Reentry::After(_)
            | Reentry::AfterPerKey(_)
            | Reentry::OncePerKeyAfter(_) => self.add(at, What::Reentry),
        }
        for rule in &definition.exit {
            self.add(&rule.on.span, What::Exit { on: rule.on.value.clone() });
        }
        if let Some(while_) = &definition.while_ {
            self.add(&while_.span, What::While);
        }
        if let Some(goal) = &definition.goal {
            self.add(&goal.on.span, What::Goal);
        }
    }

    fn steps(&mut self, steps: &[Step], names: &mut impl Iterator<Item = String>) {
        for step in steps {
            let Some(name) = names.next() else { return };
            match step {
                Step::Send { send, channels, .. } => {
                    self.add(&send.span, What::Message { step: name.clone() });
                    for choice in channels {
                        let ChannelChoice::Fallback(channels) = &choice.value else { continue };
                        for channel in channels.keys() {
                            let step = name.clone();
                            self.add(&choice.span, What::Fallback { step, channel: *channel });
                        }
                    }
                }
                Step::Wait { wait, .. } => match &wait.value {
                    WaitFor::Event(_) => {
                        self.add(&wait.span, What::Came { step: name.clone() });
                        self.add(&wait.span, What::TimedOut { step: name });
                    }
                    WaitFor::Delay(_) | WaitFor::Days(_) | WaitFor::Until(_) | WaitFor::At(_) => {
                        self.add(&wait.span, What::Step { step: name });
                    }
                },
                Step::Branch { branch, .. } => {
                    for (number, arm) in branch.iter().enumerate() {
                        self.add(&arm.span, What::Arm { step: name.clone(), arm: number });
                        let (Arm::When { steps, .. } | Arm::Else { steps, .. }) = &arm.value;
                        self.steps(steps, names);
                    }
                    if branch.iter().all(|arm| matches!(arm.value, Arm::When { .. })) {
                        self.add(&branch.span, What::NoArm { step: name });
                    }
                }
                Step::Split { arms, .. } => {
                    for (arm, inner) in arms.iter() {
                        let what = What::SplitArm { step: name.clone(), arm: arm.clone() };
                        self.add(&inner.span, what);
                        self.steps(&inner.steps, names);
                    }
                }
                Step::Set { set, .. } => self.add(&set.span, What::Step { step: name }),
                Step::Emit { emit, .. } => self.add(&emit.span, What::Step { step: name }),
                Step::Exit { exit, .. } => self.add(&exit.span, What::Step { step: name }),
            }
        }
    }
}
