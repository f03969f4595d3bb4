//! All steps done: the run is over, or waits for its goal.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::{Place, Run};
use crate::decision::{Reason, Verdict};
use crate::time::Millis;

/// The run reaches the end.
pub(super) fn run(context: &mut Context<'_>, run: &mut Run, op: u16) -> Next {
    context.decide(&context.by_step(run, op, Verdict::Finished, Reason::Completed));
    match goal_until(context, run) {
        Some(until) if until > context.t => {
            run.captures.clear();
            run.forget_heard();
            Next::Stay(Place::Goal, until)
        }
        Some(_) | None => Next::Gone,
    }
}

/// Until when the run waits for its goal; none without a goal or a message. Whether an event counts is told by its own time alone; so the
/// run stays as long as one that counts may come, and be no late event, the last millisecond included.
fn goal_until(context: &Context<'_>, run: &Run) -> Option<Millis> {
    let journey = context.journey(run.journey);
    let last = run.sent?.at + journey.goal_within?.millis();
    Some(last + journey.max_event_age.millis() + 1)
}
