//! Waiting: for some time or some days since the anchor, or until a local time of day.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::{Place, Run};
use crate::decision::{Reason, Verdict};
use crate::gate;
use crate::journey::op::{Until, Wait};

/// The run reaches the wait.
pub(super) fn run(wait: &Wait, context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    let place = match wait.until {
        Until::Elapsed(_) => Place::Delay { op },
        Until::Days(_) | Until::Local { .. } => Place::Local { op },
    };
    let (zones, zone) = (&context.core.zones, context.customer.zone);
    let until = gate::wait_ends(&wait.until, zones, zone, run.anchor, context.t);
    if until <= context.t {
        return Next::Op(op + 1);
    }
    let waiting = context.by_step(run, op, Verdict::Waiting, Reason::Step);
    context.decide(&waiting.instant("until", until));
    Next::Stay(place, until)
}

/// The wait is over.
pub(super) fn wake(context: &Context<'_>, run: &mut Run, op: u16) -> Next {
    run.anchor = context.t;
    Next::Op(op + 1)
}
