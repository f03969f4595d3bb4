//! What an event does to the journeys of its customer: goals, exits and moves of all of them, then triggers.

use super::context::{Context, Decided, Reader, key_text};
use super::customer::{Heard, Place, Run};
use super::documents::{DocumentName, carried};
use super::event::Event;
use cartwheel_core::customer::{LatestId, Use};
use cartwheel_core::decision::{Reason, Values, Verdict};
use cartwheel_core::id::{RunId, key_hash};
use cartwheel_core::journey::op::When;
use cartwheel_core::journey::plan::{EventField, JourneyInterest, Reentry};
use cartwheel_core::time::{DAY, Millis, Span};
use cartwheel_core::value::Value;
use serde_json::Value as Json;
use std::cmp::Reverse;
use std::sync::Arc;

/// Windows and runs of one customer.
const MAX_RUNS: usize = 64;

/// Items of a list of an event that are looked at.
const MAX_ITEMS: usize = 64;

/// What a trigger event gives to a window or run.
pub(super) struct Given {
    pub journey: u16,
    pub key: u64,
    pub at: Millis,
    /// Which event, where that makes a difference.
    pub number: Option<u64>,
    pub event: Arc<Json>,
    pub item: Option<Arc<Json>>,
    pub about: Vec<DocumentName>,
    /// When it enters, where its journey says so.
    pub enters: Option<Millis>,
}

/// When a run enters by the `at` of its journey.
enum Enters {
    At(Millis),
    Past(Decided),
    Never(Values),
}

