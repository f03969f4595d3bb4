//! What an event does in the journeys: goals, exits and moves, then triggers (`docs/semantics.md`, "Applying an event", 5).

use super::EventTime;
use super::by_time::LONG_PAST;
use super::carried::Carried;
use super::context::{Context, leaving};
use super::enter::limit;
use crate::customer::{DocumentKey, LatestId, MAX_RUNS, Place, Run, Use};
use crate::decision::{Compared, Decided, Reason, Verdict};
use crate::event::{Event, key_text};
use crate::id::{RunId, key_hash};
use crate::journey::condition::{Captured, Deadline, Each, Reader};
use crate::journey::plan::{Journey, JourneyInterest, Plan, Reentry};
use crate::time::Millis;
use crate::value::Value;
use thin_vec::ThinVec;
use xxhash_rust::xxh3::xxh3_64;

/// An event whose fields have been read.
pub(super) struct Occasion<'e> {
    /// The event.
    pub event: &'e Event<'e>,
    /// The documents that it carries.
    pub carried: &'e Carried,
    /// Its fields by the plan's numbers.
    pub fields: &'e [Value],
    /// Its times.
    pub time: EventTime,
    /// Which it is, where a journey has let it happen; else its own id says so.
    pub emitted: Option<u64>,
}

/// A run that begins, or begins again, behind what the event ends: of which journey, by what.
type Again = (u16, Opening);

impl Occasion<'_> {
    /// What a run keeps of it.
    pub fn captures<'c>(
        &'c self,
        plan: &'c Plan,
        journey: &'c Journey,
    ) -> impl Iterator<Item = Value> {
        let (lists, event, at, fields) = (&plan.lists, self.event, self.time.at, self.fields);
        let captured = Captured { lists, event, at, fields };
        journey.captures.iter().map(move |capture| captured.value(*capture))
    }

    /// Tells it from other events of its millisecond: its id, or all of its text.
    fn number(&self) -> u64 {
        let own = || {
            let id = self.event.id();
            xxh3_64(id.as_deref().unwrap_or(self.event.whole().0).as_bytes())
        };
        self.emitted.unwrap_or_else(own)
    }

    /// What conditions read now; `run_key` is the key of the run in question.
    pub fn reader<'r>(&'r self, context: &'r Context<'_>, run_key: u64) -> Reader<'r> {
        let customer = context.reader_at(self.time.at);
        Reader { event: Some(self.event), fields: self.fields, run_key, ..customer }
    }
}

