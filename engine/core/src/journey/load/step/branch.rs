//! `branch:` with its arms.

use super::layout::Layout;
use crate::journey::at::At;
use crate::journey::condition::Scope;
use crate::journey::definition::{Arm, Step};
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op::{self, Branch, End, Jump};

/// Reads one. `depth` says in how many branches and splits it stands.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<Step> {
    reader.deep_enough(node, depth)?;
    let fields = reader.fields(node, "a branch step", &["branch", "id"])?;
    let id = reader.id(&fields);
    let node = reader.required(&fields, "branch")?;
    let arms = reader.list(
        node,
        "`- when: CONDITION` with `steps:`, and `- else:` last",
        16,
        |reader, item| arm(reader, item, depth + 1),
    );
    Some(Step::Branch { branch: At::new(arms?, node.span.clone()), id: id? })
}

fn arm(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<At<Arm>> {
    let fields = reader.fields(node, "an arm of a branch", &["when", "else", "steps"])?;
    if let Some(value) = fields.get("else").filter(|value| !matches!(value.kind, Kind::Null)) {
        let help = "write `- else:` and below it, in the same column as `else`, `steps:`";
        return reader.fail(value, "`else:` has no value of its own", help);
    }
    let steps = reader.steps(&fields, depth);
    match (fields.get("when"), fields.get("else")) {
        (Some(when), None) => {
            let when = reader.condition(when);
            Some(At::new(Arm::When { when: when?, steps: steps?.value }, node.span.clone()))
        }
        (None, Some(_)) => {
            Some(At::new(Arm::Else { else_: None, steps: steps?.value }, node.span.clone()))
        }
        (Some(_), Some(_)) => {
            reader.fail(node, "an arm has `when` or `else`, not both", "make two arms of it")
        }
        (None, None) => reader.fail(
            node,
            "an arm has neither `when` nor `else`",
            "write `- when: CONDITION` or `- else:`",
        ),
    }
}

/// Lays it out: the arms one after the other, each but the last with a jump behind the branch.
pub(super) fn lay_out(
    layout: &mut Layout<'_, '_>,
    arms: &At<Vec<At<Arm>>>,
    id: Option<&At<String>>,
) {
    let step = layout.name(id, &format!("branch-{}", layout.count), &arms.span);
    if arms.is_empty() {
        layout.compiler.error(
            arms,
            "the branch has no arms",
            "add one: `- when: CONDITION` with `steps:`",
        );
    }
    let head = layout.ops.len();
    layout.push(End);
    let mut targets = Vec::with_capacity(arms.len());
    let mut jumps = Vec::new();
    for (number, arm) in arms.iter().enumerate() {
        let last = number + 1 == arms.len();
        targets.push(lay_out_arm(layout, arm, last));
        if !last {
            jumps.push(layout.ops.len());
            layout.push(End);
        }
    }
    let end = layout.next();
    for jump in jumps {
        layout.ops[jump] = Jump { to: end }.into();
    }
    layout.ops[head] = Branch { step, arms: targets, otherwise: end }.into();
}

fn lay_out_arm(layout: &mut Layout<'_, '_>, arm: &At<Arm>, last: bool) -> op::Arm {
    let (when, steps) = match &arm.value {
        Arm::When { when, steps } => (layout.compiler.condition(Some(when), Scope::Step), steps),
        Arm::Else { steps, .. } => {
            if !last {
                layout.compiler.error(
                    arm,
                    "`else` is not the last arm: those after it are never taken",
                    "move it to the end",
                );
            }
            (None, steps)
        }
    };
    let target = layout.next();
    layout.steps(steps);
    op::Arm { when, target }
}