impl Context<'_> {
    /// Every journey that the event's type concerns, the most important first, of equal ones by name. `at` is the event's time, T at most.
    pub fn on_event(&mut self, event: &Event, at: Millis) {
        let plan = self.plan;
        let Some(interest) = plan.events.get(event.kind.as_str()) else { return };
        let mut journeys: Vec<&JourneyInterest> = interest.journeys.iter().collect();
        journeys.sort_by_key(|interest| {
            let journey = &plan.journeys[usize::from(interest.journey)];
            (Reverse(journey.priority), journey.name.clone())
        });
        let (mut met, mut again) = (Vec::new(), Vec::new());
        for interest in &journeys {
            if interest.goal {
                self.goal(interest.journey, event, at);
            }
            met.extend(self.exit(interest, event, at, &mut again));
            if interest.moves && !interest.trigger {
                self.move_windows(interest.journey, event, at);
            }
        }
        for interest in &journeys {
            let (own, others) =
                again.into_iter().partition(|given: &Given| given.journey == interest.journey);
            again = others;
            own.into_iter().for_each(|given| self.open(given));
            self.wait_is_over(interest.journey, event, at);
            if interest.trigger {
                self.trigger(interest.journey, event, at);
            }
        }
        // An event that ends runs may begin others.
        for rule in met {
            self.note_end(rule, at);
        }
    }

    /// What steps have let happen happens now, one after the other; what that leads to comes behind.
    pub fn let_happen(&mut self) {
        while !self.emitted.0.is_empty() {
            let event = self.emitted.0.remove(0);
            self.emitted.1 += 1;
            let at = event.time;
            self.customer.facts.note(self.plan, &event.kind, at, &event.body);
            self.judge_levels(at);
            self.on_event(&event, at);
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

    /// The runs of the journey that wait for this event go on; others may wait for it later.
    fn wait_is_over(&mut self, index: u16, event: &Event, at: Millis) {
        let journey = self.journey(index);
        let live = self.customer.runs.iter().filter(|run| run.journey == index && run.live());
        let sole = live.clone().count() == 1;
        let key = self.key(index, event).map(|key| key_hash(Some(&key)));
        let is_meant = |run: &Run| match (event.command(), key) {
            (Some(_), _) => run.last_sent.is_some_and(|(_, id)| event.is_about(run.id, id)),
            (None, Some(key)) => key == run.key,
            (None, None) => sole,
        };
        // Windows have not entered.
        let at_step = |run: &Run| match run.place {
            Place::Delay { op } | Place::Local { op } | Place::Event { op } => Some(op),
            Place::Gate { op, .. } | Place::Engagement { op, .. } => Some(op),
            Place::Window | Place::Goal => None,
        };
        let meant: Vec<(RunId, u16)> = live
            .filter(|run| is_meant(run))
            .filter_map(|run| Some((run.id, at_step(run)?)))
            .collect();
        for (id, at_op) in meant {
            let Some(run) = self.customer.runs.iter().find(|run| run.id == id) else { continue };
            let since = run.last_sent.map_or(run.entered_by, |(sent, _)| Some(sent));
            if since.is_some_and(|since| at < since) {
                continue;
            }
            let run_key = run.key;
            let reader = Reader { run_key, ..self.reader_of_event(&event.body, at) };
            let ends = |op: u16| {
                let wait = journey.wait_for(op)?;
                let is_for_it = wait.events.iter().any(|kind| *kind == event.kind);
                (is_for_it && reader.holds(wait.condition.as_ref())).then_some(wait)
            };
            let waits = !run.waits_for_resume && !run.missed;
            if let (Place::Event { .. }, Some(wait), true) = (run.place, ends(at_op), waits) {
                let what = Decided::new(Verdict::Waited, Reason::Event).run(id).step(&wait.step);
                let what = what.value("event", Value::Text(event.kind.as_str().into()));
                let what = what.fields(reader.shown(wait.condition.as_ref()));
                let Some(mut run) = self.take(id) else { continue };
                run.waited = Some(Arc::new(event.body.clone()));
                run.anchor = self.t;
                self.decide(index, what);
                if self.is_paused(index) {
                    (run.place, run.deadline) = (Place::Delay { op: at_op }, self.t);
                    self.put(run);
                    continue;
                }
                self.execute(run, at_op + 1);
                continue;
            }
            let ops = at_op + 1..journey.ops.len() as u16;
            let waits: Vec<u16> = ops.filter(|op| ends(*op).is_some()).collect();
            let event = Arc::new(event.body.clone());
            let run = self.customer.runs.iter_mut().find(|run| run.id == id);
            if let Some(run) = run.filter(|_| !waits.is_empty()) {
                run.heard.push(Heard { at, event, waits });
            }
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
        let Some((message, place)) = best else { return };
        let run = &mut self.customer.runs[place];
        run.converted = true;
        let mut what = Decided::new(Verdict::Converted, Reason::Goal).run(run.id);
        if let Some(revenue) = event.revenue() {
            what = what.value("revenue", Value::Number(revenue));
        }
        let credited_to_last = run.last_sent.is_some_and(|(sent, _)| sent == message);
        let op = run.last_op.filter(|_| credited_to_last);
        let first = run.first_sent.unwrap_or(message);
        self.decide(journey, what);
        self.measure_goal(journey, op, (at, first), event.revenue());
    }

    /// The rules that the event met, for its key if it has one. What it ended too late is to begin again.
    fn exit(
        &mut self,
        interest: &JourneyInterest,
        event: &Event,
        at: Millis,
        again: &mut Vec<Given>,
    ) -> Vec<LatestId> {
        let key = self.key(interest.journey, event).map(|key| key_hash(Some(&key)));
        // It is not known what a run without a key is about.
        let is_meant = |run: &Run| key.is_none() || key == Some(run.key) || run.key == 0;
        let mut met = Vec::new();
        for rule in &interest.exits {
            let rule = &self.journey(interest.journey).exits[usize::from(*rule)];
            let run_key = key.unwrap_or(0);
            let reader = Reader { run_key, ..self.reader_of_event(&event.body, at) };
            if !reader.holds(rule.condition.as_ref()) {
                continue;
            }
            let touched: Vec<(RunId, Place, bool)> = self
                .customer
                .runs
                .iter()
                .filter(|run| run.journey == interest.journey && is_meant(run) && run.ends(at))
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
                let ended = self.end(id);
                let event = Value::Text(event.kind.as_str().into());
                self.decide(
                    interest.journey,
                    Decided::new(verdict, Reason::ExitEvent).run(id).value("event", event),
                );
                if let Some(run) = ended {
                    self.linger(run.clone());
                    again.extend(begins_again(run, at));
                }
            }
            met.push(key.map_or(rule.latest, |key| rule.latest.with_key(key)));
        }
        met
    }

    /// An event ends a window or run. A window that is left behind alone has the moves without a key for itself.
    pub fn end(&mut self, id: RunId) -> Option<Run> {
        let ended = self.take(id)?;
        if ended.place == Place::Window && self.journey(ended.journey).key.is_some() {
            let left = self.windows(ended.journey);
            if let [(id, ..)] = left.as_slice() {
                self.reckon(*id, true);
            }
        }
        Some(ended)
    }

    /// The journey's windows and their keys.
    fn windows(&self, journey: u16) -> Vec<(RunId, u64)> {
        let runs = self.customer.runs.iter();
        let windows = runs.filter(|run| run.journey == journey && run.place == Place::Window);
        windows.map(|run| (run.id, run.key)).collect()
    }

    /// A window closes a while after the newest of its trigger events, of the moves with its key and, if it is alone, of those without.
    fn reckon(&mut self, id: RunId, alone: bool) {
        let is_moved = |run: &&Run| self.journey(run.journey).quiet_for.is_some();
        if self.customer.runs.iter().find(|run| run.id == id).filter(is_moved).is_none() {
            return; // it waits for an instant of its own
        }
        let Some(mut window) = self.take(id) else { return };
        let journey = self.journey(window.journey);
        let mut moves = vec![journey.moved.with_key(window.key)];
        if alone {
            moves.push(journey.moved);
        }
        let moved = self.customer.latest.newest(Use::Moves, &moves);
        let newest = moved.map_or(window.newest, |moved| moved.max(window.newest));
        let quiet_for = journey.quiet_for.map_or(0, Span::millis);
        window.deadline = newest.saturating_add(quiet_for);
        self.put(window);
    }

    fn note_end(&mut self, id: LatestId, at: Millis) {
        let ages = self.plan.journeys.iter().map(|journey| journey.max_event_age.millis());
        let expired = self.t.saturating_sub(ages.max().unwrap_or(0) + 1);
        self.customer.latest.note(Use::Ends, id, at, expired);
    }

    fn key(&self, journey: u16, event: &Event) -> Option<String> {
        let field = self.journey(journey).key.of(&event.kind)?;
        key_text(&event.body, &self.plan.fields[usize::from(field)])
    }

    fn move_windows(&mut self, journey: u16, event: &Event, at: Millis) {
        let key = self.key(journey, event).map(|key| key_hash(Some(&key)));
        let windows = self.windows(journey);
        // Without a key it is not known which of several is meant.
        let is_meant =
            |window: &(RunId, u64)| key.map_or(windows.len() == 1, |key| key == window.1);
        for (id, _) in windows.iter().filter(|window| is_meant(window)) {
            self.move_window(journey, *id, at);
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

    fn trigger(&mut self, index: u16, event: &Event, at: Millis) {
        let journey = self.journey(index);
        let age = self.t.saturating_sub(at);
        if at < journey.active_from {
            let what = Decided::new(Verdict::Refused, Reason::NotActive);
            let what = what.instant("at", at).instant("active_from", journey.active_from);
            return self.decide(index, what);
        }
        if age > journey.max_event_age.millis() {
            let what = Decided::new(Verdict::Refused, Reason::LateEvent);
            return self.decide(
                index,
                what.number("age", age).number("max_event_age", journey.max_event_age.millis()),
            );
        }
        let Some(each) = &journey.each else {
            let key = key_hash(self.key(index, event).as_deref());
            return self.trigger_by(index, event, at, (key, None));
        };
        let list = each.list.path.iter().try_fold(&event.body, |at, name| at.get(name.as_str()));
        let mut keys = Vec::new();
        for item in list.and_then(Json::as_array).into_iter().flatten().take(MAX_ITEMS) {
            let field = EventField::new(each.key_path().to_vec(), false);
            if let Some(key) = key_text(item, &field).filter(|key| !keys.contains(key)) {
                let of_item = (key_hash(Some(&key)), Some(Arc::new(item.clone())));
                self.trigger_by(index, event, at, of_item);
                keys.push(key);
            }
        }
    }

    /// A trigger event that is neither too early nor too late, for a key; of an item, if it is about one.
    fn trigger_by(
        &mut self,
        index: u16,
        event: &Event,
        at: Millis,
        (key, item): (u64, Option<Arc<Json>>),
    ) {
        let journey = self.journey(index);
        let mut ends: Vec<LatestId> = journey.exits.iter().map(|exit| exit.latest).collect();
        if journey.key.is_some() {
            let of_key = ends.iter().chain([&journey.filtered]).map(|rule| rule.with_key(key));
            let of_key: Vec<LatestId> = of_key.collect();
            ends.extend(of_key);
        }
        let ended = self.customer.latest.newest(Use::Ends, &ends).filter(|_| !ends.is_empty());
        if let Some(ended) = ended.filter(|ended| at <= *ended) {
            let what = Decided::new(Verdict::Refused, Reason::Stale);
            return self.decide(index, what.instant("at", at).instant("ended", ended));
        }
        let live = |run: &&mut Run| run.journey == index && run.key == key && run.live();
        let is_live = self.customer.runs.iter_mut().any(|run| live(&&mut *run));
        let at_hand = item.as_deref().and_then(|item| self.item(index, item));
        let (item_at_hand, run_key) = (at_hand, key);
        let event_at_hand = self.reader_of_event(&event.body, at);
        let reader = Reader { item: item_at_hand, run_key, ..event_at_hand };
        if !reader.holds(journey.when.as_ref()) {
            if journey.each.is_some() && !is_live {
                return; // an item like any other
            }
            let compared = reader.shown(journey.when.as_ref());
            let what = Decided::new(Verdict::Refused, Reason::Filter).fields(compared);
            return self.filter(index, key, at, what);
        }
        let about = carried(event, self.plan.kept);
        let body = Arc::new(event.body.clone());
        let number = (journey.reentry == Reentry::Always).then_some(event.number);
        let mut given =
            Given { journey: index, key, at, number, event: body, item, about, enters: None };
        match self.enters(&given) {
            None => {}
            Some(Enters::At(enters)) => given.enters = Some(enters),
            Some(Enters::Past(what)) => return self.decide(index, what),
            Some(Enters::Never(_)) if journey.each.is_some() && !is_live => return,
            Some(Enters::Never(compared)) => {
                let what = Decided::new(Verdict::Refused, Reason::Filter).fields(compared);
                return self.filter(index, key, at, what);
            }
        }
        let Some(run) = self.customer.runs.iter_mut().find(live) else { return self.open(given) };
        let (id, newest) = (run.id, run.newest);
        if journey.reentry == Reentry::Restart && run.place != Place::Window {
            if at > newest {
                let ended = self.end(id);
                self.decide(index, Decided::new(Verdict::Exited, Reason::Restarted).run(id));
                if let Some(run) = ended {
                    self.linger(run);
                }
                return self.open(given);
            }
            let what = Decided::new(Verdict::Refused, Reason::Stale).run(id);
            return self.decide(index, what.instant("at", at).instant("newest", newest));
        }
        if at >= newest {
            (run.newest, run.event, run.about) = (at, given.event, given.about);
            run.item = given.item;
        }
        if run.place == Place::Window {
            if let Some(enters) = given.enters.filter(|_| at >= newest)
                && let Some(window) = self.take(id)
            {
                self.put(Run { deadline: enters, ..window });
            }
            if self.journey(index).quiet_for.is_some() {
                self.move_window(index, id, at);
            }
            return;
        }
        self.decide(index, Decided::new(Verdict::Refused, Reason::AlreadyRunning).run(id));
    }

    /// When a run enters that is given this; none where its journey does not say.
    fn enters(&self, given: &Given) -> Option<Enters> {
        let deadline = self.journey(given.journey).at.as_ref()?;
        let item = given.item.as_deref().and_then(|item| self.item(given.journey, item));
        let event = self.reader_of_event(&given.event, given.at);
        let reader = Reader { item, of_run: true, run_key: given.key, ..event };
        let Some(moment) = reader.moment(&deadline.text, self.t, None) else {
            return Some(Enters::Never(reader.shown_of(&deadline.fields)));
        };
        if moment.at < self.t - DAY {
            let stale = Decided::new(Verdict::Refused, Reason::Stale);
            return Some(Enters::Past(stale.instant("due", moment.at)));
        }
        Some(Enters::At(moment.at))
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
                let ended = self.end(id);
                self.decide(index, what);
                let Some(run) = ended else { return };
                self.linger(run.clone());
                if let Some(given) = begins_again(run, at) {
                    self.open(given);
                }
                return;
            }
        }
        self.decide(index, what);
    }

    /// The bound that the customer has reached, and of what it is one.
    pub fn full(&self, index: u16) -> Option<(usize, &'static str)> {
        let mut live = self.customer.runs.iter().filter(|run| run.live()).map(|run| run.journey);
        let own = usize::from(self.journey(index).max_runs);
        if live.clone().filter(|journey| *journey == index).count() >= own {
            return Some((own, "journey"));
        }
        live.nth(MAX_RUNS - 1).map(|_| (MAX_RUNS, "customer"))
    }

    /// Opens a window, or enters at once.
    pub(super) fn open(&mut self, mut given: Given) {
        if given.enters.is_none() {
            // What begins again is asked again.
            match self.enters(&given) {
                None => {}
                Some(Enters::At(enters)) => given.enters = Some(enters),
                Some(Enters::Past(what)) => return self.decide(given.journey, what),
                Some(Enters::Never(compared)) => {
                    let what = Decided::new(Verdict::Refused, Reason::Filter).fields(compared);
                    return self.decide(given.journey, what);
                }
            }
        }
        let Given { journey: index, key, at, number, event, item, about, enters } = given;
        if let Some(what) = self.begins_nothing(index) {
            return self.decide(index, what);
        }
        let journey = self.journey(index);
        let id = RunId::of(&journey.name, self.id, key, at);
        let id = number.map_or(id, |number| id.by_event(number));
        let run = Run { event, item, about, ..Run::opened(id, index, key, at, self.t) };
        if let Some(until) = enters {
            let id = run.id;
            self.put(Run { deadline: until, ..run });
            let opened = Decided::new(Verdict::Waiting, Reason::Window).run(id);
            return self.decide(index, opened.instant("until", until));
        }
        if journey.quiet_for.is_none() {
            return self.enter(run, Reason::Trigger);
        }
        let (id, others) = (run.id, self.windows(index));
        self.put(run);
        self.reckon(id, others.is_empty());
        // What was alone is so no longer.
        if let [(other, _)] = others.as_slice() {
            self.reckon(*other, false);
        }
        let window = self.customer.runs.iter().find(|run| run.id == id);
        let until = window.map_or(at, |run| run.deadline);
        self.decide(
            index,
            Decided::new(Verdict::Waiting, Reason::Window).run(id).instant("until", until),
        );
    }
}

/// What a run was given last, if that was after the end at `at`.
fn begins_again(run: Run, at: Millis) -> Option<Given> {
    let Run { journey, key, newest, event, item, about, .. } = run;
    let (number, enters) = (None, None);
    let given = Given { journey, key, at: newest, number, event, item, about, enters };
    (newest > at && run.place != Place::Goal).then_some(given)
}
