//! What an event does to the journeys of its customer: goal, exit, move, trigger.

use super::context::{Context, Decided, event_field, key_text};
use super::customer::{Place, Run};
use super::documents::{DocumentName, carried};
use super::event::Event;
use super::odd::MAX_VALUE;
use cartwheel_core::customer::{LatestId, Use};
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::id::{RunId, key_hash};
use cartwheel_core::journey::op::When;
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
        let mut ended = Vec::new();
        for interest in journeys {
            if interest.goal {
                self.goal(interest.journey, event, at);
            }
            ended.extend(self.exit(interest, event, at));
            if interest.moves && !interest.trigger {
                self.move_windows(interest.journey, event, at);
            }
            self.wait_is_over(interest.journey, event, at);
            if interest.trigger {
                self.trigger(interest.journey, event, at);
            }
        }
        // An event that ends runs may begin others.
        for rule in ended {
            self.note_end(rule, at);
        }
    }

    /// What steps have let happen happens now, one after the other; what that leads to comes behind.
    pub fn let_happen(&mut self) {
        while !self.emitted.0.is_empty() {
            let event = self.emitted.0.remove(0);
            self.emitted.1 += 1;
            self.customer.facts.note(self.plan, &event.kind, self.t, &event.body);
            self.on_event(&event, self.t);
        }
    }

    /// Where a message has bounced for which a fallback has waited, that is due.
    pub fn hurry(&mut self) {
        let due = |run: &&Run| match run.place {
            Place::Engagement { op, choice } => {
                let send = self.journey(run.journey).ops[usize::from(op)].send();
                let fallback = send.and_then(|send| send.channels[choice].fallback);
                fallback.is_some_and(|fallback| fallback.when == When::Bounced)
                    && run.told.contains(&"bounced")
                    && run.deadline > self.t
            }
            Place::Window
            | Place::Delay { .. }
            | Place::Local { .. }
            | Place::Event { .. }
            | Place::Gate { .. }
            | Place::Goal => false,
        };
        let due: Vec<RunId> = self.customer.runs.iter().filter(due).map(|run| run.id).collect();
        for id in due {
            if let Some(mut run) = self.take(id) {
                run.deadline = self.t;
                self.put(run);
            }
        }
    }

    /// The runs of the journey that wait for this event go on.
    fn wait_is_over(&mut self, index: u16, event: &Event, at: Millis) {
        let journey = self.journey(index);
        let live = self.customer.runs.iter().filter(|run| run.journey == index && run.live());
        let live: Vec<(RunId, u64, Place)> = live.map(|run| (run.id, run.key, run.place)).collect();
        let key = self.key(index, event).map(|key| key_hash(Some(&key)));
        for (id, of, place) in &live {
            let Place::Event { op } = *place else { continue };
            let meant = match key {
                Some(key) => key == *of,
                None => live.len() == 1,
            };
            let Some(wait) = journey.wait_for(op) else { continue };
            if !meant || !wait.events.iter().any(|kind| *kind == event.kind) {
                continue;
            }
            let Some(run) = self.customer.runs.iter().find(|run| run.id == *id) else { continue };
            let since = run.last_sent.map_or(run.entered_by, |(sent, _)| Some(sent));
            let about = event
                .command()
                .is_none_or(|command| run.last_sent.is_some_and(|(_, id)| id == command));
            let reader = self.reader(Some(&event.body), None);
            if since.is_some_and(|since| at < since)
                || !about
                || !reader.holds(wait.condition.as_ref())
            {
                continue;
            }
            let what = Decided::new(Verdict::Waited, Reason::Event).run(*id).step(&wait.step);
            let what = what.value("event", Value::Text(event.kind.as_str().into()));
            let what = what.fields(reader.shown(wait.condition.as_ref()));
            let waited = journey.waited.iter().map(|field| match field {
                None => Value::Text(event.kind.as_str().into()),
                Some(field) => self.captured(*field, event),
            });
            let waited = waited.collect();
            let Some(mut run) = self.take(*id) else { continue };
            run.waited = waited;
            run.anchor = self.t;
            self.decide(index, what);
            self.execute(run, op + 1);
        }
    }

    /// One run converts: the one whose message came last before the event. Of its messages a run knows the newest and the first.
    fn goal(&mut self, journey: u16, event: &Event, at: Millis) {
        let Some(within) = self.journey(journey).goal_within else { return };
        let mut best: Option<(Millis, usize)> = None;
        for (place, run) in self.customer.runs.iter().enumerate() {
            let messages = [run.last_sent.map(|(sent, _)| sent), run.first_sent];
            let before = messages.into_iter().flatten().find(|sent| *sent <= at);
            let Some(message) = before.filter(|_| run.journey == journey && !run.converted) else {
                continue;
            };
            let is_newer = best.is_none_or(|(newest, _)| message > newest);
            if at.saturating_sub(message) <= within.millis() && is_newer {
                best = Some((message, place));
            }
        }
        let Some((_, place)) = best else { return };
        let run = &mut self.customer.runs[place];
        run.converted = true;
        let mut what = Decided::new(Verdict::Converted, Reason::Goal).run(run.id);
        if let Some(revenue) = event.revenue() {
            what = what.value("revenue", Value::Number(revenue));
        }
        self.decide(journey, what);
    }

    /// The rules that the event met.
    fn exit(&mut self, interest: &JourneyInterest, event: &Event, at: Millis) -> Vec<LatestId> {
        let mut met = Vec::new();
        for rule in &interest.exits {
            let rule = &self.journey(interest.journey).exits[usize::from(*rule)];
            if !self.reader(Some(&event.body), None).holds(rule.condition.as_ref()) {
                continue;
            }
            let touched: Vec<(RunId, Place, bool)> = self
                .customer
                .runs
                .iter()
                .filter(|run| run.journey == interest.journey && run.ends(at))
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
                    | Place::Event { .. }
                    | Place::Gate { .. }
                    | Place::Engagement { .. } => Verdict::Exited,
                };
                let ended = self.take(id);
                let event = Value::Text(event.kind.as_str().into());
                self.decide(
                    interest.journey,
                    Decided::new(verdict, Reason::ExitEvent).run(id).value("event", event),
                );
                self.begin_again(ended, at);
            }
            met.push(rule.latest);
        }
        met
    }

    fn note_end(&mut self, id: LatestId, at: Millis) {
        let ages = self.plan.journeys.iter().map(|journey| journey.max_event_age.millis());
        let expired = self.t.saturating_sub(ages.max().unwrap_or(0) + 1);
        self.customer.latest.note(Use::Ends, id, at, expired);
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
            self.move_window(journey, id, at);
        }
        let (id, plan) = (self.journey(journey).moved, self.plan);
        let windows = plan.journeys.iter().filter_map(|journey| journey.quiet_for);
        let expired = self.t.saturating_sub(windows.map(|span| span.millis()).max().unwrap_or(0));
        if self.journey(journey).quiet_for.is_some() {
            let id = key.map_or(id, |key| id.with_key(key));
            self.customer.latest.note(Use::Moves, id, at, expired);
        }
    }

    /// The window closes `quiet_for` after `at`, if that is later than so far.
    fn move_window(&mut self, journey: u16, id: RunId, at: Millis) {
        let (Some(quiet_for), Some(mut window)) = (self.journey(journey).quiet_for, self.take(id))
        else {
            return;
        };
        window.deadline = window.deadline.max(at.saturating_add(quiet_for.millis()));
        self.put(window);
    }

    fn captures(&self, journey: u16, event: &Event) -> Vec<Value> {
        let captures = self.journey(journey).captures.iter();
        captures.map(|field| self.captured(*field, event)).collect()
    }

    /// What a run keeps of a field.
    fn captured(&self, field: u16, event: &Event) -> Value {
        match event_field(&event.body, &self.plan.fields[usize::from(field)]).to_value() {
            Value::Text(text) if text.len() > MAX_VALUE => Value::Null,
            value => value,
        }
    }

    fn trigger(&mut self, index: u16, event: &Event, at: Millis) {
        let journey = self.journey(index);
        let key = key_hash(self.key(index, event).as_deref());
        let age = self.t.saturating_sub(at);
        if age > journey.max_event_age.millis() {
            let what = Decided::new(Verdict::Refused, Reason::LateEvent);
            return self.decide(
                index,
                what.number("age", age).number("max_event_age", journey.max_event_age.millis()),
            );
        }
        let mut ends: Vec<LatestId> = journey.exits.iter().map(|exit| exit.latest).collect();
        ends.extend(journey.key.map(|_| journey.filtered.with_key(key)));
        let ended = self.customer.latest.newest(Use::Ends, &ends).filter(|_| !ends.is_empty());
        if let Some(ended) = ended.filter(|ended| at <= *ended) {
            let what = Decided::new(Verdict::Refused, Reason::Stale);
            return self.decide(index, what.instant("at", at).instant("ended", ended));
        }
        let reader = self.reader(Some(&event.body), None);
        if !reader.holds(journey.when.as_ref()) {
            let compared = reader.shown(journey.when.as_ref());
            let what = Decided::new(Verdict::Refused, Reason::Filter).fields(compared);
            return self.filter(index, key, at, what);
        }
        let captures = self.captures(index, event);
        let live = |run: &&mut Run| run.journey == index && run.key == key && run.live();
        let Some(run) = self.customer.runs.iter_mut().find(live) else {
            let about = carried(event, self.plan.kept);
            return self.open(index, key, at, (captures, about));
        };
        if at >= run.newest {
            (run.newest, run.captures, run.about) = (at, captures, carried(event, self.plan.kept));
        }
        let id = run.id;
        if run.place == Place::Window {
            return self.move_window(index, id, at);
        }
        self.decide(index, Decided::new(Verdict::Refused, Reason::AlreadyRunning).run(id));
    }

    /// The trigger's condition is false. With a key, its window and its run end, unless they have something newer.
    fn filter(&mut self, index: u16, key: u64, at: Millis, mut what: Decided) {
        if self.journey(index).key.is_some() {
            let live = |run: &&Run| run.journey == index && run.key == key && run.live();
            self.note_end(self.journey(index).filtered.with_key(key), at);
            let run = self.customer.runs.iter().find(live).filter(|run| run.ends(at));
            if let Some((id, place)) = run.map(|run| (run.id, run.place)) {
                what.run = Some(id);
                if place != Place::Window {
                    what.verdict = Verdict::Exited;
                }
                let ended = self.take(id);
                self.decide(index, what);
                return self.begin_again(ended, at);
            }
        }
        self.decide(index, what);
    }

    /// Its newest trigger event, if that was after the end at `at`, begins another.
    fn begin_again(&mut self, ended: Option<Run>, at: Millis) {
        if let Some(run) = ended.filter(|run| run.newest > at && run.live()) {
            self.open(run.journey, run.key, run.newest, (run.captures, run.about));
        }
    }

    /// Opens a window, or enters at once.
    fn open(
        &mut self,
        index: u16,
        key: u64,
        at: Millis,
        (captures, about): (Vec<Value>, Vec<DocumentName>),
    ) {
        if self.customer.runs.iter().filter(|run| run.live()).count() >= MAX_RUNS {
            return self.decide(
                index,
                Decided::new(Verdict::Refused, Reason::Limit).number("limit", MAX_RUNS as i64),
            );
        }
        let journey = self.journey(index);
        let mut run = Run {
            id: RunId::of(&journey.name, self.id, key, at),
            journey: index,
            key,
            newest: at,
            entered_by: None,
            captures,
            waited: journey.waited.iter().map(|_| Value::Null).collect(),
            about,
            place: Place::Window,
            deadline: at,
            held: false,
            anchor: self.t,
            due: self.t,
            first_sent: None,
            last_sent: None,
            told: Vec::new(),
            converted: false,
        };
        let Some(quiet_for) = journey.quiet_for else { return self.enter(run, Reason::Trigger) };
        let moves = [journey.moved, journey.moved.with_key(key)];
        let moved = self.customer.latest.newest(Use::Moves, &moves);
        run.deadline = moved.unwrap_or(at).max(at).saturating_add(quiet_for.millis());
        self.decide(
            index,
            Decided::new(Verdict::Waiting, Reason::Window)
                .run(run.id)
                .instant("until", run.deadline),
        );
        self.put(run);
    }
}
