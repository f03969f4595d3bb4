//! Writing attributes of the customer.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::{Of, Run};
use crate::decision::{Reason, Verdict};
use crate::journey::op::Set;
use crate::value::Value;
use compact_str::CompactString;

/// The run reaches the step.
pub(super) fn run(set: &Set, context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    let given = set.values.iter().map(|(name, given)| (name.clone(), context.given(run, given)));
    let values: Vec<(CompactString, Value)> = given.collect();
    if let Some(holdout) = context.held_out(run) {
        let held_out = context.by_step(run, op, Verdict::HeldOut, holdout.reason());
        let values = values.into_iter().map(|(name, value)| (name, value.into()));
        context.decide(&held_out.compared(values.collect()));
        return Next::Op(op + 1);
    }
    let fields = values.iter().map(|(name, value)| (name.to_string(), value.to_json()));
    let object = serde_json::Value::Object(fields.collect()).to_string();
    // No consent is among them, so that nothing is granted or denied.
    let of = (Of::Profile, Of::Profile);
    context.merge_profile(object.into(), context.t, of, &mut Vec::new());
    context.profile_changed();
    let updated = context.by_step(run, op, Verdict::Updated, Reason::Step);
    let values = values.into_iter().map(|(name, value)| (name, value.into()));
    context.decide(&updated.compared(values.collect()));
    Next::Op(op + 1)
}
