//! What an event does to the journeys of its customer: goal, exit, move, trigger.

use super::context::{Context, Decided, event_field, key_text};
use super::customer::{Place, Run};
use super::event::Event;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::id::{RunId, key_hash};
use cartwheel_core::journey::plan::JourneyInterest;
use cartwheel_core::time::Millis;
use cartwheel_core::value::Value;

/// Windows and runs of one customer.
const MAX_RUNS: usize = 32;

impl Context<'_> {
    /// Every journey that the event's type concerns, in order of names. `at` is the event's time, T at most.
    pub fn on_event(&mut self, event: &Event, at: Millis) {
        let plan = self.plan;
        let Some(interest) = plan.events.get(event.kind.as_str()) else { return };
        let mut journeys: Vec<&JourneyInterest> = interest.journeys.iter().collect();
        journeys.sort_by_key(|interest| &plan.journeys[usize::from(interest.journey)].name);
        for interest in journeys {
            if interest.goal {
                self.goal(interest.journey, event, at);
            }
            self.exit(interest, event);
            if interest.moves && !interest.trigger {
                self.move_windows(interest.journey, event, at);
            }
            if interest.trigger {
                self.trigger(interest.journey, event, at);
            }
        }
    }

    fn goal(&mut self, journey: u16, event: &Event, at: Millis) {
        let Some(within) = self.journey(journey).goal_within else { return };
        for place in 0..self.customer.runs.len() {
            let run = &mut self.customer.runs[place];
            let Some((sent, _)) = run.last_sent else { continue };
            if run.journey != journey || run.converted || at.saturating_sub(sent) > within.millis()
            {
                continue;
            }
            run.converted = true;
            let mut what = Decided::new(Verdict::Converted, Reason::Goal).run(run.id);
            if let Some(revenue) = event.revenue() {
                what = what.value("revenue", Value::Number(revenue));
            }
            self.decide(journey, what);
        }
    }

    fn exit(&mut self, interest: &JourneyInterest, event: &Event) {
        for rule in &interest.exits {
            let condition = self.journey(interest.journey).exits[usize::from(*rule)].as_ref();
            if !self.reader(Some(&event.body), &[]).holds(condition) {
                continue;
            }
            let touched: Vec<(RunId, Place, bool)> = self
                .customer
                .runs
                .iter()
                .filter(|run| run.journey == interest.journey)
                .map(|run| (run.id, run.place, run.converted))
                .collect();
            for (id, place, converted) in touched {
                let verdict = match place {
                    Place::Goal => {
                        if converted {
                            self.take(id);
                        }
                        continue;
                    }
                    Place::Window => Verdict::Refused,
                    Place::Delay { .. }
                    | Place::Local { .. }
                    | Place::Gate { .. }
                    | Place::Engagement { .. } => Verdict::Exited,
                };
                self.take(id);
                let event = Value::Text(event.kind.as_str().into());
                self.decide(
                    interest.journey,
                    Decided::new(verdict, Reason::ExitEvent).run(id).value("event", event),
                );
            }
        }
    }

    fn key(&self, journey: u16, event: &Event) -> Option<String> {
        let field = self.journey(journey).key?;
        key_text(&event.body, &self.plan.fields[usize::from(field)])
    }

    fn move_windows(&mut self, journey: u16, event: &Event, at: Millis) {
        let key = self.key(journey, event).map(|key| key_hash(Some(&key)));
        let of_key = |run: &&Run| key.is_none_or(|key| key == run.key);
        let windows = self
            .customer
            .runs
            .iter()
            .filter(|run| run.journey == journey && run.place == Place::Window);
        let moved: Vec<RunId> = windows.filter(of_key).map(|run| run.id).collect();
        for id in moved {
            self.move_window(journey, id, at, None);
        }
    }

    /// The window closes `quiet_for` after `at`, if that is later than so far.
    fn move_window(&mut self, journey: u16, id: RunId, at: Millis, captures: Option<Vec<Value>>) {
        let (Some(quiet_for), Some(mut window)) = (self.journey(journey).quiet_for, self.take(id))
        else {
            return;
        };
        window.deadline = window.deadline.max(at.saturating_add(quiet_for.millis()));
        if let Some(captures) = captures {
            window.captures = captures;
        }
        self.put(window);
    }

    fn captures(&self, journey: u16, event: &Event) -> Vec<Value> {
        let field = |index: &u16| {
            event_field(&event.body, &self.plan.fields[usize::from(*index)]).to_value()
        };
        self.journey(journey).captures.iter().map(field).collect()
    }

    fn trigger(&mut self, index: u16, event: &Event, at: Millis) {
        let journey = self.journey(index);
        let key = key_hash(self.key(index, event).as_deref());
        let age = self.t.saturating_sub(event.time);
        if age > journey.max_event_age.millis() {
            let what = Decided::new(Verdict::Refused, Reason::LateEvent);
            return self.decide(
                index,
                what.number("age", age).number("max_event_age", journey.max_event_age.millis()),
            );
        }
        let reader = self.reader(Some(&event.body), &[]);
        let wanted = reader.holds(journey.when.as_ref());
        let compared = reader.shown(journey.when.as_ref());
        let captures = self.captures(index, event);
        let same_key = |run: &&mut Run| run.journey == index && run.key == key;
        if let Some(run) = self
            .customer
            .runs
            .iter_mut()
            .filter(same_key)
            .find(|run| run.live() && run.place != Place::Window)
        {
            if wanted {
                run.captures = captures;
            }
            let id = run.id;
            return self
                .decide(index, Decided::new(Verdict::Refused, Reason::AlreadyRunning).run(id));
        }
        let window = self
            .customer
            .runs
            .iter_mut()
            .filter(same_key)
            .find(|run| run.place == Place::Window)
            .map(|run| run.id);
        if !wanted {
            let mut what = Decided::new(Verdict::Refused, Reason::Filter).fields(compared);
            what.run = window;
            if let Some(id) = window {
                self.take(id);
            }
            return self.decide(index, what);
        }
        if let Some(id) = window {
            return self.move_window(index, id, at, Some(captures));
        }
        if self.customer.runs.iter().filter(|run| run.live()).count() >= MAX_RUNS {
            return self.decide(
                index,
                Decided::new(Verdict::Refused, Reason::Limit).number("limit", MAX_RUNS as i64),
            );
        }
        self.open(index, key, at, captures);
    }

    /// Opens a window, or enters at once.
    fn open(&mut self, index: u16, key: u64, at: Millis, captures: Vec<Value>) {
        let journey = self.journey(index);
        let mut run = Run {
            id: RunId::of(&journey.name, self.id, key, at),
            journey: index,
            key,
            captures,
            place: Place::Window,
            deadline: at,
            held: false,
            anchor: self.t,
            due: self.t,
            last_sent: None,
            engaged: false,
            converted: false,
        };
        let Some(quiet_for) = journey.quiet_for else { return self.enter(run, Reason::Trigger) };
        run.deadline = at.saturating_add(quiet_for.millis());
        self.decide(
            index,
            Decided::new(Verdict::Waiting, Reason::Window)
                .run(run.id)
                .instant("until", run.deadline),
        );
        self.put(run);
    }
}
