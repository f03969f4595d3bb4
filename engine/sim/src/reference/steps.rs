//! Entering, and the steps of a run.

use super::context::{Context, Decided};
use super::customer::{Entry, Place, Run};
use super::zone;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::journey::op::{Branch, Op, Until, Wait};
use cartwheel_core::journey::plan::Reentry;
use cartwheel_core::time::Millis;
use compact_str::CompactString;

/// Entries that are remembered of one journey.
const MAX_ENTRIES: usize = 64;

/// What a send leads to.
pub enum Next {
    /// The next step.
    Step,
    /// The run stays here until its deadline.
    Stay,
    /// The run is over.
    Gone,
}

impl Context<'_> {
    /// A timer of this run, already taken out, is due.
    pub fn fire(&mut self, mut run: Run) {
        match run.place {
            Place::Goal => {}
            Place::Window => self.enter(run, Reason::Window),
            Place::Delay { op } | Place::Local { op } => {
                run.anchor = self.t;
                self.execute(run, op + 1);
            }
            // Also where the fallback itself was put off: who has opened the message meanwhile needs no second one.
            Place::Gate { op, choice } | Place::Engagement { op, choice }
                if choice > 0 && run.engaged =>
            {
                self.execute(run, op + 1);
            }
            Place::Gate { op, choice } | Place::Engagement { op, choice } => {
                self.resume(run, op, choice);
            }
        }
    }

    /// The re-entry rule, then the steps. `run.deadline` is the window's, or the event's `at`.
    pub fn enter(&mut self, mut run: Run, reason: Reason) {
        let index = run.journey;
        if let Some(last) = self.entered_before(&run) {
            return self.decide(
                index,
                Decided::new(Verdict::Refused, Reason::Reentry).run(run.id).instant("last", last),
            );
        }
        self.customer.entries.push(Entry { journey: index, key: run.key, at: self.t });
        if self.customer.entries.iter().filter(|entry| entry.journey == index).count() > MAX_ENTRIES
            && let Some(oldest) =
                self.customer.entries.iter().position(|entry| entry.journey == index)
        {
            self.customer.entries.remove(oldest);
        }
        self.decide(index, Decided::new(Verdict::Entered, reason).run(run.id));
        (run.anchor, run.entered_by) = (self.t, Some(run.newest));
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
            Next::Step => self.execute(run, op + 1),
            Next::Stay => self.put(run),
            Next::Gone => {}
        }
    }

    /// Executes operations from `op` until one waits or the run is over.
    fn execute(&mut self, mut run: Run, mut op: u16) {
        let journey = self.journey(run.journey);
        loop {
            match &journey.ops[usize::from(op)] {
                Op::Send(_) => {
                    run.due = self.t;
                    match self.send(&mut run, op, 0) {
                        Next::Step => op += 1,
                        Next::Stay => return self.put(run),
                        Next::Gone => return,
                    }
                }
                Op::Wait(wait) => {
                    let (place, until) = self.wait_ends(&run, op, wait);
                    if until > self.t {
                        return self.wait(run, place, &wait.step, until);
                    }
                    op += 1;
                }
                Op::Branch(branch) => op = self.branch(&run, branch),
                Op::Jump(jump) => op = jump.to,
                Op::Exit(exit) => {
                    let exited = Decided::new(Verdict::Exited, Reason::Step).run(run.id);
                    return self.decide(run.journey, exited.step(&exit.step));
                }
                Op::End(_) => return self.finish(run),
            }
        }
    }

    /// Where the run waits, and when that is over.
    fn wait_ends(&self, run: &Run, op: u16, wait: &Wait) -> (Place, Millis) {
        match wait.until {
            Until::Elapsed(span) => (Place::Delay { op }, run.anchor.saturating_add(span.millis())),
            Until::Local { time, at_most } => {
                let zone = self.customer.zone(&self.plan.policy);
                let last = self.t.saturating_add(at_most.millis());
                (Place::Local { op }, zone::next_local(self.t, time, &zone).min(last))
            }
        }
    }

    fn wait(&mut self, mut run: Run, place: Place, step: &CompactString, until: Millis) {
        let waiting = Decided::new(Verdict::Waiting, Reason::Step).run(run.id).step(step);
        self.decide(run.journey, waiting.instant("until", until));
        (run.place, run.deadline) = (place, until);
        self.put(run);
    }

    /// The operation to go to.
    fn branch(&mut self, run: &Run, branch: &Branch) -> u16 {
        let reader = self.reader(None, &run.captures);
        let mut arms = branch.arms.iter().enumerate();
        let Some((number, arm)) = arms.find(|(_, arm)| reader.holds(arm.when.as_ref())) else {
            let nowhere = Decided::new(Verdict::Branched, Reason::NoArm).run(run.id);
            self.decide(run.journey, nowhere.step(&branch.step));
            return branch.otherwise;
        };
        let reason = if arm.when.is_some() { Reason::Condition } else { Reason::Otherwise };
        let compared = reader.shown(arm.when.as_ref());
        let branched = Decided::new(Verdict::Branched, reason).run(run.id).step(&branch.step);
        self.decide(run.journey, branched.number("arm", number as i64).fields(compared));
        arm.target
    }

    /// All steps done: gone, or kept as long as the goal may still be reached.
    fn finish(&mut self, mut run: Run) {
        self.decide(run.journey, Decided::new(Verdict::Finished, Reason::Completed).run(run.id));
        let journey = self.journey(run.journey);
        if let (Some(within), Some((sent, _))) = (journey.goal_within, run.last_sent) {
            // The last event that counts happens then, and comes so much later; the run is there when it comes.
            let last = sent.saturating_add(within.millis());
            let comes = last.saturating_add(journey.max_event_age.millis());
            run.place = Place::Goal;
            run.deadline = comes.saturating_add(1);
            if run.deadline > self.t {
                self.put(run);
            }
            if let Some(surplus) = self.customer.lingers_no_longer() {
                self.take(surplus);
            }
        }
    }
}
