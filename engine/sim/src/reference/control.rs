//! What people say of journeys: the section "Control" of the page.

use super::Reference;
use super::context::{Context, Decided};
use super::customer::{Place, Run};
use super::effect::Effect;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::id::{CustomerId, RunId};
use cartwheel_core::sends::Poison;
use cartwheel_core::time::{Millis, Span};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Journeys that do not run, and winners, that are remembered.
const MAX_REMEMBERED: usize = 1_024;
/// Longest name.
const MAX_NAME: usize = 256;

/// What was said last.
#[derive(Default)]
pub struct Control {
    paused: BTreeSet<String>,
    stopped: BTreeSet<String>,
    /// The arm, by journey and split.
    winners: BTreeMap<(String, String), String>,
}

impl Control {
    /// The arm that has won the split.
    pub fn winner(&self, journey: &str, split: &str) -> Option<&String> {
        self.winners.get(&(journey.to_owned(), split.to_owned()))
    }

    fn has_room(&self, journey: &str) -> bool {
        let halted = self.paused.iter().chain(&self.stopped);
        halted.filter(|other| *other != journey).count() < MAX_REMEMBERED
    }

    fn forget(&mut self, journey: &str) {
        self.paused.remove(journey);
        self.stopped.remove(journey);
    }
}

fn name(value: &Value) -> Result<String, Poison> {
    let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= MAX_NAME);
    text.map(str::to_owned).ok_or(Poison::BadValue)
}

impl Reference {
    /// Does what the record of the stream says; why that cannot be.
    pub(super) fn control(&mut self, said: &Value, out: &mut Vec<Effect>) -> Result<(), Poison> {
        let words = ["pause", "resume", "stop", "winner"];
        let there: Vec<&str> = words.into_iter().filter(|word| !said[*word].is_null()).collect();
        match there[..] {
            ["pause"] => {
                let journey = name(&said["pause"])?;
                self.halt(journey, false)
            }
            ["stop"] => {
                let journey = name(&said["stop"])?;
                self.halt(journey.clone(), true)?;
                self.end_all(&journey, out);
                Ok(())
            }
            ["resume"] => {
                let journey = name(&said["resume"])?;
                let within = match &said["missed_within"] {
                    Value::Null => self.plan.policy.max_defer.millis(),
                    Value::String(text) => {
                        Span::parse(text).map_err(|_| Poison::BadValue)?.millis()
                    }
                    _ => return Err(Poison::BadValue),
                };
                self.control.forget(&journey);
                self.let_go_on(&journey, within, out);
                Ok(())
            }
            ["winner"] => self.win(&said["winner"]),
            _ => Err(Poison::BadValue),
        }
    }

    fn halt(&mut self, journey: String, stops: bool) -> Result<(), Poison> {
        if !self.control.has_room(&journey) {
            return Err(Poison::BadValue);
        }
        self.control.forget(&journey);
        let set = if stops { &mut self.control.stopped } else { &mut self.control.paused };
        set.insert(journey);
        Ok(())
    }

    fn win(&mut self, said: &Value) -> Result<(), Poison> {
        let split = (name(&said["journey"])?, name(&said["split"])?);
        if said["arm"].is_null() {
            self.control.winners.remove(&split);
            return Ok(());
        }
        let arm = name(&said["arm"])?;
        let full = self.control.winners.len() >= MAX_REMEMBERED;
        if full && !self.control.winners.contains_key(&split) {
            return Err(Poison::BadValue);
        }
        self.control.winners.insert(split, arm);
        Ok(())
    }

    /// Every customer in turn, with the number of the journey.
    fn with_each(
        &mut self,
        journey: &str,
        out: &mut Vec<Effect>,
        what: impl Fn(&mut Context<'_>, u16),
    ) {
        let mut journeys = self.plan.journeys.iter();
        let Some(index) = journeys.position(|known| known.name == journey) else { return };
        let mut ids: Vec<CustomerId> = self.customers.keys().copied().collect();
        ids.sort_unstable();
        let (t, levels_at) = (self.newest, self.now.max(self.newest));
        for id in ids {
            if let Some(mut turn) = self.turn(id, t, levels_at, out) {
                what(&mut turn, index as u16);
            }
        }
    }

    fn end_all(&mut self, journey: &str, out: &mut Vec<Effect>) {
        self.with_each(journey, out, |turn, index| {
            let runs = turn.customer.runs.iter().filter(|run| run.journey == index && run.live());
            let live: Vec<RunId> = runs.map(|run| run.id).collect();
            for id in &live {
                let Some(run) = turn.take(*id) else { continue };
                let verdict = match run.place {
                    Place::Window => Verdict::Refused,
                    Place::Delay { .. }
                    | Place::Local { .. }
                    | Place::Event { .. }
                    | Place::Gate { .. }
                    | Place::Engagement { .. }
                    | Place::Goal => Verdict::Exited,
                };
                turn.decide(index, Decided::new(verdict, Reason::Stopped).run(*id));
                turn.linger(run);
            }
            if !live.is_empty() {
                turn.look_again(turn.t);
            }
        });
    }

    fn let_go_on(&mut self, journey: &str, within: Millis, out: &mut Vec<Effect>) {
        self.with_each(journey, out, |turn, index| {
            let runs = turn.customer.runs.iter();
            let waits = runs.filter(|run| run.journey == index && run.waits_for_resume);
            let waiting: Vec<RunId> = waits.map(|run| run.id).collect();
            for id in waiting {
                let Some(mut run) = turn.take(id) else { continue };
                run.waits_for_resume = false;
                run.missed = turn.t - run.deadline > within;
                turn.put(run);
            }
        });
    }
}

impl Context<'_> {
    /// Whether the journey is paused.
    pub fn is_paused(&self, journey: u16) -> bool {
        self.control.paused.contains(self.journey(journey).name.as_str())
    }

    /// Why nothing of the journey begins now.
    pub fn begins_nothing(&self, journey: u16) -> Option<Decided> {
        let is_in = |set: &BTreeSet<String>| set.contains(self.journey(journey).name.as_str());
        let refused = |reason| Decided::new(Verdict::Refused, reason);
        if is_in(&self.control.paused) {
            return Some(refused(Reason::Paused));
        }
        if is_in(&self.control.stopped) {
            return Some(refused(Reason::Stopped));
        }
        self.full(journey).map(|(most, of)| refused(Reason::Limit).limit(most, of))
    }

    /// The timer of a window or run of a paused journey has fired; or of a window that was due too long ago when that was resumed. Whether that is all.
    pub fn keeps(&mut self, run: &mut Option<Run>) -> bool {
        let Some(mut due) = run.take_if(|run| run.live()) else { return false };
        let step = match due.place {
            Place::Window | Place::Goal => None,
            Place::Delay { op } | Place::Local { op } | Place::Event { op } => Some(op),
            Place::Gate { op, .. } | Place::Engagement { op, .. } => Some(op),
        };
        if self.is_paused(due.journey) {
            let mut what = Decided::new(Verdict::Deferred, Reason::Paused).run(due.id);
            let step = step.and_then(|op| self.journey(due.journey).ops[usize::from(op)].step());
            what.step = step.cloned();
            self.decide(due.journey, what);
            (due.waits_for_resume, due.missed) = (true, false);
            self.put(due);
            return true;
        }
        if due.missed && due.place == Place::Window {
            let what = Decided::new(Verdict::Refused, Reason::Paused).run(due.id);
            self.decide(due.journey, what.number("late", self.t - due.deadline));
            return true;
        }
        *run = Some(due);
        false
    }
}
