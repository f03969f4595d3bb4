//! What a journey says of its own earlier versions: steps that had another name.

use super::compiler::Compiler;
use super::names::{self, NameOf};
use crate::journey::definition::Definition;
use crate::journey::op::Op;
use crate::suggest::closest;

impl Compiler<'_> {
    /// A step that had another name is there under its new one, and none has the old name now: a run at that would have two places to go on at.
    pub(super) fn check_renamed(&mut self, definition: &Definition, ops: &[Op]) {
        let steps: Vec<&str> =
            ops.iter().filter_map(|op| op.step().map(|step| step.as_str())).collect();
        for (old, new) in &definition.renamed {
            names::check(self.source, old, NameOf::Step, self.problems);
            if steps.contains(&old.as_str()) {
                let message = format!("a step is called `{}` still", old.value);
                self.error(old, message, "remove this line, or give the step another `id:`");
            }
            if !steps.contains(&new.as_str()) {
                let message = format!("no step is called `{}`", new.value);
                let help = match closest(new, steps.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write `old_name: new_name`, with a step of this journey".into(),
                };
                self.error(new, message, help);
            }
        }
    }
}
