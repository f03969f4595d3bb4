//! What an event does in one journey: goal, exit, move, trigger (`docs/semantics.md`, "Applying an event", 5).

use super::context::{Context, leaving, order_total};
use super::{EventTime, MAX_RUNS};
use crate::customer::{Place, Run};
use crate::decision::{Compared, Reason, Verdict};
use crate::event::{Event, key_text};
use crate::id::{RunId, key_hash};
use crate::journey::plan::{Journey, JourneyInterest};
use crate::value::Value;

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
    /// One journey's reaction.
    pub fn on_event(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        let index = interest.journey;
        let journey = self.journey(index);
        if interest.goal {
            self.convert(occasion, index);
        }
        for exit in &interest.exits {
            let condition = journey.exits[usize::from(*exit)].as_ref();
            let reader = self.reader(occasion.fields, &[]);
            if condition.is_none_or(|condition| reader.holds(condition)) {
                self.exit_all(occasion, index);
            }
        }
        if interest.moves {
            self.move_windows(occasion, index);
        }
        if interest.trigger {
            self.trigger(occasion, index);
        }
    }

    fn convert(&mut self, occasion: &Occasion<'_>, index: u16) {
        let Some(within) = self.journey(index).goal_within else { return };
        for place in 0..self.customer.runs.len() {
            let run = &mut self.customer.runs[place];
            let is_due = |run: &Run| {
                run.sent.is_some_and(|sent| occasion.time.at - sent.at <= within.millis())
            };
            if run.journey != index || run.converted || !is_due(run) {
                continue;
            }
            run.converted = true;
            let run = run.id;
            let mut converted = self.decided(index, Verdict::Converted, Reason::Goal).run(run);
            if let Some(total) = order_total(occasion.event) {
                converted = converted.value("revenue", Value::Number(total));
            }
            self.decide(&converted);
        }
    }

    fn exit_all(&mut self, occasion: &Occasion<'_>, index: u16) {
        let mut place = 0;
        while let Some(run) = self.customer.runs.get(place) {
            if run.journey != index || run.place == Place::Goal && !run.converted {
                place += 1;
                continue;
            }
            let run = self.customer.runs.remove(place);
            // None where it has reached its goal: nothing is left to wait for.
            let Some(verdict) = leaving(run.place) else { continue };
            let event = Value::Text(occasion.event.kind.as_ref().into());
            let left = self.decided(index, verdict, Reason::ExitEvent).run(run.id);
            self.decide(&left.value("event", event));
        }
    }

    fn move_windows(&mut self, occasion: &Occasion<'_>, index: u16) {
        let journey = self.journey(index);
        let Some(quiet_for) = journey.quiet_for else { return };
        let key = self.key_of(occasion.event, journey);
        for run in self.customer.runs.iter_mut() {
            let is_window = run.journey == index && run.place == Place::Window;
            if is_window && key.is_none_or(|key| key == run.key) {
                run.deadline = run.deadline.max(occasion.time.at + quiet_for.millis());
            }
        }
    }

    /// The hash of the key's value; none where the journey has no key or the event no value for it.
    fn key_of(&self, event: &Event<'_>, journey: &Journey) -> Option<u64> {
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
        let reader = self.reader(occasion.fields, &[]);
        let passes = journey.when.as_ref().is_none_or(|when| reader.holds(when));
        let of_key = |run: &Run| run.journey == index && run.key == key;
        let is_running = |run: &&mut Run| of_key(run) && run.place.is_running();
        if let Some(run) = self.customer.runs.iter_mut().find(is_running) {
            if passes {
                recapture(run, journey, occasion.fields);
            }
            let id = run.id;
            return self.decide(&refused(self, Reason::AlreadyRunning).run(id));
        }
        let is_window = |run: &Run| of_key(run) && run.place == Place::Window;
        let window = self.customer.runs.iter().position(is_window);
        if !passes {
            return self.filter(occasion, index, window);
        }
        if let (Some(place), Some(quiet_for)) = (window, journey.quiet_for) {
            let run = &mut self.customer.runs[place];
            recapture(run, journey, occasion.fields);
            run.deadline = run.deadline.max(time.at + quiet_for.millis());
            return;
        }
        if self.customer.live_runs() >= MAX_RUNS {
            let full = refused(self, Reason::Limit).number("limit", MAX_RUNS as i64);
            return self.decide(&full);
        }
        self.open(occasion, index, key);
    }

    /// The trigger's condition is false: a window of the key closes.
    fn filter(&mut self, occasion: &Occasion<'_>, index: u16, window: Option<usize>) {
        let reader = self.reader(occasion.fields, &[]);
        let when = self.journey(index).when.as_ref();
        let compared = when.map_or_else(Compared::new, |when| reader.compared(when));
        let mut filtered = self.decided(index, Verdict::Refused, Reason::Filter).compared(compared);
        filtered.run = window.map(|place| self.customer.runs.remove(place).id);
        self.decide(&filtered);
    }

    /// Opens a window, or enters at once.
    fn open(&mut self, occasion: &Occasion<'_>, index: u16, key: u64) {
        let (journey, at) = (self.journey(index), occasion.time.at);
        let mut run = Run {
            id: RunId::of(&journey.name, self.customer.id, key, at),
            sent: None,
            key,
            opened_at: at,
            deadline: at,
            anchor: 0,
            place: Place::Window,
            captures: captures(journey, occasion.fields).collect(),
            journey: index,
            converted: false,
        };
        let Some(quiet_for) = journey.quiet_for else {
            return self.enter(run, Reason::Trigger);
        };
        run.deadline = at + quiet_for.millis();
        let opened = self.decided(index, Verdict::Waiting, Reason::Window).run(run.id);
        self.decide(&opened.instant("until", run.deadline));
        self.customer.insert_run(run);
    }
}

fn captures(journey: &Journey, fields: &[Value]) -> impl Iterator<Item = Value> {
    journey
        .captures
        .iter()
        .map(|index| fields.get(usize::from(*index)).cloned().unwrap_or_default())
}

/// Into the memory that is there.
fn recapture(run: &mut Run, journey: &Journey, fields: &[Value]) {
    run.captures.clear();
    run.captures.extend(captures(journey, fields));
}
