//! All steps done: the run is over, or waits for its goal.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::{Place, Run};
use crate::decision::{Reason, Verdict};

/// The run reaches the end.
pub(super) fn run(context: &mut Context<'_>, run: &mut Run, op: u16) -> Next {
    context.decide(&context.by_step(run, op, Verdict::Finished, Reason::Completed));
    let within = context.journey(run.journey).goal_within;
    let until = within.zip(run.sent).map(|(within, sent)| sent.at + within.millis());
    match until {
        Some(until) if until > context.t => {
            run.captures.clear();
            Next::Stay(Place::Goal, until)
        }
        Some(_) | None => Next::Gone,
    }
}
