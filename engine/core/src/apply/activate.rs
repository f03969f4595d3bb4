//! A changed configuration comes into force (`docs/semantics.md`, "A changed configuration"): every run goes on at the step of the same name, or the one that
//! its journey says has taken its place, or exits.
//! (Pinning runs to their version is not there yet.)

mod becomes;

pub use becomes::{Becomes, Exits};

use super::context::leaving;
use super::goal::lingering;
use super::{Core, Environment};
use crate::customer::{
    Customer, Document, Forgotten, Heard, Place, PutOff, Run, Version, Zones, attribute_hash,
    zone_of,
};
use crate::decision::{Decided, Reason};
use crate::event::Subject;
use crate::event::vocabulary::ZONE;
use crate::fact::{Definition, Layout};
use crate::journey::condition::Capture;
use crate::journey::definition::OnChange;
use crate::journey::op::Op;
use crate::journey::plan::{Journey, Plan};
use crate::policy::Policy;
use crate::time::Millis;
use crate::value::Value;
use compact_str::CompactString;
use std::mem::discriminant;
use std::sync::Arc;

/// Where the indices of the old plan lie in the new one.
pub struct Mapping {
    new: Arc<Plan>,
    journeys: Vec<Option<u16>>,
    ops: Vec<Vec<Option<u16>>>,
    captures: Vec<Vec<Option<usize>>>,
    /// The same of what a run keeps of events that are waited for alone.
    waited: Vec<Vec<Option<usize>>>,
    attributes: Vec<u32>,
    /// For each fact of the old plan its number in the new one, if what was counted goes on.
    facts: Vec<Option<u16>>,
    /// For each hold of the old policy its number in the new one.
    holds: Vec<Option<u8>>,
    /// The attributes that only the new plan names, with their hashes.
    new_attributes: Vec<(String, u32)>,
    /// The new plan's zones, where its tables are others: zones have other numbers there.
    zones: Option<Zones>,
}

impl Mapping {
    /// Compares two plans by names.
    pub fn new(old: &Plan, new: &Arc<Plan>) -> Self {
        let found =
            |journey: &Journey| new.journeys.iter().position(|other| other.name == journey.name);
        let journeys: Vec<Option<u16>> =
            old.journeys.iter().map(|journey| found(journey).map(|index| index as u16)).collect();
        let target =
            |index: usize| journeys[index].map(|target| &new.journeys[usize::from(target)]);
        let ops = (0..old.journeys.len())
            .map(|index| map_ops(&old.journeys[index], target(index)))
            .collect();
        let captures = (0..old.journeys.len())
            .map(|index| map_captures(old, &old.journeys[index], new, target(index)))
            .collect();
        let waited = (0..old.journeys.len())
            .map(|index| map_waited(old, &old.journeys[index], new, target(index)))
            .collect();
        let attributes = new.attributes.iter().map(|name| attribute_hash(name)).collect();
        let known =
            |name: &CompactString| old.attributes.contains(name) || ZONE.contains(&name.as_str());
        let others = new.attributes.iter().filter(|name| !known(name));
        let new_attributes = others.map(|name| (name.to_string(), attribute_hash(name))).collect();
        let others = old.tables.id() != new.tables.id();
        let zones = others.then(|| Zones::new(&new.tables, &new.policy.zone));
        let facts = map_facts(&old.facts, &new.facts);
        let holds = map_holds(&old.policy, &new.policy);
        let new = Arc::clone(new);
        Self {
            new,
            journeys,
            ops,
            captures,
            waited,
            attributes,
            facts,
            holds,
            new_attributes,
            zones,
        }
    }

    /// The attributes that only the new plan names, with their hashes: whoever brings customers over fetches them from their profiles.
    pub fn new_attributes(&self) -> &[(String, u32)] {
        &self.new_attributes
    }

    fn journey(&self, index: u16) -> Option<u16> {
        self.journeys.get(usize::from(index)).copied().flatten()
    }

    /// What has put a message off; none where the new policy does not have it.
    fn put_off(&self, by: PutOff) -> Option<PutOff> {
        match by {
            PutOff::Hold(number) => {
                self.holds.get(usize::from(number)).copied().flatten().map(PutOff::Hold)
            }
            PutOff::Group => Some(by),
        }
    }
}

/// A fact goes on as the one of the same name that is made of the same; any other counts anew.
fn map_facts(old: &Layout, new: &Layout) -> Vec<Option<u16>> {
    let goes_on = |fact: &Definition| {
        let (number, same) = new.named(&fact.name)?;
        same.continues(fact).then_some(number)
    };
    old.iter().map(|(_, fact)| goes_on(fact)).collect()
}

