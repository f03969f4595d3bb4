//! Entering, and the steps of a run.

use super::customer::{Entry, Run, Stage};
use super::turn::{Turn, What};
use super::zone;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::journey::plan::{Op, Reentry};
use cartwheel_core::time::Millis;

/// Entries that are remembered of one journey.
const MAX_ENTRIES: usize = 64;

/// What a send leads to.
pub enum Flow {
    /// The next step.
    Next,
    /// The run stays here until its deadline.
    Stay,
    /// The run is over.
    Gone,
}

impl Turn<'_> {
    /// A timer of this run, already taken out, is due.
    pub fn fire(&mut self, mut run: Run) {
        match run.stage {
            Stage::Lingering => {}
            Stage::Window => self.enter(run, Reason::Window),
            Stage::Wait { next } => {
                run.anchor = self.t;
                self.execute(run, next);
            }
            // Also where the fallback itself was put off: who has opened the message meanwhile needs no second one.
            Stage::Send { op, index } | Stage::Fallback { op, index }
                if index > 0 && run.engaged =>
            {
                self.execute(run, op + 1)
            }
            Stage::Send { op, index } | Stage::Fallback { op, index } => {
                self.resume(run, op, index)
            }
        }
    }

    /// The re-entry rule, then the steps. `run.deadline` is the window's, or the event's `at`.
    pub fn enter(&mut self, mut run: Run, reason: Reason) {
        let index = run.journey;
        if let Some(last) = self.entered_before(&run) {
            return self.decide(
                index,
                What::new(Verdict::Refused, Reason::Reentry).run(run.id).instant("last", last),
            );
        }
        self.customer.entries.push(Entry { journey: index, key: run.key, at: self.t });
        if self.customer.entries.iter().filter(|entry| entry.journey == index).count() > MAX_ENTRIES
            && let Some(oldest) =
                self.customer.entries.iter().position(|entry| entry.journey == index)
        {
            self.customer.entries.remove(oldest);
        }
        self.decide(index, What::new(Verdict::Entered, reason).run(run.id));
        run.anchor = self.t;
        self.execute(run, 0);
    }

    /// The newest entry that forbids this one.
    fn entered_before(&self, run: &Run) -> Option<Millis> {
        let entries = self.customer.entries.iter().filter(|entry| entry.journey == run.journey);
        let forbids = |entry: &&Entry| match self.journey(run.journey).reentry {
            Reentry::Never => true,
            Reentry::Always => false,
            Reentry::OncePerKey => entry.key == run.key,
            Reentry::After(span) => self.t.saturating_sub(entry.at) < span.millis(),
        };
        entries.filter(forbids).map(|entry| entry.at).max()
    }

    /// A send that was put off, or a fallback that is due.
    fn resume(&mut self, mut run: Run, op: u16, index: usize) {
        match self.send(&mut run, op, index) {
            Flow::Next => self.execute(run, op + 1),
            Flow::Stay => self.put(run),
            Flow::Gone => {}
        }
    }

    /// Executes operations from `op` until one waits or the run is over.
    fn execute(&mut self, mut run: Run, mut op: u16) {
        let journey = self.journey(run.journey);
        loop {
            match &journey.ops[usize::from(op)] {
                Op::Send { .. } => {
                    run.due = self.t;
                    match self.send(&mut run, op, 0) {
                        Flow::Next => op += 1,
                        Flow::Stay => return self.put(run),
                        Flow::Gone => return,
                    }
                }
                Op::Wait { step, delay, .. } => {
                    let until = run.anchor.saturating_add(delay.millis());
                    if until > self.t {
                        return self.wait(run, op + 1, step, until);
                    }
                    op += 1;
                }
                Op::WaitUntil { step, until, at_most, .. } => {
                    let zone = self.customer.zone(&self.plan.policy);
                    let until = zone::next_local(self.t, *until, &zone)
                        .min(self.t.saturating_add(at_most.millis()));
                    if until > self.t {
                        return self.wait(run, op + 1, step, until);
                    }
                    op += 1;
                }
                Op::Branch { step, arms, otherwise } => {
                    op = self.branch(&run, step, arms, *otherwise)
                }
                Op::Jump(target) => op = *target,
                Op::Exit { step } => {
                    return self.decide(
                        run.journey,
                        What::new(Verdict::Exited, Reason::Step).run(run.id).step(step),
                    );
                }
                Op::End => return self.finish(run),
            }
        }
    }

    fn wait(&mut self, mut run: Run, next: u16, step: &compact_str::CompactString, until: Millis) {
        self.decide(
            run.journey,
            What::new(Verdict::Waiting, Reason::Step)
                .run(run.id)
                .step(step)
                .instant("until", until),
        );
        run.stage = Stage::Wait { next };
        run.deadline = until;
        self.put(run);
    }

    /// The operation to go to.
    fn branch(
        &mut self,
        run: &Run,
        step: &compact_str::CompactString,
        arms: &[(Option<cartwheel_core::journey::condition::Condition>, u16)],
        otherwise: u16,
    ) -> u16 {
        let reader = self.reader(None, &run.captures);
        let taken =
            arms.iter().enumerate().find(|(_, (condition, _))| reader.holds(condition.as_ref()));
        let Some((arm, (condition, target))) = taken else {
            self.decide(
                run.journey,
                What::new(Verdict::Branched, Reason::NoArm).run(run.id).step(step),
            );
            return otherwise;
        };
        let reason = if condition.is_some() { Reason::Condition } else { Reason::Otherwise };
        let compared = reader.shown(condition.as_ref());
        let what = What::new(Verdict::Branched, reason).run(run.id).step(step);
        self.decide(run.journey, what.number("arm", arm as i64).fields(compared));
        *target
    }

    /// All steps done: gone, or kept as long as the goal may still be reached.
    fn finish(&mut self, mut run: Run) {
        self.decide(run.journey, What::new(Verdict::Finished, Reason::Completed).run(run.id));
        if let (Some(within), Some((sent, _))) =
            (self.journey(run.journey).goal_within, run.last_sent)
        {
            run.stage = Stage::Lingering;
            run.deadline = sent.saturating_add(within.millis());
            if run.deadline > self.t {
                self.put(run);
            }
        }
    }
}