impl Context<'_> {
    /// What the event does in the journeys: first in all of them what ends, moves or counts, then what goes on and begins.
    pub fn on_event(&mut self, occasion: &Occasion<'_>, interests: &[JourneyInterest]) {
        // Most events end nothing, and pay nothing for what an end may lead to.
        if interests.iter().any(|interest| !interest.exits.is_empty()) {
            return self.on_ending_event(occasion, interests);
        }
        for interest in interests {
            self.count(occasion, interest);
            self.move_windows(occasion, interest);
        }
        for interest in interests {
            self.go_on_or_begin(occasion, interest);
        }
    }

    /// The same of an event that some exit rule names.
    fn on_ending_event(&mut self, occasion: &Occasion<'_>, interests: &[JourneyInterest]) {
        let (mut ended, mut again) = (Vec::new(), Vec::new());
        for interest in interests {
            self.count(occasion, interest);
            self.exit(occasion, interest, &mut ended, &mut again);
            self.move_windows(occasion, interest);
        }
        for interest in interests {
            for (index, opening) in again.extract_if(.., |(of, _)| *of == interest.journey) {
                self.open(index, opening);
            }
            self.go_on_or_begin(occasion, interest);
        }
        // Behind all triggers: an event that ends runs may begin others.
        for rule in ended {
            self.note_end(rule, occasion.time);
        }
    }

    /// Runs that have waited for the event go on; then it may begin one.
    fn go_on_or_begin(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        if !interest.waits.is_empty() {
            self.meet(occasion, interest);
        }
        if interest.trigger {
            self.trigger(occasion, interest);
        }
    }

    /// The goal.
    fn count(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        if interest.goal {
            self.convert(occasion, interest.journey);
        }
    }

    /// The exits of one journey. The rules that are met are added to `ended`, what is to begin again to `again`.
    fn exit(
        &mut self,
        occasion: &Occasion<'_>,
        interest: &JourneyInterest,
        ended: &mut Vec<LatestId>,
        again: &mut Vec<Again>,
    ) {
        let index = interest.journey;
        let journey = self.journey(index);
        for exit in &interest.exits {
            let exit = &journey.exits[usize::from(*exit)];
            let key = self.key_of(occasion.event, interest);
            let reader = || occasion.reader(self, key.unwrap_or(0));
            if exit.condition.as_ref().is_none_or(|condition| reader().holds(condition)) {
                self.exit_all(occasion, index, key, again);
                ended.push(key.map_or(exit.latest, |key| exit.latest.with_key(key)));
            }
        }
    }

    /// Ends the runs of the key, and those of which it is not known; without a key all of the journey.
    fn exit_all(
        &mut self,
        occasion: &Occasion<'_>,
        index: u16,
        key: Option<u64>,
        again: &mut Vec<Again>,
    ) {
        let at = occasion.time.at;
        let concerns = |run: &Run| {
            let waits_for_goal = run.place == Place::Goal && !run.converted;
            run.journey == index && is_about(run, key) && !waits_for_goal && ends(run, at)
        };
        while let Some(place) = self.customer.runs.iter().position(concerns) {
            let event = Value::Text(occasion.event.kind.as_ref().into());
            let left = self.decided(index, Verdict::Exited, Reason::ExitEvent);
            let begins = self.end(place, at, left.value("event", event));
            again.extend(begins.map(|opening| (index, opening)));
        }
    }

    /// The run at `place` ends by what happened at `at`, and `told` is decided of it. Where that came late, the run's newest trigger event,
    /// from after it, had only been taken for one of this run: it is returned to begin another.
    fn end(&mut self, place: usize, at: Millis, told: Decided) -> Option<Opening> {
        let mut run = self.customer.runs.remove(place);
        if run.place == Place::Window {
            self.leave_alone(run.journey);
        }
        // None where it has reached its goal: nothing is left to wait for.
        let verdict = leaving(run.place)?;
        self.decide(&Decided { verdict, run: Some(run.id), ..told });
        let (key, newest) = (run.key, run.newest);
        let (captures, about) = (std::mem::take(&mut run.captures), run.about.clone());
        self.linger(run);
        // Which event that was nobody knows any more.
        let deadline = None;
        (newest > at).then_some(Opening { key, at: newest, event: None, captures, about, deadline })
    }

    /// What ends runs is remembered: a trigger event from before may come later.
    fn note_end(&mut self, id: LatestId, time: EventTime) {
        let expired = time.seen.saturating_sub(self.core.longest_age + 1);
        self.customer.latest.note(id, time.at, expired);
    }

    /// The newest end of the runs of this key, of which a trigger event must be later.
    pub(super) fn ended(&self, journey: &Journey, key: u64) -> Option<Millis> {
        let keyed = journey.key.is_some();
        if journey.exits.is_empty() && !keyed {
            return None;
        }
        let rules = journey.exits.iter().map(|exit| exit.latest);
        let of_key = rules.clone().chain([journey.filtered]).filter(|_| keyed);
        let of_key = of_key.map(|rule| rule.with_key(key));
        self.customer.latest.newest(Use::Ends, rules.chain(of_key))
    }

    /// The hash of the key's value; none where the journey has no key or the event no value for it.
    pub fn key_of(&self, event: &Event<'_>, interest: &JourneyInterest) -> Option<u64> {
        let field = self.plan().fields.get(usize::from(interest.key?))?;
        key_text(event, field).map(|text| key_hash(Some(&text)))
    }

    fn trigger(&mut self, occasion: &Occasion<'_>, interest: &JourneyInterest) {
        let (index, time) = (interest.journey, occasion.time);
        let journey = self.journey(index);
        if time.at < journey.active_from {
            let early = self.decided(index, Verdict::Refused, Reason::NotActive);
            return self
                .decide(&early.instant("at", time.at).instant("active_from", journey.active_from));
        }
        if time.age > journey.max_event_age.millis() {
            let late = self.decided(index, Verdict::Refused, Reason::LateEvent);
            let late = late.number("age", time.age);
            return self.decide(&late.number("max_event_age", journey.max_event_age.millis()));
        }
        match &journey.each {
            Some(each) => self.trigger_each(occasion, index, each),
            None => {
                let key = self.key_of(occasion.event, interest).unwrap_or(0);
                self.trigger_by(occasion, index, key);
            }
        }
    }

    /// Each item of the event's list that has a key is a trigger of its own; of equal keys the first.
    fn trigger_each(&mut self, occasion: &Occasion<'_>, index: u16, each: &Each) {
        let (mut fields, mut keys) = (occasion.fields.to_vec(), Vec::new());
        for item in each.items(occasion.event) {
            let Some(key) = each.key(item).map(|text| key_hash(Some(&text))) else { continue };
            if !keys.contains(&key) {
                keys.push(key);
                each.put(item, &mut fields);
                self.trigger_by(&Occasion { fields: &fields, ..*occasion }, index, key);
            }
        }
    }

    /// A trigger event that is neither too early nor too late, for a key.
    fn trigger_by(&mut self, occasion: &Occasion<'_>, index: u16, key: u64) {
        let (journey, time) = (self.journey(index), occasion.time);
        if let Some(ended) = self.ended(journey, key).filter(|ended| time.at <= *ended) {
            let stale = self.decided(index, Verdict::Refused, Reason::Stale);
            return self.decide(&stale.instant("at", time.at).instant("ended", ended));
        }
        let of_key = |run: &Run| run.journey == index && run.key == key && run.place.is_live();
        let live = self.customer.runs.iter().position(of_key);
        // Most items of an order are none that somebody wants to hear of.
        let quiet = journey.each.is_some() && live.is_none();
        if let Some(when) = &journey.when {
            let reader = occasion.reader(self, key);
            if !reader.holds(when) {
                if quiet {
                    return;
                }
                let compared = reader.compared(when);
                return self.filter(occasion, index, key, compared);
            }
        }
        let mut opening = None;
        if let Some(at) = &journey.at {
            let by = Opening::by(occasion, self.plan(), journey, key);
            match self.enters_at(index, at, &by) {
                Enters::At(deadline) => opening = Some(Opening { deadline: Some(deadline), ..by }),
                Enters::Past(refused) => return self.decide(&refused),
                Enters::Never(_) if quiet => return,
                Enters::Never(compared) => return self.filter(occasion, index, key, compared),
            }
        }
        match live {
            None => {
                let by = || Opening::by(occasion, self.plan(), journey, key);
                let opening = opening.unwrap_or_else(by);
                self.open(index, opening);
            }
            Some(place) => {
                self.trigger_again(occasion, place, opening.and_then(|by| by.deadline));
            }
        }
    }

    /// When a run enters that begins by an event, by the journey's `at`.
    fn enters_at(&self, index: u16, at: &Deadline, by: &Opening) -> Enters {
        let (captures, run_key) = (&by.captures, by.key);
        let reader = Reader { captures, run_key, ..self.reader_at(by.at) };
        let Some(moment) = at.moment(&reader, self.t, |_| false) else {
            return Enters::Never(reader.shown(&at.fields));
        };
        if moment.at < self.t - LONG_PAST {
            let stale = self.decided(index, Verdict::Refused, Reason::Stale);
            return Enters::Past(stale.instant("due", moment.at));
        }
        Enters::At(moment.at)
    }

    /// A trigger event for a key of which there is a window or a run already, at `place`.
    fn trigger_again(&mut self, occasion: &Occasion<'_>, place: usize, enters: Option<Millis>) {
        let Some(run) = self.customer.runs.get_mut(place) else { return };
        let (id, index, at) = (run.id, run.journey, occasion.time.at);
        let plan = self.core.plan.as_ref();
        let journey = &plan.journeys[usize::from(index)];
        if run.place != Place::Window && journey.reentry == Reentry::Restart {
            return self.restart(occasion, place, enters);
        }
        let newer = at >= run.newest;
        if newer {
            recapture(run, plan, journey, occasion);
        }
        if run.place == Place::Window {
            if let Some(quiet_for) = journey.quiet_for {
                run.deadline = run.deadline.max(at + quiet_for.millis());
            }
            // The newest trigger event says when.
            if let Some(enters) = enters.filter(|_| newer) {
                run.deadline = enters;
            }
            return;
        }
        self.decide(&self.decided(index, Verdict::Refused, Reason::AlreadyRunning).run(id));
    }

    /// A run gives way to one that its key's newest trigger event begins.
    fn restart(&mut self, occasion: &Occasion<'_>, place: usize, enters: Option<Millis>) {
        let run = &self.customer.runs[place];
        let (id, index, key, newest) = (run.id, run.journey, run.key, run.newest);
        let at = occasion.time.at;
        if at <= newest {
            let stale = self.decided(index, Verdict::Refused, Reason::Stale).run(id);
            return self.decide(&stale.instant("at", at).instant("newest", newest));
        }
        let run = self.customer.runs.remove(place);
        self.decide(&self.decided(index, Verdict::Exited, Reason::Restarted).run(id));
        self.linger(run);
        let by = Opening::by(occasion, self.plan(), self.journey(index), key);
        self.open(index, Opening { deadline: enters, ..by });
    }

    /// The trigger's condition is false, or it says no instant. In a journey with a key, a window and a run of the key end, unless something newer keeps them.
    fn filter(&mut self, occasion: &Occasion<'_>, index: u16, key: u64, compared: Compared) {
        let (journey, time) = (self.journey(index), occasion.time);
        let filtered = self.decided(index, Verdict::Refused, Reason::Filter).compared(compared);
        if journey.key.is_some() {
            self.note_end(journey.filtered.with_key(key), time);
            let ends = |run: &Run| {
                let of_key = run.journey == index && run.key == key && run.place.is_live();
                of_key && ends(run, time.at)
            };
            if let Some(place) = self.customer.runs.iter().position(ends) {
                if let Some(opening) = self.end(place, time.at, filtered) {
                    self.open(index, opening);
                }
                return;
            }
        }
        self.decide(&filtered);
    }

    /// Too many windows and runs of the customer that have not finished: of this journey, or of all.
    pub(super) fn is_full(&self, index: u16) -> Option<Decided> {
        let refused = self.decided(index, Verdict::Refused, Reason::Limit);
        let live = self.customer.runs.iter().filter(|run| run.place.is_live());
        let most = usize::from(self.journey(index).max_runs);
        if live.clone().filter(|run| run.journey == index).count() >= most {
            return Some(limit(refused, most, "journey"));
        }
        (live.count() >= MAX_RUNS).then(|| limit(refused, MAX_RUNS, "customer"))
    }

    /// Opens a window, or enters at once.
    pub(super) fn open(&mut self, index: u16, mut opening: Opening) {
        let journey = self.journey(index);
        if let (Some(enters), None) = (&journey.at, opening.deadline) {
            // It begins again: when it enters is asked once more.
            match self.enters_at(index, enters, &opening) {
                Enters::At(deadline) => opening.deadline = Some(deadline),
                Enters::Past(refused) => return self.decide(&refused),
                Enters::Never(compared) => {
                    let filtered = self.decided(index, Verdict::Refused, Reason::Filter);
                    return self.decide(&filtered.compared(compared));
                }
            }
        }
        if let Some(refused) = self.may_not_begin(index) {
            return self.decide(&refused);
        }
        let Opening { key, at, event, mut captures, about, deadline } = opening;
        let id = RunId::of(&journey.name, self.customer.id, key, at);
        // It has waited for nothing yet.
        captures.truncate(journey.captures.len());
        captures.resize(journey.before_waited() + journey.waited.len(), Value::Null);
        let id = event.map_or(id, |event| id.by_event(event));
        let mut run = Run { captures, about, ..Run::opened(id, index, key, at) };
        if let Some(deadline) = deadline {
            run.deadline = deadline;
            return self.open_window(run);
        }
        if journey.quiet_for.is_none() {
            return self.enter(run, Reason::Trigger);
        }
        // With this one another is alone no longer.
        self.close_anew(self.only_window(index), false);
        run.deadline = self.closes(journey, key, at, self.windows(index).next().is_none());
        self.open_window(run);
    }

    /// It enters at its deadline.
    fn open_window(&mut self, run: Run) {
        let opened = self.decided(run.journey, Verdict::Waiting, Reason::Window).run(run.id);
        self.decide(&opened.instant("until", run.deadline));
        self.customer.insert_run(run);
    }
}

