//! Another configuration comes into force: the section "A changed configuration" of the page. The facts of both are the same here: what becomes of facts is tried
//! where they are (`core/src/apply/activate/tests.rs`).

use super::Reference;
use super::context::{Context, Decided};
use super::customer::{Customer, Place, PutOff, Run};
use super::documents::has;
use super::effect::Effect;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::id::{CommandId, CustomerId};
use cartwheel_core::journey::condition::Capture;
use cartwheel_core::journey::definition::OnChange;
use cartwheel_core::journey::op::Op;
use cartwheel_core::journey::plan::{Journey, Plan};
use cartwheel_core::time::Millis;
use serde_json::{Map, Value as Json};
use std::mem::discriminant;
use std::sync::Arc;

impl Reference {
    /// The plan is in force from here on.
    pub fn change(&mut self, plan: &Arc<Plan>, out: &mut Vec<Effect>) {
        let old = std::mem::replace(&mut self.plan, Arc::clone(plan));
        let change = Change { old: &old, new: plan };
        // All are set anew: what they are ordered by is another matter now.
        self.timers.clear();
        self.held.clear();
        let mut ids: Vec<CustomerId> = self.customers.keys().copied().collect();
        ids.sort_unstable();
        let t = self.now.max(self.newest).max(0);
        for id in ids {
            let Some(turn) = self.turn(id, t, t, out) else { continue };
            let mut before = Context { plan: &old, ..turn };
            let runs = change.leave(&mut before);
            let mut turn = Context { plan, ..before };
            change.customer(turn.customer);
            if !old.levels_stay(plan) {
                turn.customer.levels.clear();
                turn.judge_levels(t);
            }
            runs.into_iter().for_each(|run| turn.put(run));
            while let Some(surplus) = turn.customer.lingers_no_longer() {
                turn.take(surplus);
            }
            turn.arm_silently();
            turn.watch_levels();
        }
    }
}

struct Change<'c> {
    old: &'c Plan,
    new: &'c Plan,
}

