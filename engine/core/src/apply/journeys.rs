//! What an event does in one journey: goal, exit, move, trigger (`docs/semantics.md`, "Applying an event", 5).

use super::EventTime;
use super::context::{Context, leaving, order_total};
use crate::customer::{Document, DocumentKey, LatestId, MAX_RUNS, Place, Run, Use};
use crate::decision::{Compared, Decided, Reason, Verdict};
use crate::event::{Event, MAX_VALUE, Subject, key_text};
use crate::id::{RunId, key_hash};
use crate::journey::plan::{Journey, JourneyInterest, Plan};
use crate::time::{Millis, Span};
use crate::value::Value;
use thin_vec::ThinVec;

/// An event whose fields have been read.
pub(super) struct Occasion<'e> {
    /// The event.
    pub event: &'e Event<'e>,
    /// Its fields by the plan's numbers.
    pub fields: &'e [Value],
    /// Its times.
    pub time: EventTime,
}

impl Context<'_> {
    /// One journey's reaction. The exit rules that it met are added to `ended`.
    pub fn on_event(
        &mut self,
        occasion: &Occasion<'_>,
        interest: &JourneyInterest,
        ended: &mut Vec<LatestId>,
    ) {
        let index = interest.journey;
        let journey = self.journey(index);
        if interest.goal {
            self.convert(occasion, index);
        }
        for exit in &interest.exits {
            let exit = &journey.exits[usize::from(*exit)];
            let reader = self.reader(occasion.fields, &[]);
            if exit.condition.as_ref().is_none_or(|condition| reader.holds(condition)) {
                self.exit_all(occasion, index);
                ended.push(exit.latest);
            }
        }
        if interest.moves {
            self.move_windows(occasion, index);
        }
        if !interest.waits.is_empty() {
            self.meet(occasion, interest);
        }
        if interest.trigger {
            self.trigger(occasion, index);
        }
    }

    /// One run: the one whose message came last before the event.
    fn convert(&mut self, occasion: &Occasion<'_>, index: u16) {
        let Some(within) = self.journey(index).goal_within else { return };
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
        let Some((_, run)) = newest else { return };
        run.converted = true;
        let run = run.id;
        let mut converted = self.decided(index, Verdict::Converted, Reason::Goal).run(run);
        if let Some(total) = order_total(occasion.event) {
            converted = converted.value("revenue", Value::Number(total));
        }
        self.decide(&converted);
    }

    fn exit_all(&mut self, occasion: &Occasion<'_>, index: u16) {
        let at = occasion.time.at;
        let mut place = 0;
        while let Some(run) = self.customer.runs.get(place) {
            let waits_for_goal = run.place == Place::Goal && !run.converted;
            if run.journey != index || waits_for_goal || !ends(run, at) {
                place += 1;
                continue;
            }
            let id = run.id;
            let event = Value::Text(occasion.event.kind.as_ref().into());
            let left = self.decided(index, Verdict::Exited, Reason::ExitEvent);
            self.end(place, at, left.value("event", event));
            // What it began again may have come, and something finished gone, before this place.
            place = self.customer.runs.partition_point(|run| run.id <= id);
        }
    }

    /// The run at `place` ends by what happened at `at`, and `told` is decided of it. Where that came late, the run's newest trigger event,
    /// from after it, had only been taken for one of this run: it begins another.
    fn end(&mut self, place: usize, at: Millis, told: Decided) {
        let run = self.customer.runs.remove(place);
        // None where it has reached its goal: nothing is left to wait for.
        let Some(verdict) = leaving(run.place) else { return };
        self.decide(&Decided { verdict, run: Some(run.id), ..told });
        let Run { journey, key, newest, captures, about, .. } = run;
        if newest > at {
            self.open(journey, Opening { key, at: newest, captures, about });
        }
    }

    /// What ends runs is remembered: a trigger event from before may come later.
    pub fn note_end(&mut self, id: LatestId, time: EventTime) {
        let expired = time.seen.saturating_sub(self.core.longest_age + 1);
        self.customer.latest.note(id, time.at, expired);
    }

    /// What moves windows is remembered: the trigger event of a window may come later.
    fn move_windows(&mut self, occasion: &Occasion<'_>, index: u16) {
        let (journey, time) = (self.journey(index), occasion.time);
        let Some(quiet_for) = journey.quiet_for else { return };
        let key = self.key_of(occasion.event, journey);
        for run in self.customer.runs.iter_mut() {
            let is_window = run.journey == index && run.place == Place::Window;
            if is_window && key.is_none_or(|key| key == run.key) {
                run.deadline = run.deadline.max(time.at + quiet_for.millis());
            }
        }
        let id = key.map_or(journey.moved, |key| journey.moved.with_key(key));
        let expired = time.seen.saturating_sub(self.core.longest_window);
        self.customer.latest.note(id, time.at, expired);
    }

    /// When a window that opens at `at` closes: counted from what has moved it since, if that came first.
    fn closes(&self, journey: &Journey, key: u64, at: Millis, quiet_for: Span) -> Millis {
        let ids = [journey.moved, journey.moved.with_key(key)].into_iter();
        let moved = self.customer.latest.newest(Use::Moves, ids);
        at.max(moved.unwrap_or(at)) + quiet_for.millis()
    }

    /// The newest end of the runs of this key, of which a trigger event must be later.
    fn ended(&self, journey: &Journey, key: u64) -> Option<Millis> {
        let exits = journey.exits.iter().map(|exit| exit.latest);
        let filtered = journey.key.map(|_| journey.filtered.with_key(key));
        if journey.exits.is_empty() && filtered.is_none() {
            return None;
        }
        self.customer.latest.newest(Use::Ends, exits.chain(filtered))
    }

    /// The hash of the key's value; none where the journey has no key or the event no value for it.
    pub fn key_of(&self, event: &Event<'_>, journey: &Journey) -> Option<u64> {
        let field = self.plan().fields.get(usize::from(journey.key?))?;
        key_text(event, field).map(|text| key_hash(Some(&text)))
    }

    fn trigger(&mut self, occasion: &Occasion<'_>, index: u16) {
        let (journey, time) = (self.journey(index), occasion.time);
        let refused = |context: &Self, reason| context.decided(index, Verdict::Refused, reason);
        if time.age > journey.max_event_age.millis() {
            let late = refused(self, Reason::LateEvent).number("age", time.age);
            let late = late.number("max_event_age", journey.max_event_age.millis());
            return self.decide(&late);
        }
        let key = self.key_of(occasion.event, journey).unwrap_or(0);
        if let Some(ended) = self.ended(journey, key).filter(|ended| time.at <= *ended) {
            let stale = refused(self, Reason::Stale).instant("at", time.at);
            return self.decide(&stale.instant("ended", ended));
        }
        let reader = self.reader(occasion.fields, &[]);
        let passes = journey.when.as_ref().is_none_or(|when| reader.holds(when));
        if !passes {
            return self.filter(occasion, index, key);
        }
        let of_key = |run: &&mut Run| run.journey == index && run.key == key && run.place.is_live();
        let Some(run) = self.customer.runs.iter_mut().find(of_key) else {
            let captures = captures(journey, occasion.fields).collect();
            let about = about(self.plan(), occasion.event).collect();
            return self.open(index, Opening { key, at: time.at, captures, about });
        };
        if time.at >= run.newest {
            recapture(run, self.core.plan.as_ref(), journey, occasion);
        }
        if run.place == Place::Window
            && let Some(quiet_for) = journey.quiet_for
        {
            run.deadline = run.deadline.max(time.at + quiet_for.millis());
            return;
        }
        let id = run.id;
        self.decide(&refused(self, Reason::AlreadyRunning).run(id));
    }

    /// The trigger's condition is false. In a journey with a key, a window and a run of the key end, unless something newer keeps them.
    fn filter(&mut self, occasion: &Occasion<'_>, index: u16, key: u64) {
        let (journey, time) = (self.journey(index), occasion.time);
        let reader = self.reader(occasion.fields, &[]);
        let when = journey.when.as_ref();
        let compared = when.map_or_else(Compared::new, |when| reader.compared(when));
        let filtered = self.decided(index, Verdict::Refused, Reason::Filter).compared(compared);
        if journey.key.is_some() {
            self.note_end(journey.filtered.with_key(key), time);
            let ends = |run: &Run| {
                let of_key = run.journey == index && run.key == key && run.place.is_live();
                of_key && ends(run, time.at)
            };
            if let Some(place) = self.customer.runs.iter().position(ends) {
                return self.end(place, time.at, filtered);
            }
        }
        self.decide(&filtered);
    }

    /// Opens a window, or enters at once.
    fn open(&mut self, index: u16, opening: Opening) {
        if self.customer.live_runs() >= MAX_RUNS {
            let full = self.decided(index, Verdict::Refused, Reason::Limit);
            return self.decide(&full.number("limit", MAX_RUNS as i64));
        }
        let Opening { key, at, mut captures, about } = opening;
        let journey = self.journey(index);
        // It has waited for nothing yet.
        captures.truncate(journey.captures.len());
        captures.extend(journey.waited.iter().map(|_| Value::Null));
        let mut run = Run {
            id: RunId::of(&journey.name, self.customer.id, key, at),
            sent: None,
            key,
            opened_at: at,
            newest: at,
            entered_by: at,
            deadline: at,
            anchor: 0,
            place: Place::Window,
            captures,
            about,
            journey: index,
            converted: false,
        };
        let Some(quiet_for) = journey.quiet_for else {
            return self.enter(run, Reason::Trigger);
        };
        run.deadline = self.closes(journey, key, at, quiet_for);
        let opened = self.decided(index, Verdict::Waiting, Reason::Window).run(run.id);
        self.decide(&opened.instant("until", run.deadline));
        self.customer.insert_run(run);
    }
}

