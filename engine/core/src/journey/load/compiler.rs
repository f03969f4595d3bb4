//! What compiling one journey needs and fills.

use super::yaml::locate;
use crate::journey::at::At;
use crate::journey::condition::{self, Capture, Condition, Deadline, Fault, Scope, Slots};
use crate::journey::problem::{Problem, SourceFile, visible};
use crate::time::{DAY, Span};
use std::ops::Range;

/// Longest duration in a journey.
const MAX_SPAN: Span = Span(3_650 * DAY);

/// See the module.
pub(super) struct Compiler<'c> {
    pub source: &'c SourceFile,
    pub slots: &'c mut Slots,
    pub captures: Vec<Capture>,
    pub problems: &'c mut Vec<Problem>,
}

impl Compiler<'_> {
    /// A condition, if one is written and good.
    pub(super) fn condition(
        &mut self,
        text: Option<&At<String>>,
        scope: Scope,
    ) -> Option<Condition> {
        let text = text?;
        let (condition, faults) = condition::compile(text, scope, self.slots, &mut self.captures);
        for fault in faults {
            self.fault(text, fault);
        }
        condition
    }

    /// A deadline, if one is written and good.
    pub(super) fn deadline(&mut self, text: Option<&At<String>>, scope: Scope) -> Option<Deadline> {
        let text = text?;
        let (slots, captures) = (&mut *self.slots, &mut self.captures);
        let (deadline, faults) = condition::compile_deadline(text, scope, slots, captures);
        for fault in faults {
            self.fault(text, fault);
        }
        deadline
    }

    /// A condition on an event of one of these types, which is not the trigger.
    pub(super) fn condition_on(
        &mut self,
        types: &[At<String>],
        text: Option<&At<String>>,
    ) -> Option<Condition> {
        let types = types.iter().map(|kind| kind.value.clone()).collect();
        let of_trigger = std::mem::replace(&mut self.slots.types, types);
        let (each, by_time) = (self.slots.each.take(), std::mem::take(&mut self.slots.by_time));
        let condition = self.condition(text, Scope::Event);
        (self.slots.types, self.slots.each, self.slots.by_time) = (of_trigger, each, by_time);
        condition
    }

    pub(super) fn fault(&mut self, text: &At<String>, fault: Fault) {
        let span = locate(&self.source.text, &text.span, text, &fault.range);
        let problem = Problem {
            severity: fault.severity,
            path: self.source.path.clone(),
            span,
            message: visible(fault.message),
            help: fault.help.map(visible),
        };
        self.problems.push(problem);
    }

    /// A duration that must be more than nothing and not absurd.
    pub(super) fn positive(&mut self, span: &At<Span>) {
        if span.millis() == 0 {
            self.error(span, "the duration is zero", "write a longer one, such as 1h");
        }
        self.bounded(span);
    }

    /// A duration that must not be absurd.
    pub(super) fn bounded(&mut self, span: &At<Span>) {
        if span.value > MAX_SPAN {
            self.error(span, "the duration is longer than ten years", "write a shorter one");
        }
    }

    /// Notes a warning.
    pub(super) fn warning(
        &mut self,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let warning = Problem::warning(&self.source.path, span.clone(), message);
        self.problems.push(warning.help(help));
    }

    /// Notes an error at a value.
    pub(super) fn error<T>(
        &mut self,
        at: &At<T>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Problem::error(&self.source.path, at.span.clone(), message).help(help));
    }
}
