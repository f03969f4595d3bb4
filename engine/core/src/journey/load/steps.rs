//! Steps to operations: the tree of branches laid out flat, every jump forwards.

use super::Problem;
use super::compile::Compiler;
use super::names::{self, NameOf};
use crate::channel::Channel;
use crate::journey::at::At;
use crate::journey::condition::Scope;
use crate::journey::definition::{Arm, ChannelChoice, Step, WaitFor};
use crate::journey::plan::{Choice, MAX_OPS, Op};
use compact_str::CompactString;
use std::ops::Range;

/// Lays the steps out.
pub(super) fn lay_out(compiler: &mut Compiler<'_>, steps: &At<Vec<Step>>) -> Vec<Op> {
    if steps.is_empty() {
        compiler.error(
            steps,
            "the journey has no steps",
            "add one, such as `- send: welcome` with `channels: [email]`",
        );
    }
    let mut layout = Layout { compiler, ops: Vec::new(), names: Vec::new(), count: 0 };
    layout.steps(steps);
    layout.ops.push(Op::End);
    let ops = layout.ops;
    if ops.len() > MAX_OPS {
        let message = format!(
            "the journey has {} operations (steps, and one for each arm's end); at most {MAX_OPS} are allowed",
            ops.len()
        );
        compiler.error(steps, message, "split it into two journeys");
    }
    ops
}

struct Layout<'l, 'c> {
    compiler: &'l mut Compiler<'c>,
    ops: Vec<Op>,
    names: Vec<CompactString>,
    /// Steps so far, depth first.
    count: usize,
}