/// When a run enters.
enum Enters {
    At(Millis),
    /// It should have long ago: what is decided then.
    Past(Decided),
    /// There is no such instant: what was read for it.
    Never(Compared),
}

/// What a trigger event gives to a window or run.
pub(super) struct Opening {
    key: u64,
    at: Millis,
    /// Where that makes a difference: which event.
    event: Option<u64>,
    captures: ThinVec<Value>,
    about: ThinVec<DocumentKey>,
    /// When it enters, where its journey says so and it was asked already.
    deadline: Option<Millis>,
}

impl Opening {
    /// The event's own.
    pub fn by(occasion: &Occasion<'_>, plan: &Plan, journey: &Journey, key: u64) -> Self {
        let captures = occasion.captures(plan, journey).collect();
        let event = (journey.reentry == Reentry::Always).then(|| occasion.number());
        let about = occasion.carried.keys().iter().copied().collect();
        Self { key, at: occasion.time.at, event, captures, about, deadline: None }
    }

    /// It enters then.
    pub fn entering_at(self, deadline: Millis) -> Self {
        Self { deadline: Some(deadline), ..self }
    }
}

/// Whether what has this key is about the run; where one of the two has none, it may be.
fn is_about(run: &Run, key: Option<u64>) -> bool {
    key.is_none_or(|key| run.key == key || run.key == 0)
}

/// Whether what ends runs at `at` ends this one: its newest trigger event is not later. A run that has entered ends, too, if the trigger
/// event by which it entered is not later: what came since belongs to another.
fn ends(run: &Run, at: Millis) -> bool {
    let begun = if run.place == Place::Window { run.newest } else { run.entered_by };
    begun <= at
}

/// Into the memory that is there.
fn recapture(run: &mut Run, plan: &Plan, journey: &Journey, occasion: &Occasion<'_>) {
    run.newest = occasion.time.at;
    // What follows is of the event that it has waited for.
    let places = run.captures.iter_mut();
    places.zip(occasion.captures(plan, journey)).for_each(|(place, value)| *place = value);
    run.about.clear();
    run.about.extend_from_slice(occasion.carried.keys());
}