/// What a trigger event gives to a window or run.
struct Opening {
    key: u64,
    at: Millis,
    captures: ThinVec<Value>,
    about: ThinVec<DocumentKey>,
}

/// Whether what ends runs at `at` ends this one: its newest trigger event is not later. A run that has entered ends, too, if the trigger
/// event by which it entered is not later: what came since belongs to another.
fn ends(run: &Run, at: Millis) -> bool {
    let begun = if run.place == Place::Window { run.newest } else { run.entered_by };
    begun <= at
}

fn captures(journey: &Journey, fields: &[Value]) -> impl Iterator<Item = Value> {
    let read = |index: &u16| fields.get(usize::from(*index)).map_or(Value::Null, captured);
    journey.captures.iter().map(read)
}

/// A run keeps no text that is longer than a field of the profile may be.
pub(super) fn captured(value: &Value) -> Value {
    match value {
        Value::Text(text) if text.len() > MAX_VALUE => Value::Null,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => value.clone(),
    }
}

/// Into the memory that is there.
fn recapture(run: &mut Run, plan: &Plan, journey: &Journey, occasion: &Occasion<'_>) {
    run.newest = occasion.time.at;
    // What follows is of the event that it has waited for.
    let places = run.captures.iter_mut();
    places.zip(captures(journey, occasion.fields)).for_each(|(place, value)| *place = value);
    run.about.clear();
    run.about.extend(about(plan, occasion.event));
}

/// The documents that the event carries, of those that are kept.
fn about(plan: &Plan, event: &Event<'_>) -> impl Iterator<Item = DocumentKey> {
    let there = Subject::KEPT
        .into_iter()
        .filter(|subject| plan.kept.has(*subject) && event.subject(*subject).is_some());
    there.filter_map(|subject| Some(DocumentKey::new(Document::of(subject)?, event.id_of(subject))))
}

/// The run's newest message that is known not to be after `at`: its latest, else its first.
fn message_before(run: &Run, at: Millis) -> Option<Millis> {
    let sent = run.sent?;
    [sent.at, sent.first].into_iter().find(|message| *message <= at)
}
