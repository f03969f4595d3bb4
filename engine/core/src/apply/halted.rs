//! Journeys that people have paused or stopped (`docs/semantics.md`, "Control").

use super::context::{Context, leaving};
use super::{Core, Environment};
use crate::control::Standing;
use crate::customer::{Customer, Pause, Place, Run};
use crate::decision::{Decided, Reason, Verdict};
use crate::time::Millis;

impl Core {
    /// The journey is stopped: the customer's windows and runs of it end, in order of RunId, at the greatest record time so far, `seen`. What has finished waits on for its goal.
    pub fn stop(
        &self,
        customer: &mut Customer,
        journey: u16,
        seen: Millis,
        environment: &mut Environment<'_>,
    ) {
        let mut context = Context::new(self, customer, (seen, seen), environment);
        if context.end_all(journey) {
            context.review(seen);
        }
    }

    /// The journey is resumed at `seen`: the deadlines of those of its runs count again that have waited for it. Those that lie more than `missed_within` back come too
    /// late for their messages.
    pub fn resume(
        &self,
        customer: &mut Customer,
        journey: u16,
        seen: Millis,
        missed_within: Millis,
    ) {
        for run in customer.runs.iter_mut() {
            if run.journey == journey && run.pause == Pause::Waits {
                let late = seen.saturating_sub(run.deadline);
                run.pause = if late > missed_within { Pause::Missed } else { Pause::None };
                customer.dirty = true;
            }
        }
        customer.runs_changed();
    }
}

impl Context<'_> {
    /// Whether the journey runs.
    #[inline]
    pub fn standing(&self, journey: u16) -> Standing {
        if self.control.lets_all_run() {
            return Standing::Runs;
        }
        self.control.standing(&self.journey(journey).name)
    }

    /// Why nothing of the journey may begin; none where something may.
    pub fn may_not_begin(&self, journey: u16) -> Option<Decided> {
        let refused = |reason| Some(self.decided(journey, Verdict::Refused, reason));
        match self.standing(journey) {
            Standing::Runs => self.is_full(journey),
            Standing::Paused => refused(Reason::Paused),
            Standing::Stopped => refused(Reason::Stopped),
        }
    }

    /// The deadline of a window or run has come: one of a paused journey waits for it to be resumed, and a window that was resumed too late closes. The run where
    /// it goes on.
    pub fn unless_paused(&mut self, run: Run) -> Option<Run> {
        if !run.place.is_live() {
            return Some(run);
        }
        match (self.standing(run.journey), run.pause) {
            (Standing::Paused, _) => {
                let deferred = self.decided(run.journey, Verdict::Deferred, Reason::Paused);
                self.decide(&Decided { op: run.place.op(), ..deferred.run(run.id) });
                self.customer.insert_run(Run { pause: Pause::Waits, ..run });
                None
            }
            (Standing::Runs | Standing::Stopped, Pause::Missed) if run.place == Place::Window => {
                let refused = self.decided(run.journey, Verdict::Refused, Reason::Paused);
                self.decide(&refused.run(run.id).number("late", self.late(&run)));
                None
            }
            (Standing::Runs | Standing::Stopped, _) => Some(run),
        }
    }

    /// How long ago the deadline was that has brought the run here, ms.
    pub fn late(&self, run: &Run) -> Millis {
        self.t.saturating_sub(run.deadline)
    }

    /// Whether there was something to end.
    fn end_all(&mut self, journey: u16) -> bool {
        let mut any = false;
        let is_live = |run: &Run| run.journey == journey && run.place.is_live();
        while let Some(place) = self.customer.runs.iter().position(is_live) {
            let run = self.customer.runs.remove(place);
            (self.customer.dirty, any) = (true, true);
            let Some(verdict) = leaving(run.place) else { continue };
            let ended = self.decided(journey, verdict, Reason::Stopped);
            self.decide(&ended.run(run.id));
            self.linger(run);
        }
        self.runs_changed();
        any
    }
}
