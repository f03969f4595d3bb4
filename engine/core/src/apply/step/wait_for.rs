//! Waiting for an event: the first that fits, or the time for it is up.

use super::next::Next;
use crate::apply::context::Context;
use crate::apply::event::command_of;
use crate::apply::journeys::Occasion;
use crate::customer::{Place, Run};
use crate::decision::{Decided, Reason, Verdict};
use crate::id::RunId;
use crate::journey::condition::kept;
use crate::journey::op::WaitFor;
use crate::journey::plan::JourneyInterest;
use crate::value::Value;

/// The run reaches the wait.
pub(super) fn run(wait: &WaitFor, context: &mut Context<'_>, run: &mut Run, op: u16) -> Next {
    keep(context, run, None);
    let until = context.t + wait.at_most.millis();
    let waiting = context.by_step(run, op, Verdict::Waiting, Reason::Step);
    context.decide(&waiting.instant("until", until));
    Next::Stay(Place::Event { op }, until)
}

/// The time is up.
pub(super) fn wake(context: &mut Context<'_>, run: &mut Run, op: u16) -> Next {
    context.decide(&context.by_step(run, op, Verdict::Waited, Reason::TimedOut));
    run.anchor = context.t;
    Next::Op(op + 1)
}

impl Context<'_> {
    /// The runs of a journey that wait for this event go on.
    pub fn meet(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        let index = interest.journey;
        let of_journey = |run: &&Run| run.journey == index && run.place.is_live();
        let sole = self.customer.runs.iter().filter(of_journey).count() == 1;
        let key = self.key_of(occasion.event, interest);
        let waits = |run: &&Run| {
            of_journey(run)
                && run.place.waits_for_event().is_some_and(|op| interest.waits.contains(&op))
                && key.map_or(sole, |key| key == run.key)
        };
        let waiting: Vec<RunId> =
            self.customer.runs.iter().filter(waits).map(|run| run.id).collect();
        for id in waiting {
            self.meet_run(occasion, id);
        }
    }

    fn meet_run(&mut self, occasion: &Occasion<'_>, id: RunId) {
        let Some(place) = self.customer.runs.iter().position(|run| run.id == id) else { return };
        let run = &self.customer.runs[place];
        let Some(op) = run.place.waits_for_event() else { return };
        let Some(decided) = self.met(occasion, run, op) else { return };
        let mut run = self.customer.runs.remove(place);
        keep(self, &mut run, Some(occasion));
        self.decide(&decided);
        run.anchor = self.t;
        self.execute(run, op + 1);
    }

    /// What is decided if the event ends the run's wait at `op`.
    fn met(&self, occasion: &Occasion<'_>, run: &Run, op: u16) -> Option<Decided> {
        let wait = self.journey(run.journey).wait_for(op)?;
        // What happened before the message that it may be an answer to, or before the run began, is none.
        let since = run.sent.map_or(run.entered_by, |sent| sent.at);
        let command = command_of(occasion.event);
        let of_another = command.is_some_and(|id| run.sent.is_none_or(|sent| sent.command != id));
        if occasion.time.at < since || of_another {
            return None;
        }
        let reader = occasion.reader(self);
        let mut decided = self.by_step(run, op, Verdict::Waited, Reason::Event);
        decided = decided.value("event", Value::Text(occasion.event.kind.as_ref().into()));
        match &wait.condition {
            Some(condition) if !reader.holds(condition) => None,
            Some(condition) => Some(decided.compared(reader.compared(condition))),
            None => Some(decided),
        }
    }
}

/// The run keeps what its journey reads of the event, or that there was none.
fn keep(context: &Context<'_>, run: &mut Run, occasion: Option<&Occasion<'_>>) {
    let journey = context.journey(run.journey);
    let value = |field: &Option<u16>| match (occasion, field) {
        (None, _) => Value::Null,
        (Some(occasion), None) => Value::Text(occasion.event.kind.as_ref().into()),
        (Some(occasion), Some(field)) => {
            occasion.fields.get(usize::from(*field)).map_or(Value::Null, kept)
        }
    };
    run.captures.truncate(journey.captures.len());
    run.captures.extend(journey.waited.iter().rev().map(value));
}