impl Layout<'_, '_> {
    fn steps(&mut self, steps: &[Step]) {
        for (at, step) in steps.iter().enumerate() {
            self.count += 1;
            self.step(step);
            if let (Step::Exit { exit, .. }, true) = (step, at + 1 < steps.len()) {
                let problem = Problem::warning(
                    &self.compiler.source.path,
                    exit.span.clone(),
                    "the steps after `exit` are never reached",
                );
                self.compiler
                    .problems
                    .push(problem.help("remove them, or put `exit` into an arm of a branch"));
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Send { send, channels, id } => {
                names::check(self.compiler.source, send, NameOf::Template, self.compiler.problems);
                let step = self.name(id.as_ref(), &send.value, &send.span);
                let channels = self.channels(channels, &send.span);
                self.ops.push(Op::Send { step, template: send.as_str().into(), channels });
            }
            Step::Wait { wait, id } => self.wait(wait, id.as_ref()),
            Step::Branch { branch, id } => self.branch(branch, id.as_ref()),
            Step::Exit { exit, id } => {
                let step = self.name(id.as_ref(), &format!("exit-{}", self.count), &exit.span);
                self.ops.push(Op::Exit { step });
            }
        }
    }

    /// The step's name: its id, else `default`; unique.
    fn name(&mut self, id: Option<&At<String>>, default: &str, at: &Range<usize>) -> CompactString {
        let (name, at) = id.map_or((default, at), |id| (id.as_str(), &id.span));
        if let Some(id) = id {
            names::check(self.compiler.source, id, NameOf::Step, self.compiler.problems);
        }
        if self.names.iter().any(|known| known == name) {
            let at = At::new((), at.clone());
            self.compiler.error(
                &at,
                format!("a second step is called `{name}`"),
                "give one of them an `id:` of its own",
            );
        }
        self.names.push(name.into());
        name.into()
    }

    fn wait(&mut self, wait: &At<WaitFor>, id: Option<&At<String>>) {
        let step = self.name(id, &format!("wait-{}", self.count), &wait.span);
        match &wait.value {
            WaitFor::Delay(delay) => {
                self.compiler.bounded(&At::new(*delay, wait.span.clone()));
                self.ops.push(Op::Wait { step, delay: *delay, then: None });
            }
            WaitFor::Until(until) => {
                self.compiler.positive(&until.at_most);
                self.ops.push(Op::WaitUntil {
                    step,
                    until: until.until,
                    at_most: until.at_most.value,
                    then: None,
                });
            }
        }
    }

    fn channels(&mut self, written: &[At<ChannelChoice>], send: &Range<usize>) -> Vec<Choice> {
        if written.is_empty() {
            self.compiler.error(
                &At::new((), send.clone()),
                "the send has no channel",
                "add one, such as `channels: [email]`",
            );
        }
        let choices: Vec<Choice> =
            written.iter().filter_map(|choice| self.choice(choice)).collect();
        self.check_order(written, &choices);
        choices
    }

    fn choice(&mut self, written: &At<ChannelChoice>) -> Option<Choice> {
        match &written.value {
            ChannelChoice::Plain(channel) => {
                Some(Choice { channel: *channel, if_no_engagement_within: None })
            }
            ChannelChoice::Fallback(map) => {
                let (channel, fallback) = map.iter().next()?;
                self.compiler.positive(&fallback.within);
                Some(Choice {
                    channel: *channel,
                    if_no_engagement_within: Some(fallback.within.value),
                })
            }
        }
    }

    fn check_order(&mut self, written: &[At<ChannelChoice>], choices: &[Choice]) {
        for (at, choice) in choices.iter().enumerate() {
            let Some(place) = written.get(at) else { return };
            let fallback = choice.if_no_engagement_within.is_some();
            let before = &choices[..at];
            if at == 0 && fallback {
                self.compiler.error(
                    place,
                    "the first channel cannot be a fallback: nothing was sent before it",
                    "put a plain channel first, such as `email`",
                );
            } else if before.iter().any(|earlier| earlier.channel == Channel::Webhook) {
                let message =
                    "no channel can follow `webhook`: it is always reachable and nobody opens it";
                self.compiler.error(
                    place,
                    message,
                    "put `webhook` last, or into a send step of its own",
                );
            } else if !fallback && before.iter().any(|earlier| earlier == choice) {
                self.compiler.error(
                    place,
                    format!("`{}` is given twice", choice.channel),
                    "remove one of them",
                );
            }
        }
    }

    fn branch(&mut self, arms: &At<Vec<At<Arm>>>, id: Option<&At<String>>) {
        let step = self.name(id, &format!("branch-{}", self.count), &arms.span);
        if arms.is_empty() {
            self.compiler.error(
                arms,
                "the branch has no arms",
                "add one: `- when: CONDITION` with `steps:`",
            );
        }
        let head = self.ops.len();
        self.ops.push(Op::End);
        let mut targets = Vec::with_capacity(arms.len());
        let mut jumps = Vec::new();
        for (number, arm) in arms.iter().enumerate() {
            let last = number + 1 == arms.len();
            targets.push(self.arm(arm, last));
            if !last {
                jumps.push(self.ops.len());
                self.ops.push(Op::End);
            }
        }
        let end = self.next();
        for jump in jumps {
            self.ops[jump] = Op::Jump(end);
        }
        self.ops[head] = Op::Branch { step, arms: targets, otherwise: end };
    }

    fn arm(
        &mut self,
        arm: &At<Arm>,
        last: bool,
    ) -> (Option<crate::journey::condition::Condition>, u16) {
        let (condition, steps) = match &arm.value {
            Arm::When { when, steps } => (self.compiler.condition(Some(when), Scope::Step), steps),
            Arm::Else { steps, .. } => {
                if !last {
                    self.compiler.error(
                        arm,
                        "`else` is not the last arm: those after it are never taken",
                        "move it to the end",
                    );
                }
                (None, steps)
            }
        };
        let target = self.next();
        self.steps(steps);
        (condition, target)
    }

    fn next(&self) -> u16 {
        u16::try_from(self.ops.len()).unwrap_or(u16::MAX)
    }
}