impl Change<'_> {
    /// The customer's runs, as they go on under the new plan. The others exit.
    fn leave(&self, turn: &mut Context<'_>) -> Vec<Run> {
        let mut stay = Vec::new();
        for mut run in std::mem::take(&mut turn.customer.runs) {
            let (id, journey, place) = (run.id, run.journey, run.place);
            if run.put_off.is_some() && !run.held {
                // It is asked again.
                run.deadline = run.deadline.min(turn.t);
            }
            if let Some(run) = self.moved(run.clone()) {
                stay.push(run);
                continue;
            }
            let verdict = match place {
                Place::Goal => continue,
                Place::Window => Verdict::Refused,
                Place::Delay { .. }
                | Place::Local { .. }
                | Place::Event { .. }
                | Place::Gate { .. }
                | Place::Engagement { .. } => Verdict::Exited,
            };
            turn.decide(journey, Decided::new(verdict, Reason::JourneyChanged).run(id));
            stay.extend(turn.lingering(run).and_then(|run| self.moved(run)));
        }
        stay
    }

    /// What is known beside the runs.
    fn customer(&self, customer: &mut Customer) {
        customer.entries.retain_mut(|entry| {
            let journey = self.journey(entry.journey);
            journey.inspect(|journey| entry.journey = *journey).is_some()
        });
        for touch in &mut customer.touches {
            touch.journey = touch.journey.and_then(|journey| self.journey(journey));
        }
        let begun = std::mem::take(&mut customer.begun);
        let goes_on = |(journey, base): (u16, Millis)| Some((self.begins_alike(journey)?, base));
        customer.begun = begun.into_iter().filter_map(goes_on).collect();
        customer.armed.clear();
        if self.new.own_events.is_none() {
            customer.full_at = 0;
        }
        customer.documents.forget_unshown(self.new.kept);
    }

    /// The number that the journey of the same name has in the new plan.
    fn journey(&self, old: u16) -> Option<u16> {
        let name = &self.old.journeys[usize::from(old)].name;
        let place = self.new.journeys.iter().position(|journey| journey.name == *name)?;
        Some(place as u16)
    }

    /// The same where both begin by the same base, as it is written.
    fn begins_alike(&self, old: u16) -> Option<u16> {
        let new = self.journey(old)?;
        let base = |plan: &Plan, number: u16| {
            let by_time = plan.journeys[usize::from(number)].by_time.as_ref()?;
            Some(by_time.at.base_text.clone())
        };
        (base(self.old, old)? == base(self.new, new)?).then_some(new)
    }

    /// The run under the new plan; none if it exits.
    fn moved(&self, mut run: Run) -> Option<Run> {
        let number = self.journey(run.journey)?;
        let (old, new) =
            (&self.old.journeys[usize::from(run.journey)], &self.new.journeys[usize::from(number)]);
        let same = |op: u16| same_step(old, op, new);
        let ends = new.on_change == OnChange::Exit && new.meaning != old.meaning;
        if ends && !matches!(run.place, Place::Window | Place::Goal) {
            return None;
        }
        run.place = match run.place {
            Place::Window => Place::Window,
            Place::Goal => Place::Goal,
            Place::Delay { op } => Place::Delay { op: same(op)? },
            Place::Local { op } => Place::Local { op: same(op)? },
            Place::Event { op } => Place::Event { op: same(op)? },
            Place::Gate { op, choice } => {
                let op = same(op)?;
                match is_choice(new, op, choice) {
                    true => Place::Gate { op, choice },
                    false => Place::Delay { op },
                }
            }
            Place::Engagement { op, choice } => {
                let op = same(op)?;
                match is_choice(new, op, choice) {
                    true => Place::Engagement { op, choice },
                    false => Place::Delay { op },
                }
            }
        };
        if !matches!(run.place, Place::Gate { .. }) {
            (run.held, run.put_off) = (false, None);
        }
        run.put_off = run.put_off.and_then(|by| self.put_off(by));
        if run.place != Place::Goal {
            run.event = Arc::new(self.kept(old, &run.event));
        }
        run.last_op = run.last_sent.and_then(|(_, id)| made_by(&run, new, id));
        let kind = |event: &Json| event["type"].as_str().unwrap_or_default().to_owned();
        for heard in &mut run.heard {
            let kind = kind(&heard.event);
            let takes = |op: &u16| {
                new.wait_for(*op).is_some_and(|wait| wait.events.iter().any(|it| *it == kind))
            };
            heard.waits = heard.waits.iter().filter_map(|op| same(*op)).filter(takes).collect();
        }
        run.heard.retain(|heard| !heard.waits.is_empty());
        run.about.retain(|(kind, _)| has(self.new.kept, kind));
        run.journey = number;
        Some(run)
    }

    fn put_off(&self, by: PutOff) -> Option<PutOff> {
        let PutOff::Hold(number) = by else { return Some(by) };
        let name = &self.old.policy.holds[number].name;
        let place = self.new.policy.holds.iter().position(|hold| hold.name == *name)?;
        Some(PutOff::Hold(place))
    }

    /// Of the trigger event what the old journey read in steps: a run keeps nothing else.
    fn kept(&self, old: &Journey, event: &Json) -> Json {
        let mut kept = Json::Object(Map::new());
        for capture in &old.captures {
            // What is made of a list was made of the whole of it.
            let Capture::Field(field) = capture else { return event.clone() };
            let path = &self.old.fields[usize::from(*field)].path;
            let at = |from: &Json| {
                path.iter().try_fold(from.clone(), |at, name| at.get(name.as_str()).cloned())
            };
            let Some(value) = at(event) else { continue };
            let mut place = &mut kept;
            for name in path {
                place = &mut place[name.as_str()];
            }
            *place = value;
        }
        kept
    }
}

/// Where the new journey has the step, by the name that it has there.
fn same_step(old: &Journey, op: u16, new: &Journey) -> Option<u16> {
    let op = &old.ops[usize::from(op)];
    let name = op.step()?;
    let now = new.renamed.iter().find(|(before, _)| before == name).map_or(name, |(_, now)| now);
    let is_it = |other: &Op| other.step() == Some(now) && discriminant(other) == discriminant(op);
    Some(new.ops.iter().position(is_it)? as u16)
}

/// Whether the send can go on from this channel: from the first at any time, from a fallback where it is one.
fn is_choice(journey: &Journey, op: u16, choice: usize) -> bool {
    let send = journey.ops[usize::from(op)].send();
    let channel = send.and_then(|send| send.channels.get(choice));
    choice == 0 || channel.is_some_and(|channel| channel.fallback.is_some())
}

/// The send whose command this is.
fn made_by(run: &Run, journey: &Journey, command: CommandId) -> Option<u16> {
    let made = |op: &Op| {
        let Some(send) = op.send() else { return false };
        let mut choices = 0..send.channels.len() as u32;
        choices.any(|choice| CommandId::of(run.id, &send.step, choice) == command)
    };
    Some(journey.ops.iter().position(made)? as u16)
}
