//! Branching: the first arm that is true.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::Run;
use crate::decision::{Reason, Verdict};
use crate::journey::op::{Arm, Branch};

/// The run reaches the branch.
pub(super) fn run(branch: &Branch, context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    let reader = context.reader(run);
    let is_true = |arm: &Arm| arm.when.as_ref().is_none_or(|when| reader.holds(when));
    let Some(number) = branch.arms.iter().position(is_true) else {
        context.decide(&context.by_step(run, op, Verdict::Branched, Reason::NoArm));
        return Next::Op(branch.otherwise);
    };
    let arm = &branch.arms[number];
    let (reason, compared) = match &arm.when {
        Some(when) => (Reason::Condition, reader.compared(when)),
        None => (Reason::Otherwise, Vec::new()),
    };
    let branched = context.by_step(run, op, Verdict::Branched, reason);
    context.decide(&branched.number("arm", number as i64).compared(compared));
    Next::Op(arm.target)
}
