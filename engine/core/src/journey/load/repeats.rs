//! Warnings of what is written twice, and of an exit that the journey's own trigger meets.

use super::compiler::Compiler;
use crate::journey::at::At;
use crate::journey::definition::{Definition, ExitRule};

impl Compiler<'_> {
    /// Warns of each name that stands in the list already.
    pub(super) fn warn_of_twice(&mut self, names: &[At<String>]) {
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                self.warning(
                    &name.span,
                    format!("`{}` is given twice", name.value),
                    "remove one of them",
                );
            }
        }
    }

    /// Warns of what stands twice in the journey's own lists; and of exits on its trigger.
    pub(super) fn warn_of_repeats(&mut self, definition: &Definition) {
        self.warn_of_twice(definition.trigger.event.names());
        self.warn_of_twice(&definition.trigger.moved_by);
        self.warn_of_twice(&definition.tags);
        for (at, rule) in definition.exit.iter().enumerate() {
            let same = |other: &ExitRule| other.on == rule.on && other.when == rule.when;
            let name = &rule.on.value;
            if definition.exit[..at].iter().any(same) {
                self.warning(
                    &rule.on.span,
                    format!("the exit on `{name}` is given twice"),
                    "remove one of them",
                );
            } else if rule.when.is_none() && definition.trigger.event.contains(name) {
                let message = format!(
                    "`{name}` begins this journey, and ends its runs: each begins by ending the one before"
                );
                let help = "write `reentry: restart` if that is meant; else give the exit a `when:`, or remove it";
                self.warning(&rule.on.span, message, help);
            }
        }
    }
}
