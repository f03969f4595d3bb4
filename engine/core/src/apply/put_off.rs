//! Messages that a hold or a group has put off: what has just happened may let them go on, and a message of a journey further up ends them.

use super::context::{Context, leaving};
use crate::customer::{Place, PutOff, Run};
use crate::decision::{Decided, Reason, Verdict};
use crate::gate;
use crate::time::Millis;
use crate::value::Value;

impl Context<'_> {
    /// Behind every event and every timer: a message that is free to go on does so at `earliest`; another one waits until the hold is over as it is
    /// known now.
    #[inline]
    pub(super) fn review(&mut self, earliest: Millis) {
        if self.plan().rules.put_off() {
            self.review_runs(earliest);
        }
    }

    // Apart, so that who has nothing to review pays for nothing.
    #[inline(never)]
    fn review_runs(&mut self, earliest: Millis) {
        let mut moved = false;
        for place in 0..self.customer.runs.len() {
            let deadline = self.reviewed(&self.customer.runs[place], earliest);
            if let Some(deadline) = deadline {
                self.customer.runs[place].deadline = deadline;
                moved = true;
            }
        }
        if moved {
            self.runs_changed();
        }
    }

    /// When the run goes on; none where that is as it was. What is due already is asked anyway.
    fn reviewed(&self, run: &Run, earliest: Millis) -> Option<Millis> {
        let Place::Gate { due, held: false, by: Some(by), .. } = run.place else { return None };
        if run.deadline <= self.t {
            return None;
        }
        let reader = self.reader(run);
        match by {
            PutOff::Hold(number) => {
                let until = gate::put_off_until(self.plan(), &reader, number, due);
                Some(until.map_or(earliest, |until| until.max(self.t + 1)))
            }
            PutOff::Group => {
                let waits = gate::writes_first(self.plan(), &reader, run).is_some();
                (!waits).then_some(earliest)
            }
        }
    }

    /// The run has written to the customer for the first time, or would have: those below it in its group that are about the same end.
    pub(super) fn supersede(&mut self, run: &Run) {
        let journey = self.journey(run.journey);
        if journey.group.is_none() || !gate::concerns_others(self.plan(), journey, self.customer.id)
        {
            return;
        }
        let is_below = |context: &Self, other: &Run| {
            gate::is_below(context.plan(), &context.reader(run), run, other)
        };
        while let Some(place) = self.customer.runs.iter().position(|other| is_below(self, other)) {
            let ended = self.customer.runs.remove(place);
            if ended.place == Place::Window {
                self.leave_alone(ended.journey);
            }
            let Some(verdict) = leaving(ended.place) else { continue };
            let left = self.decided(ended.journey, Verdict::Exited, Reason::Superseded);
            let left = left.value("by", Value::Text(journey.name.clone()));
            self.decide(&Decided { verdict, run: Some(ended.id), ..left });
            self.linger(ended);
        }
    }
}
