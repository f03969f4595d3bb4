//! A run executes its steps until one waits (`docs/semantics.md`, "Steps"). Each kind has a room of its own: `run` where a run reaches it,
//! `wake` where a run's deadline comes there.

mod branch;
mod emit;
mod end;
mod exit;
mod next;
mod send;
mod set;
mod split;
mod wait;
mod wait_for;

use super::MAX_STEPS;
use super::context::Context;
use crate::customer::{Pause, Place, Run};
use crate::decision::Reason;
use crate::journey::op::Op;
use next::Next;

impl Context<'_> {
    /// Executes the operations of the run from `op` on until one waits.
    pub fn execute(&mut self, run: Run, op: u16) {
        self.go_on(run, Next::Op(op));
    }

    fn go_on(&mut self, mut run: Run, mut next: Next) {
        // The loader proves that there is no loop; the bound makes that proof unnecessary here.
        for _ in 0..=MAX_STEPS {
            match next {
                Next::Op(op) => next = self.run_step(&mut run, op),
                Next::Stay(place, deadline) => {
                    (run.place, run.deadline, run.pause) = (place, deadline, Pause::None);
                    self.customer.insert_run(run);
                    return;
                }
                Next::Gone => return self.linger(run),
            }
        }
    }

    /// The run reaches operation `op`.
    fn run_step(&mut self, run: &mut Run, op: u16) -> Next {
        match self.journey(run.journey).ops.get(usize::from(op)) {
            Some(Op::Send(send)) => send::run(send, self, run, op),
            Some(Op::Wait(wait)) => wait::run(wait, self, run, op),
            Some(Op::WaitFor(wait)) => wait_for::run(wait, self, run, op),
            Some(Op::Branch(branch)) => branch::run(branch, self, run, op),
            Some(Op::Split(split)) => split::run(split, self, run, op),
            Some(Op::Set(set)) => set::run(set, self, run, op),
            Some(Op::Emit(emit)) => emit::run(emit, self, run, op),
            Some(Op::Jump(jump)) => Next::Op(jump.to),
            Some(Op::Exit(_)) => exit::run(self, run, op),
            Some(Op::End(_)) | None => end::run(self, run, op),
        }
    }

    /// The deadline of a run, taken out of the customer's, has come.
    pub(super) fn wake(&mut self, run: Run) {
        let Some(mut run) = self.unless_paused(run) else { return };
        let next = match run.place {
            Place::Window => {
                if self.is_still_meant(&run) {
                    self.enter(run, Reason::Window);
                }
                return;
            }
            Place::Goal => return,
            Place::Delay { op } | Place::Local { op } => wait::wake(self, &mut run, op),
            Place::Event { op } => wait_for::wake(self, &mut run, op),
            Place::Gate { op, choice, due, by, .. } => {
                send::wake(self, &mut run, send::Asked { op, choice, due, by })
            }
            Place::Engagement { op, choice, due } => {
                send::wake(self, &mut run, send::Asked { op, choice, due, by: None })
            }
        };
        self.go_on(run, next);
    }
}
