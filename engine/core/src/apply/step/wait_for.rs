//! Waiting for an event: the first that fits, which may have come before the run did, or the time for it is up.

use super::next::Next;
use crate::apply::about::About;
use crate::apply::context::Context;
use crate::apply::journeys::Occasion;
use crate::control::Standing;
use crate::customer::{Heard, Pause, Place, Run};
use crate::decision::{Reason, Verdict};
use crate::id::RunId;
use crate::journey::condition::kept;
use crate::journey::op::WaitFor;
use crate::journey::plan::{Journey, JourneyInterest, MAX_OPS};
use crate::value::Value;

// What a run has heard of names waits by a bit each.
const _: () = assert!(MAX_OPS <= u64::BITS as usize);

/// The run reaches the wait.
pub(super) fn run(wait: &WaitFor, context: &mut Context<'_>, run: &mut Run, op: u16) -> Next {
    let journey = context.journey(run.journey);
    if let Some(Heard { at, kind, values, .. }) = run.take_heard(op) {
        let waited = context.by_step(run, op, Verdict::Waited, Reason::Event);
        context.decide(&waited.value("event", Value::Text(kind)).instant("at", at));
        keep(journey, run, values);
        run.anchor = context.t;
        return Next::Op(op + 1);
    }
    keep(journey, run, journey.waited.iter().map(|_| Value::Null));
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
    /// The runs of a journey that wait for this event go on; those that will wait for it remember it.
    pub fn meet(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        let index = interest.journey;
        let of_journey = |run: &&Run| run.journey == index && run.place.is_live();
        let sole = self.customer.runs.iter().filter(of_journey).count() == 1;
        let key = self.key_of(occasion.event, interest);
        // What became of a message concerns the run that has sent it: such an event hardly ever has the key of one.
        let about = About::of(occasion.event);
        let concerns = |run: &&Run| match &about {
            Some(about) => run.sent.is_some_and(|sent| about.is_message(run.id, sent.command)),
            None => key.map_or(sole, |key| key == run.key),
        };
        // None without a step: a window has not entered, and what has finished waits no more.
        let concerned = self.customer.runs.iter().filter(of_journey).filter(concerns);
        let concerned: Vec<(RunId, u16)> =
            concerned.filter_map(|run| Some((run.id, run.place.op()?))).collect();
        for (id, op) in concerned {
            self.meet_run(occasion, interest, id, op);
        }
    }

    /// One of the runs, which is at `op`.
    fn meet_run(
        &mut self,
        occasion: &Occasion<'_>,
        interest: &JourneyInterest,
        id: RunId,
        op: u16,
    ) {
        let Some(place) = self.customer.runs.iter().position(|run| run.id == id) else { return };
        let run = &self.customer.runs[place];
        // What happened before the message that it may be an answer to, or before the run began, is none.
        if occasion.time.at < run.sent.map_or(run.entered_by, |sent| sent.at) {
            return;
        }
        let journey = self.journey(run.journey);
        let fits = |op: u16| self.fitting(occasion, (journey, run.key), op);
        // One that a pause has kept beyond its time waits no more.
        let waits = run.place.waits_for_event().filter(|_| run.pause == Pause::None);
        let here = waits.filter(|op| interest.waits.contains(op));
        if let Some(wait) = here.and_then(fits) {
            let reader = occasion.reader(self, run.key);
            let compared = wait.condition.as_ref().map(|condition| reader.compared(condition));
            let waited = self.by_step(run, op, Verdict::Waited, Reason::Event);
            let waited = waited.value("event", Value::Text(occasion.event.kind.as_ref().into()));
            self.decide(&waited.compared(compared.unwrap_or_default()));
            let mut run = self.customer.runs.remove(place);
            keep(journey, &mut run, kept_of(journey, occasion));
            run.anchor = self.t;
            if self.standing(run.journey) == Standing::Paused {
                // The wait is over; what follows it is not for now.
                (run.place, run.deadline) = (Place::Delay { op }, self.t);
                self.customer.insert_run(run);
                return;
            }
            return self.execute(run, op + 1);
        }
        let ahead = interest.waits.iter().filter(|wait| **wait > op);
        let ended = ahead.filter(|wait| fits(**wait).is_some());
        let waits = ended.fold(0, |bits, wait| bits | Heard::bit(*wait));
        if waits != 0 {
            let values = kept_of(journey, occasion).collect();
            let (at, kind) = (occasion.time.at, occasion.event.kind.as_ref().into());
            self.customer.runs[place].hear(Heard { at, waits, kind, values });
        }
    }

    /// The wait at `op`, which is for events of this type, if this one ends it for runs that it concerns.
    fn fitting<'j>(
        &self,
        occasion: &Occasion<'_>,
        (journey, key): (&'j Journey, u64),
        op: u16,
    ) -> Option<&'j WaitFor> {
        let wait = journey.wait_for(op)?;
        let reader = occasion.reader(self, key);
        wait.condition.as_ref().is_none_or(|condition| reader.holds(condition)).then_some(wait)
    }
}

/// What a run of the journey keeps of an event that it has waited for.
fn kept_of(journey: &Journey, occasion: &Occasion<'_>) -> impl Iterator<Item = Value> {
    journey.waited.iter().rev().map(|field| match field {
        None => Value::Text(occasion.event.kind.as_ref().into()),
        Some(field) => occasion.fields.get(usize::from(*field)).map_or(Value::Null, kept),
    })
}

/// The run keeps this of what it has waited for.
fn keep(journey: &Journey, run: &mut Run, values: impl IntoIterator<Item = Value>) {
    run.captures.truncate(journey.before_waited());
    run.captures.extend(values);
}
