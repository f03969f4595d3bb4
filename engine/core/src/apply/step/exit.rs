//! Leaving the journey because a step says so.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::Run;
use crate::decision::{Reason, Verdict};

/// The run reaches the exit.
pub(super) fn run(context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    context.decide(&context.by_step(run, op, Verdict::Exited, Reason::Step));
    Next::Gone
}