/// A hold goes on as the one of the same name.
fn map_holds(old: &Policy, new: &Policy) -> Vec<Option<u8>> {
    let place = |name: &str| new.holds.iter().position(|hold| hold.name == name);
    let number = |name: &str| u8::try_from(place(name)?).ok();
    old.holds.iter().map(|hold| number(&hold.name)).collect()
}

/// Whether the new journey does not go on with what has entered the old one.
fn ends_runs(old: &Journey, new: &Journey) -> bool {
    new.on_change == OnChange::Exit && old.meaning != new.meaning
}

/// Each operation that has a name lies where the new journey has one of the same name and kind; the end lies at the end.
fn map_ops(old: &Journey, new: Option<&Journey>) -> Vec<Option<u16>> {
    let Some(new) = new.filter(|new| !ends_runs(old, new)) else {
        return vec![None; old.ops.len()];
    };
    let place = |op: &Op| match op.step() {
        Some(name) => {
            let renamed = new.renamed.iter().find(|(before, _)| before == name);
            let name = renamed.map_or(name, |(_, now)| now);
            let is_it =
                |other: &Op| other.step() == Some(name) && discriminant(other) == discriminant(op);
            new.ops.iter().position(is_it)
        }
        None => new.ops.len().checked_sub(1),
    };
    old.ops.iter().map(|op| place(op).map(|index| index as u16)).collect()
}

/// For each capture of the new journey, for each of its codes, and for what it keeps of events that were waited for, its place in the old one. A run keeps the last
/// of these first, behind the others.
fn map_captures(
    old_plan: &Plan,
    old: &Journey,
    new_plan: &Plan,
    new: Option<&Journey>,
) -> Vec<Option<usize>> {
    let Some(new) = new else { return Vec::new() };
    fn text(plan: &Plan, list: u16) -> Option<&CompactString> {
        plan.lists.get(usize::from(list)).map(|list| &list.text)
    }
    let same = |wanted: &Capture| {
        let is_it = |kept: &Capture| match (*kept, *wanted) {
            (Capture::Field(kept), Capture::Field(wanted)) => {
                old_plan.fields.get(usize::from(kept)) == new_plan.fields.get(usize::from(wanted))
            }
            (Capture::List(kept), Capture::List(wanted)) => {
                text(old_plan, kept) == text(new_plan, wanted)
            }
            (Capture::Field(_), Capture::List(_)) | (Capture::List(_), Capture::Field(_)) => false,
        };
        old.captures.iter().position(is_it)
    };
    let captures = new.captures.iter().map(same);
    let waited = map_waited(old_plan, old, new_plan, Some(new)).into_iter();
    let waited = waited.map(|place| Some(old.before_waited() + place?));
    // The code of a coupon goes on as that of the pool of the same name.
    let pool = |name: &CompactString| old.pools.iter().position(|other| other == name);
    let codes = new.pools.iter().map(|name| Some(old.captures.len() + pool(name)?));
    captures.chain(codes).chain(waited).collect()
}

/// For what the new journey keeps of an event that is waited for, the last first, its place among that of the old one.
fn map_waited(
    old_plan: &Plan,
    old: &Journey,
    new_plan: &Plan,
    new: Option<&Journey>,
) -> Vec<Option<usize>> {
    let Some(new) = new else { return Vec::new() };
    let field = |plan: &Plan, index: &u16| plan.fields.get(usize::from(*index)).cloned();
    let of_waited = |plan, of: &Option<u16>| of.as_ref().map(|index| field(plan, index));
    let place = |wanted: &Option<u16>| {
        let wanted = of_waited(new_plan, wanted);
        old.waited.iter().rev().position(|of| of_waited(old_plan, of) == wanted)
    };
    new.waited.iter().rev().map(place).collect()
}

impl Core {
    /// Moves a customer from this evaluator's plan to the one that `mapping` leads to. Runs without a place exit.
    pub fn leave(
        &self,
        customer: &mut Customer,
        mapping: &Mapping,
        t: Millis,
        environment: &mut Environment<'_>,
    ) {
        let runs = std::mem::take(&mut customer.runs);
        for mut run in runs {
            // What has put it off may be another matter now: it is asked again.
            if run.place.put_off_by().is_some() && !run.is_held() {
                run.deadline = run.deadline.min(t);
            }
            if map_run(&mut run, mapping) {
                customer.runs.push(run);
                continue;
            }
            let Some(verdict) = leaving(run.place) else { continue };
            let decided = Decided::new(t, run.journey, verdict, Reason::JourneyChanged).run(run.id);
            environment.effects.decide(&self.plan, customer, &decided);
            let Some(journey) = mapping.journey(run.journey) else { continue };
            let old = &self.plan.journeys[usize::from(run.journey)];
            customer.runs.extend(lingering(old, run, t).map(|run| Run { journey, ..run }));
        }
        while customer.forget_lingering() {
            environment.effects.forgets(Forgotten::Lingering);
        }
        customer.entries.retain_mut(|entry| match mapping.journey(entry.journey) {
            Some(index) => {
                entry.journey = index;
                true
            }
            None => false,
        });
        for touch in customer.touches.iter_mut() {
            touch.journey = mapping.journey(touch.journey).unwrap_or(u16::MAX);
        }
        let number = |old: u16| mapping.facts.get(usize::from(old)).copied().flatten();
        customer.facts.move_to(&mapping.new.facts, number);
        let zone = ZONE.map(attribute_hash);
        customer
            .attributes
            .retain(|known| mapping.attributes.contains(&known.name) || zone.contains(&known.name));
        self.forget_unshown(customer, mapping, environment);
        if let Some(zones) = &mapping.zones {
            customer.zone = zone_of(customer, zones);
        }
        customer.dirty = true;
        customer.runs_changed();
    }

