//! All steps done: the run is over, or waits for its goal.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::Run;
use crate::decision::{Reason, Verdict};

/// The run reaches the end.
pub(super) fn run(context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    context.decide(&context.by_step(run, op, Verdict::Finished, Reason::Completed));
    Next::Gone
}
