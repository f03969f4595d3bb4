//! Splitting: the arm that has won, else one by chance, the same for a customer whenever he comes.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::Run;
use crate::decision::{Reason, Verdict};
use crate::id::lot;
use crate::journey::op::Split;
use crate::value::Value;

/// The run reaches the split.
pub(super) fn run(split: &Split, context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    let journey = &context.journey(run.journey).name;
    let winner = context.control.winner(journey, &split.name);
    if let Some(arm) = split.arms.iter().find(|arm| Some(arm.name.as_str()) == winner) {
        let branched = context.by_step(run, op, Verdict::Branched, Reason::Winner);
        context.decide(&branched.value("arm", Value::Text(arm.name.clone())));
        return Next::Op(arm.target);
    }
    let lot = lot(&[journey, &split.name], context.customer.id);
    let Some(arm) = split.arms.iter().find(|arm| lot < arm.until) else {
        return Next::Op(op + 1);
    };
    let branched = context.by_step(run, op, Verdict::Branched, Reason::Split);
    context.decide(&branched.value("arm", Value::Text(arm.name.clone())));
    Next::Op(arm.target)
}