    /// What no message of the new plan shows is not kept any more.
    fn forget_unshown(
        &self,
        customer: &mut Customer,
        mapping: &Mapping,
        environment: &mut Environment<'_>,
    ) {
        let kept = mapping.new.kept;
        let unshown = Subject::KEPT.into_iter().filter(|subject| !kept.has(*subject));
        for kind in unshown.filter_map(Document::of) {
            for run in customer.runs.iter_mut() {
                run.about.retain(|key| key.kind() != Some(kind));
            }
            for key in customer.documents.take_all(kind) {
                let version = Version::forgotten(key);
                environment.effects.journal.append_version(&mut customer.cold, version, b"");
            }
        }
    }
}

fn map_run(run: &mut Run, mapping: &Mapping) -> bool {
    let old = usize::from(run.journey);
    let Some(journey) = mapping.journey(run.journey) else { return false };
    let op = |op: u16| mapping.ops[old].get(usize::from(op)).copied().flatten();
    let place = match run.place {
        // It has no step yet: it will enter what its journey is by then.
        Place::Window => Some(Place::Window),
        Place::Goal => Some(Place::Goal),
        Place::Delay { op: at } => op(at).map(|op| Place::Delay { op }),
        Place::Local { op: at } => op(at).map(|op| Place::Local { op }),
        Place::Event { op: at } => op(at).map(|op| Place::Event { op }),
        Place::Gate { op: at, choice, due, held, by } => {
            let by = by.and_then(|by| mapping.put_off(by));
            op(at).map(|op| match has_choice(&mapping.new, journey, op, choice) {
                true => Place::Gate { op, choice, due, held, by },
                false => Place::Delay { op },
            })
        }
        Place::Engagement { op: at, choice, due } => {
            op(at).map(|op| match has_choice(&mapping.new, journey, op, choice) {
                true => Place::Engagement { op, choice, due },
                false => Place::Delay { op },
            })
        }
    };
    let Some(place) = place else { return false };
    let kept = |place: &Option<usize>| place.and_then(|place| run.captures.get(place)).cloned();
    let captures = mapping.captures[old].iter().map(|place| kept(place).unwrap_or(Value::Null));
    if run.place != Place::Goal {
        run.captures = captures.collect();
    }
    run.heard.retain_mut(|heard| map_heard(heard, old, journey, mapping));
    (run.journey, run.place) = (journey, place);
    true
}

/// Whether a wait of the same name is for it still: then that is for what the run has heard of.
fn map_heard(heard: &mut Heard, old: usize, journey: u16, mapping: &Mapping) -> bool {
    let new = &mapping.new.journeys[usize::from(journey)];
    let takes = |op: &u16| new.wait_for(*op).is_some_and(|wait| wait.events.contains(&heard.kind));
    let waits = (0..).zip(&mapping.ops[old]).filter(|(op, _)| heard.waits & Heard::bit(*op) != 0);
    let waits = waits.filter_map(|(_, new)| *new).filter(takes);
    heard.waits = waits.fold(0, |bits, op| bits | Heard::bit(op));
    let kept = |place: &Option<usize>| place.and_then(|place| heard.values.get(place)).cloned();
    let values = mapping.waited[old].iter().map(|place| kept(place).unwrap_or(Value::Null));
    heard.values = values.collect();
    heard.waits != 0
}

/// Whether the send at `op` can go on at this channel: at the first ones always, at a fallback where there still is one. Where there is none
/// the run has sent what this step sends: at its deadline it goes on behind it.
fn has_choice(plan: &Plan, journey: u16, op: u16, choice: u8) -> bool {
    let send = plan.journeys[usize::from(journey)].send(op);
    let choices = send.map_or(&[][..], |send| &send.channels);
    choice == 0 || choices.get(usize::from(choice)).is_some_and(|c| c.fallback.is_some())
}

#[cfg(test)]
mod tests;
