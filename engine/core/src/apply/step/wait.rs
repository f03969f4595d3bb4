//! Waiting: for some time or some days since the anchor, until a local time of day, or until an instant that is computed.

use super::next::Next;
use crate::apply::context::Context;
use crate::customer::{Place, Run};
use crate::decision::{Reason, Verdict};
use crate::gate;
use crate::journey::condition::Deadline;
use crate::journey::op::{Until, Wait};
use crate::time::Millis;

/// The run reaches the wait.
pub(super) fn run(wait: &Wait, context: &mut Context<'_>, run: &Run, op: u16) -> Next {
    let place = match &wait.until {
        Until::Elapsed(_) => Place::Delay { op },
        Until::Days(_) | Until::Local { .. } | Until::At(_) => Place::Local { op },
    };
    let (zones, zone) = (&context.core.zones, context.customer.zone);
    let until = gate::wait_ends(&wait.until, zones, zone, run.anchor, context.t);
    // Where there is no such instant nothing is waited for.
    let computed = || wait.deadline().map_or(context.t, |deadline| context.reached(deadline, run));
    let until = until.unwrap_or_else(computed);
    if until <= context.t {
        return Next::Op(op + 1);
    }
    let waiting = context.by_step(run, op, Verdict::Waiting, Reason::Step);
    context.decide(&waiting.instant("until", until));
    Next::Stay(place, until)
}

impl Context<'_> {
    /// When a run that waits for this goes on: at once, where there is no such instant or it has passed.
    fn reached(&self, deadline: &Deadline, run: &Run) -> Millis {
        let moment = deadline.moment(&self.reader(run), self.t, |_| false);
        moment.map_or(self.t, |moment| moment.at.max(self.t))
    }

    /// Where the customer's clock stands elsewhere than before: whoever waits for a day, or may do so, waits until it is there.
    pub fn follow_zone(&mut self, before: u16) {
        let (plan, zones) = (self.plan(), &self.core.zones);
        if zones.get(before) == zones.get(self.customer.zone) {
            return;
        }
        let deadline = |run: &Run| match run.place {
            Place::Local { op } => {
                let op = plan.journeys.get(usize::from(run.journey))?.ops.get(usize::from(op))?;
                op.local_deadline()
            }
            Place::Window
            | Place::Delay { .. }
            | Place::Event { .. }
            | Place::Gate { .. }
            | Place::Engagement { .. }
            | Place::Goal => None,
        };
        for place in 0..self.customer.runs.len() {
            let run = &self.customer.runs[place];
            if let Some(deadline) = deadline(run) {
                self.customer.runs[place].deadline = self.reached(deadline, run);
            }
        }
        self.runs_changed();
    }
}

/// The wait is over.
pub(super) fn wake(context: &Context<'_>, run: &mut Run, op: u16) -> Next {
    run.anchor = context.t;
    Next::Op(op + 1)
}
