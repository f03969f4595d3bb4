//! Reaching a goal (`docs/semantics.md`, "Applying an event", 5a).

use super::context::{Context, order_total};
use super::journeys::Occasion;
use crate::customer::{Forgotten, Pause, Place, Run, Sent};
use crate::decision::{Reason, Verdict};
use crate::id::CommandId;
use crate::journey::op::Send;
use crate::journey::plan::Journey;
use crate::sends::Converted;
use crate::time::Millis;
use crate::value::Value;

impl Context<'_> {
    /// The run, which is not among the customer's any more, has no step left: it waits on for its goal, if it has one to wait for.
    pub(super) fn linger(&mut self, run: Run) {
        let Some(run) = lingering(self.journey(run.journey), run, self.t) else { return };
        self.customer.insert_run(run);
        if self.customer.forget_lingering() {
            self.effects.forgets(Forgotten::Lingering);
        }
    }

    /// One run: the one whose message came last before the event.
    // Apart: most events are no goal.
    #[inline(never)]
    pub(super) fn convert(&mut self, occasion: &Occasion<'_>, index: u16) {
        let journey = self.journey(index);
        let Some(within) = journey.goal_within else { return };
        let at = occasion.time.at;
        let open = |run: &&mut Run| run.journey == index && !run.converted;
        let credited = |run: &mut Run| {
            let message = message_before(run, at)?;
            (at - message <= within.millis()).then_some(message)
        };
        let runs = self.customer.runs.iter_mut().filter(open);
        let due = runs.filter_map(|run| Some((credited(run)?, run)));
        // Of equal ones the first.
        let newest = due.rev().max_by_key(|(message, _)| *message);
        let Some((message, run)) = newest else { return };
        run.converted = true;
        let (id, sent) = (run.id, run.sent);
        let latest = sent.filter(|sent| sent.at == message);
        let step = latest.and_then(|sent| step_of(journey, run, sent.command));
        let revenue = order_total(occasion.event);
        let mut converted = self.decided(index, Verdict::Converted, Reason::Goal).run(id);
        if let Some(total) = revenue {
            converted = converted.value("revenue", Value::Number(total));
        }
        self.decide(&converted);
        let side = self.side(index);
        let first = sent.map_or(message, |sent| sent.first);
        self.effects.measures.convert(Converted {
            at,
            journey: journey.name.to_string(),
            step: step.map(|send| send.step.to_string()),
            variant: step.and_then(|send| send.variant.as_ref()).map(ToString::to_string),
            first,
            side,
            late: at - first > within.millis(),
            revenue,
        });
    }
}

/// The run as it waits for its goal at `t`, once it has no step any more, however it has come to that: with what a goal asks for alone. None without a goal or a
/// message, where it has reached it, or where it is too late for it. Whether an event counts is told by its own time alone; so the run stays as long as
/// one that counts may come, and be no late event, the last millisecond included.
pub(super) fn lingering(journey: &Journey, run: Run, t: Millis) -> Option<Run> {
    let within = journey.goal_within.filter(|_| !run.converted)?;
    let deadline = run.sent?.at + within.millis() + journey.max_event_age.millis() + 1;
    let mut run = Run { place: Place::Goal, deadline, pause: Pause::None, ..run };
    run.captures.clear();
    run.forget_heard();
    (deadline > t).then_some(run)
}

/// The run's newest message that is known not to be after `at`: its latest, else its first.
fn message_before(run: &Run, at: Millis) -> Option<Millis> {
    let Sent { at: latest, first, .. } = run.sent?;
    [latest, first].into_iter().find(|message| *message <= at)
}

/// The send that has made the command; none where it is not in the journey any more.
fn step_of<'j>(journey: &'j Journey, run: &Run, command: CommandId) -> Option<&'j Send> {
    let made = |send: &&Send| {
        let mut occurrences = 0..send.channels.len() as u32;
        occurrences.any(|occurrence| CommandId::of(run.id, &send.step, occurrence) == command)
    };
    journey.sends().find(made)
}
