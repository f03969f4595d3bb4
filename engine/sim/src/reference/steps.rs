//! Entering, and the steps of a run.

use super::context::{Context, Decided};
use super::customer::{Entry, Place, Run};
use super::event::Event;
use super::zone;
use cartwheel_core::decision::{Reason, Values, Verdict};
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::op::{Branch, Emit, Given, Op, Set, Split, Until, Wait, When};
use cartwheel_core::journey::plan::{Reentry, WITHOUT_KEY};
use cartwheel_core::time::{Millis, Span};
use cartwheel_core::value::Value;
use compact_str::CompactString;
use xxhash_rust::xxh3::xxh3_64;

/// Entries that are remembered of one journey.
const MAX_ENTRIES: usize = 64;

/// What a send leads to.
pub enum Next {
    /// The next step.
    Step,
    /// The run stays here until its deadline.
    Stay,
    /// The run is over.
    Gone,
}

impl Context<'_> {
    /// A timer of this run, already taken out, is due.
    pub fn fire(&mut self, run: Run) {
        let mut due = Some(run);
        if self.keeps(&mut due) {
            return;
        }
        let Some(mut run) = due else { return };
        match run.place {
            Place::Goal => {}
            Place::Window => {
                if self.is_still_meant(&run) {
                    self.enter(run, Reason::Window);
                }
            }
            Place::Delay { op } | Place::Local { op } => {
                run.anchor = self.t;
                self.execute(run, op + 1);
            }
            Place::Event { op } => {
                if let Some(wait) = self.journey(run.journey).wait_for(op) {
                    let late = Decided::new(Verdict::Waited, Reason::TimedOut);
                    self.decide(run.journey, late.run(run.id).step(&wait.step));
                }
                run.anchor = self.t;
                self.execute(run, op + 1);
            }
            // Also where the fallback itself was put off: who has opened the message meanwhile needs no second one.
            Place::Gate { op, choice } | Place::Engagement { op, choice }
                if !self.asks_for(&run, op, choice) =>
            {
                self.execute(run, op + 1);
            }
            Place::Gate { op, choice } | Place::Engagement { op, choice } => {
                self.resume(run, op, choice);
            }
        }
    }

    /// Whether what became of the message before asks for the fallback; a channel that is none is always asked for.
    fn asks_for(&self, run: &Run, op: u16, choice: usize) -> bool {
        let send = self.journey(run.journey).ops[usize::from(op)].send();
        let Some(fallback) = send.and_then(|send| send.channels[choice].fallback) else {
            return true;
        };
        let told = |what| run.told.contains(&what);
        match fallback.when {
            When::NotDelivered => !told("delivered") && !told("opened") && !told("clicked"),
            When::NotOpened => !told("opened") && !told("clicked"),
            When::NotClicked => !told("clicked"),
            When::Bounced => told("bounced"),
        }
    }

    /// The re-entry rule, then the steps. `run.deadline` is the window's, or the event's `at`.
    pub fn enter(&mut self, mut run: Run, reason: Reason) {
        let index = run.journey;
        if let Some(last) = self.entered_before(index, run.key) {
            return self.decide(
                index,
                Decided::new(Verdict::Refused, Reason::Reentry).run(run.id).instant("last", last),
            );
        }
        if let Reentry::AfterPerKey(span) = self.journey(index).reentry {
            // As long as an entry counts it must not be forgotten.
            let (t, span) = (self.t, span.millis());
            let others = &mut self.customer.entries;
            others.retain(|entry| entry.journey != index || t.saturating_sub(entry.at) < span);
            if others.iter().filter(|entry| entry.journey == index).count() == MAX_ENTRIES {
                let full = Decided::new(Verdict::Refused, Reason::Limit).run(run.id);
                return self.decide(index, full.limit(MAX_ENTRIES, "entries"));
            }
        }
        self.remember(Entry { journey: index, key: run.key, at: self.t });
        if self.customer.entries.iter().filter(|entry| entry.journey == index).count() > MAX_ENTRIES
            && let Some(oldest) =
                self.customer.entries.iter().position(|entry| entry.journey == index)
        {
            self.customer.entries.remove(oldest);
        }
        self.decide(index, Decided::new(Verdict::Entered, reason).run(run.id));
        (run.anchor, run.entered_by) = (self.t, Some(run.newest));
        self.execute(run, 0);
    }

    /// By the rule in force; another one that comes later finds nothing else.
    fn remember(&mut self, entry: Entry) {
        match self.journey(entry.journey).reentry {
            Reentry::Always | Reentry::Restart => return,
            Reentry::Never | Reentry::After(_) => {
                self.customer.entries.retain(|other| other.journey != entry.journey);
            }
            Reentry::OncePerKey | Reentry::AfterPerKey(_) | Reentry::OncePerKeyAfter(_) => {}
        }
        self.customer.entries.push(entry);
    }

    /// The newest entry that forbids this one.
    pub fn entered_before(&self, index: u16, key: u64) -> Option<Millis> {
        let entries = self.customer.entries.iter().filter(|entry| entry.journey == index);
        let is_since = |entry: &Entry, span: Span| self.t.saturating_sub(entry.at) < span.millis();
        let forbids = |entry: &&Entry| match self.journey(index).reentry {
            Reentry::Never => true,
            Reentry::Always | Reentry::Restart => false,
            Reentry::OncePerKey if key == 0 => is_since(entry, WITHOUT_KEY) && entry.key == 0,
            Reentry::OncePerKeyAfter(span) if key == 0 => is_since(entry, span),
            Reentry::OncePerKey => entry.key == key,
            Reentry::After(span) => is_since(entry, span),
            Reentry::AfterPerKey(span) => entry.key == key && is_since(entry, span),
            Reentry::OncePerKeyAfter(span) => entry.key == key || is_since(entry, span),
        };
        entries.filter(forbids).map(|entry| entry.at).max()
    }

    /// A send that was put off, or a fallback that is due.
    fn resume(&mut self, mut run: Run, op: u16, index: usize) {
        match self.send(&mut run, op, index) {
            Next::Step => self.execute(run, op + 1),
            Next::Stay => self.stay(run),
            Next::Gone => self.linger(run),
        }
    }

    /// Executes operations from `op` until one waits or the run is over.
    pub fn execute(&mut self, mut run: Run, mut op: u16) {
        let journey = self.journey(run.journey);
        loop {
            match &journey.ops[usize::from(op)] {
                Op::Send(_) => {
                    (run.due, run.put_off) = (self.t, None);
                    match self.send(&mut run, op, 0) {
                        Next::Step => op += 1,
                        Next::Stay => return self.stay(run),
                        Next::Gone => return self.linger(run),
                    }
                }
                Op::Wait(wait) => {
                    let (place, until) = self.wait_ends(&run, op, wait);
                    if until > self.t {
                        return self.wait(run, place, &wait.step, until);
                    }
                    op += 1;
                }
                Op::WaitFor(wait) => {
                    if self.has_come(&mut run, op, &wait.step) {
                        op += 1;
                        continue;
                    }
                    run.waited = None;
                    let until = self.t.saturating_add(wait.at_most.millis());
                    return self.wait(run, Place::Event { op }, &wait.step, until);
                }
                Op::Split(split) => op = self.split(&run, split),
                Op::Set(set) => {
                    self.set(&run, set);
                    op += 1;
                }
                Op::Emit(emit) => {
                    self.emit(&run, emit);
                    op += 1;
                }
                Op::Branch(branch) => op = self.branch(&run, branch),
                Op::Jump(jump) => op = jump.to,
                Op::Exit(exit) => {
                    let exited = Decided::new(Verdict::Exited, Reason::Step).run(run.id);
                    self.decide(run.journey, exited.step(&exit.step));
                    return self.linger(run);
                }
                Op::End(_) => return self.finish(run),
            }
        }
    }

    /// Whether something has come already that ends the wait: the first by its time, of one time the first that came. It ends no other wait.
    fn has_come(&mut self, run: &mut Run, op: u16, step: &CompactString) -> bool {
        let heard = run.heard.iter().enumerate();
        let fitting = heard.filter(|(_, heard)| heard.waits.contains(&op));
        let Some((place, _)) = fitting.min_by_key(|(_, heard)| heard.at) else { return false };
        let heard = run.heard.remove(place);
        let kind = heard.event["type"].as_str().unwrap_or_default();
        let waited = Decided::new(Verdict::Waited, Reason::Event).run(run.id).step(step);
        let waited = waited.value("event", Value::Text(kind.into())).instant("at", heard.at);
        self.decide(run.journey, waited);
        (run.waited, run.anchor) = (Some(heard.event), self.t);
        true
    }

    /// Where the run waits, and when that is over.
    fn wait_ends(&self, run: &Run, op: u16, wait: &Wait) -> (Place, Millis) {
        match &wait.until {
            Until::At(deadline) => {
                let moment = self.reader_of_run(run).moment(&deadline.text, self.t, None);
                (Place::Local { op }, moment.map_or(self.t, |moment| moment.at))
            }
            Until::Elapsed(span) => (Place::Delay { op }, run.anchor.saturating_add(span.millis())),
            Until::Days(days) => {
                let zone = self.customer.zone(&self.plan.policy);
                (Place::Local { op }, zone::days_after(run.anchor, *days, &zone))
            }
            Until::Local { time, at_most } => {
                let zone = self.customer.zone(&self.plan.policy);
                let last = self.t.saturating_add(at_most.millis());
                (Place::Local { op }, zone::next_local(self.t, *time, &zone).min(last))
            }
        }
    }

    /// It waits again: what it has missed is past.
    fn stay(&mut self, run: Run) {
        self.put(Run { missed: false, ..run });
    }

    fn wait(&mut self, mut run: Run, place: Place, step: &CompactString, until: Millis) {
        let waiting = Decided::new(Verdict::Waiting, Reason::Step).run(run.id).step(step);
        self.decide(run.journey, waiting.instant("until", until));
        (run.place, run.deadline) = (place, until);
        self.stay(run);
    }

    /// The operation to go to.
    fn branch(&mut self, run: &Run, branch: &Branch) -> u16 {
        let reader = self.reader_of_run(run);
        let mut arms = branch.arms.iter().enumerate();
        let Some((number, arm)) = arms.find(|(_, arm)| reader.holds(arm.when.as_ref())) else {
            let nowhere = Decided::new(Verdict::Branched, Reason::NoArm).run(run.id);
            self.decide(run.journey, nowhere.step(&branch.step));
            return branch.otherwise;
        };
        let reason = if arm.when.is_some() { Reason::Condition } else { Reason::Otherwise };
        let compared = reader.shown(arm.when.as_ref());
        let branched = Decided::new(Verdict::Branched, reason).run(run.id).step(&branch.step);
        self.decide(run.journey, branched.number("arm", number as i64).fields(compared));
        arm.target
    }

    /// The first arm, in order of names, below whose end the customer's lot lies.
    fn split(&mut self, run: &Run, split: &Split) -> u16 {
        if let Some(won) = self.control.winner(&self.journey(run.journey).name, &split.name)
            && let Some(arm) = split.arms.iter().find(|arm| arm.name == *won)
        {
            let what = Decided::new(Verdict::Branched, Reason::Winner).run(run.id);
            let what = what.step(&split.step).value("arm", Value::Text(arm.name.clone()));
            self.decide(run.journey, what);
            return arm.target;
        }
        let mut bytes = self.journey(run.journey).name.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(split.name.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&self.id.0.to_le_bytes());
        let lot = xxh3_64(&bytes) % 10_000;
        let mut arms = split.arms.iter();
        let arm = arms.find(|arm| lot < u64::from(arm.until)).expect("shares of 100% together");
        let branched = Decided::new(Verdict::Branched, Reason::Split).run(run.id).step(&split.step);
        self.decide(run.journey, branched.value("arm", Value::Text(arm.name.clone())));
        arm.target
    }

    fn given(&self, run: &Run, values: &[(CompactString, Given)]) -> Values {
        let reader = self.reader_of_run(run);
        let value = |given: &Given| match given {
            Given::Value(value) => value.clone(),
            Given::Path(path, _) => reader.value(path).shown(),
        };
        values.iter().map(|(name, given)| (name.clone(), value(given))).collect()
    }

    fn set(&mut self, run: &Run, set: &Set) {
        let values = self.given(run, &set.values);
        let updated = Decided::new(Verdict::Updated, Reason::Step).fields(values.clone());
        if self.touches(run, &set.step, updated) {
            for (name, value) in values {
                self.customer.set(&name, self.t, json(value));
            }
            self.judge_levels(self.t);
        }
    }

    fn emit(&mut self, run: &Run, emit: &Emit) {
        let event = Value::Text(emit.event.clone());
        // What is kept back takes no place.
        let none = self.withheld(run.journey).is_some();
        let full = if none { None } else { self.no_more_events() };
        let what = match full {
            Some(limit) => Decided::new(Verdict::Dropped, Reason::EmitLimit).number("limit", limit),
            None => Decided::new(Verdict::Emitted, Reason::Step),
        };
        let values = self.given(run, &emit.with);
        if !self.touches(run, &emit.step, what.value("event", event)) || full.is_some() {
            return;
        }
        self.charge();
        let mut fields = serde_json::Map::new();
        for (path, value) in values {
            let mut at = &mut fields;
            let mut parts: Vec<&str> = path.split('.').collect();
            let last = parts.pop().unwrap_or_default();
            for part in parts {
                let inner = at.entry(part).or_insert_with(|| serde_json::json!({}));
                at = inner.as_object_mut().expect("an object");
            }
            at.insert(last.to_owned(), json(value));
        }
        let number = CommandId::of(run.id, &emit.step, 0).0 as u64;
        let mut event = Event::of_journey(&emit.event, fields, number);
        event.time = self.t;
        self.emitted.0.push(event);
    }

    /// A held-out run of a marketing journey touches nothing beyond itself. Decides that, or what is to be decided otherwise.
    fn touches(&mut self, run: &Run, step: &CompactString, what: Decided) -> bool {
        let withheld = self.withheld(run.journey);
        let decided = match withheld {
            Some(of) => Decided { verdict: Verdict::HeldOut, reason: of.reason(), ..what },
            None => what,
        };
        self.decide(run.journey, decided.run(run.id).step(step));
        withheld.is_none()
    }

    /// All steps done.
    fn finish(&mut self, run: Run) {
        self.decide(run.journey, Decided::new(Verdict::Finished, Reason::Completed).run(run.id));
        self.linger(run);
    }

    /// The run has no step any more: gone, or kept as long as its goal may still be reached.
    pub fn linger(&mut self, run: Run) {
        let Some(run) = self.lingering(run) else { return };
        self.stay(run);
        if let Some(surplus) = self.customer.lingers_no_longer() {
            self.take(surplus);
        }
    }

    /// As it waits for its goal; none if it has none, has reached it or has sent nothing, or if it is too late for it.
    pub fn lingering(&self, mut run: Run) -> Option<Run> {
        let journey = self.journey(run.journey);
        let (sent, _) = run.last_sent.filter(|_| !run.converted)?;
        // The last event that counts happens then, and comes so much later; the run is there when it comes.
        let last = sent.saturating_add(journey.goal_within?.millis());
        let comes = last.saturating_add(journey.max_event_age.millis());
        (run.place, run.deadline) = (Place::Goal, comes.saturating_add(1));
        (run.held, run.put_off, run.waits_for_resume) = (false, None, false);
        (run.deadline > self.t).then_some(run)
    }
}

/// Whole numbers are written without a point.
fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Number(value) if value == value.trunc() && value.abs() < 2f64.powi(53) => {
            serde_json::json!(value as i64)
        }
        Value::Number(value) => value.into(),
        Value::Text(text) => text.as_str().into(),
    }
}
