//! A changed configuration takes effect: every run goes on at the step of the same name, or exits.
//! (Pinning runs to their version is not there yet.)

use super::context::leaving;
use super::{Core, Environment};
use crate::customer::{Customer, Document, Place, Run, Version, Zones, attribute_hash, zone_of};
use crate::decision::{Decided, Reason};
use crate::event::Subject;
use crate::event::vocabulary::ZONE;
use crate::fact::{Definition, Layout};
use crate::journey::condition::Capture;
use crate::journey::op::Op;
use crate::journey::plan::{Journey, Plan};
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
    attributes: Vec<u32>,
    /// For each fact of the old plan its number in the new one, if what was counted goes on.
    facts: Vec<Option<u16>>,
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
        let attributes = new.attributes.iter().map(|name| attribute_hash(name)).collect();
        let known =
            |name: &CompactString| old.attributes.contains(name) || ZONE.contains(&name.as_str());
        let others = new.attributes.iter().filter(|name| !known(name));
        let new_attributes = others.map(|name| (name.to_string(), attribute_hash(name))).collect();
        let others = old.tables.id() != new.tables.id();
        let zones = others.then(|| Zones::new(&new.tables, &new.policy.zone));
        let facts = map_facts(&old.facts, &new.facts);
        Self {
            new: Arc::clone(new),
            journeys,
            ops,
            captures,
            attributes,
            facts,
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
}

/// A fact goes on as the one of the same name that is made of the same; any other counts anew.
fn map_facts(old: &Layout, new: &Layout) -> Vec<Option<u16>> {
    let goes_on = |fact: &Definition| {
        let (number, same) = new.named(&fact.name)?;
        same.continues(fact).then_some(number)
    };
    old.iter().map(|(_, fact)| goes_on(fact)).collect()
}

/// Each operation that has a name lies where the new journey has one of the same name and kind; the end lies at the end.
fn map_ops(old: &Journey, new: Option<&Journey>) -> Vec<Option<u16>> {
    let Some(new) = new else { return vec![None; old.ops.len()] };
    let place = |op: &Op| match op.step() {
        Some(name) => new.ops.iter().position(|other| {
            other.step() == Some(name) && discriminant(other) == discriminant(op)
        }),
        None => new.ops.len().checked_sub(1),
    };
    old.ops.iter().map(|op| place(op).map(|index| index as u16)).collect()
}

/// For each capture of the new journey, and for what it keeps of events that were waited for, its place in the old one. A run keeps the last
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
    let field = |plan: &Plan, index: &u16| plan.fields.get(usize::from(*index)).cloned();
    let of_waited = |plan, of: &Option<u16>| of.as_ref().map(|index| field(plan, index));
    let kept = old.captures.len() + old.waited.len();
    let waited = new.waited.iter().rev().map(|wanted| {
        let wanted = of_waited(new_plan, wanted);
        let place = old.waited.iter().position(|of| of_waited(old_plan, of) == wanted);
        place.map(|place| kept - 1 - place)
    });
    captures.chain(waited).collect()
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
            if map_run(&mut run, mapping) {
                customer.runs.push(run);
                continue;
            }
            let Some(verdict) = leaving(run.place) else { continue };
            let decided = Decided::new(t, run.journey, verdict, Reason::JourneyChanged).run(run.id);
            environment.effects.decide(&self.plan, customer, &decided);
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
    // A window has no step yet; it is there as long as the one is that it would begin with.
    let op = |op: u16| mapping.ops[old].get(usize::from(op)).copied().flatten();
    let place = match run.place {
        Place::Window => op(0).map(|_| Place::Window),
        Place::Goal => Some(Place::Goal),
        Place::Delay { op: at } => op(at).map(|op| Place::Delay { op }),
        Place::Local { op: at } => op(at).map(|op| Place::Local { op }),
        Place::Event { op: at } => op(at).map(|op| Place::Event { op }),
        Place::Gate { op: at, choice, due, held } => {
            op(at).map(|op| match has_choice(&mapping.new, journey, op, choice) {
                true => Place::Gate { op, choice, due, held },
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
    (run.journey, run.place) = (journey, place);
    true
}

/// Whether the send at `op` can go on at this channel: at the first ones always, at a fallback where there still is one. Where there is none
/// the run has sent what this step sends: at its deadline it goes on behind it.
fn has_choice(plan: &Plan, journey: u16, op: u16, choice: u8) -> bool {
    let send = plan.journeys[usize::from(journey)].send(op);
    let choices = send.map_or(&[][..], |send| &send.channels);
    choice == 0 || choices.get(usize::from(choice)).is_some_and(|c| c.fallback.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::load::{SourceFile, Sources, load};
    use crate::policy::Policy;
    use thin_vec::ThinVec;

    fn plan(channels: &str, step: &str) -> Arc<Plan> {
        let text = format!(
            "journey: cart\ntrigger: {{ event: cart_updated }}\nsteps:\n  - send: hello\n    channels: {channels}\n  - {step}\n    id: pause\n"
        );
        let source = SourceFile { path: "cart.yaml".into(), text };
        Arc::new(load(&Policy::default(), &[source]).unwrap())
    }

    /// The numbers that the shop's own facts, `a` to `e`, have in the new layout.
    #[test]
    fn a_fact_goes_on_if_it_is_made_of_the_same() {
        let layout = |facts: &str| {
            let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
            let journeys = [file(
                "cart.yaml",
                "journey: cart\ntrigger: { event: cart_updated }\nsteps: [{ send: hello, channels: [email] }]\n",
            )];
            let facts = file("facts.yaml", facts);
            let sources = Sources { journeys: &journeys, facts: Some(&facts) };
            load(&Policy::default(), sources).unwrap().facts
        };
        let old = "facts:
  a: { count: order_placed, key: event.order.id, up_to: 8 }
  b: { count: order_placed, over: 30d }
  c: { set: ticket_opened, key: event.ticket.id, keys: 8 }
  d: { count: order_placed, when: event.order.total > 5 }
  e: { last: order_placed }
";
        let new = "facts:
  a: { count: order_placed, key: event.order.id, up_to: 4 }
  aa: { count: order_placed }
  b: { count: order_placed }
  c: { set: ticket_opened, key: event.ticket.id, keys: 2, for: 3d }
  d: { count: order_placed, when: event.order.total > 6 }
";
        let moved = |new| map_facts(&layout(old), &layout(new))[3..].to_vec();
        assert_eq!(moved(old), [Some(3), Some(4), Some(5), Some(6), Some(7)]);
        assert_eq!(moved(new), [Some(3), None, None, None, None]);
    }

    fn run(place: Place) -> Run {
        Run {
            id: crate::id::RunId(1),
            sent: None,
            key: 0,
            opened_at: 0,
            newest: 0,
            entered_by: 0,
            deadline: 9,
            anchor: 0,
            place,
            captures: ThinVec::new(),
            about: ThinVec::new(),
            journey: 0,
            converted: false,
        }
    }

    /// Where a run at `place` goes on.
    fn moved(place: Place, to: &Arc<Plan>) -> Option<Place> {
        let old = plan("[email, { sms: { if_no: opened, within: 4h } }]", "wait: 1d");
        let mut run = run(place);
        map_run(&mut run, &Mapping::new(&old, to)).then_some(run.place)
    }

    #[test]
    fn a_message_that_was_sent_is_not_sent_again_where_its_fallback_is_gone() {
        let waits = Place::Engagement { op: 0, choice: 1, due: 5 };
        let kept = plan("[email, { push: { if_no: opened, within: 1h } }]", "wait: 2d");
        assert_eq!(moved(waits, &kept), Some(waits));
        let gone = plan("[email]", "wait: 1d");
        assert_eq!(moved(waits, &gone), Some(Place::Delay { op: 0 }), "behind the send");
        let first = Place::Gate { op: 0, choice: 0, due: 5, held: true };
        assert_eq!(moved(first, &gone), Some(first));
    }

    #[test]
    fn a_run_keeps_what_was_made_of_a_list() {
        let branch =
            |when| plan("[email]", &format!("branch: [{{ when: \"{when}\", steps: [] }}]"));
        let old = branch("cart.items.sum(i, i.price) > 1");
        let new =
            branch("event.cart.total > 1 && cart.items.sum(i, i.price) > 1 && 5 in event.tags");
        let place = Place::Gate { op: 0, choice: 0, due: 5, held: false };
        let captures = [Value::Number(5.0)].into_iter().collect();
        let mut run = Run { captures, ..run(place) };
        assert!(map_run(&mut run, &Mapping::new(&old, &new)));
        assert_eq!(*run.captures, [Value::Null, Value::Number(5.0), Value::Null]);
    }

    #[test]
    fn what_a_run_keeps_has_another_place_in_another_plan() {
        let asks = |when: &str| {
            let text = format!(
                "journey: cart\ntrigger: {{ event: cart_updated }}\nsteps:\n  - wait: {{ for: paid, at_most: 1d }}\n  - branch:\n      - when: {when}\n        steps: []\n"
            );
            let source = SourceFile { path: "cart.yaml".into(), text };
            Arc::new(load(&Policy::default(), &[source]).unwrap())
        };
        // A run keeps x, the type, a; then y, x, a, b, the type.
        let old = asks("waited.event.a > 1 && waited.for != null && event.x == 1");
        let new =
            asks("event.y == event.x && waited.for != null && waited.event.b < waited.event.a");
        let captures = &Mapping::new(&old, &new).captures[0];
        assert_eq!(*captures, [None, Some(0), Some(2), None, Some(1)]);
    }

    #[test]
    fn a_step_of_another_kind_is_another_step() {
        let waits = Place::Delay { op: 1 };
        assert_eq!(moved(waits, &plan("[email]", "wait: 2d")), Some(waits));
        let until = plan("[email]", "wait: { until: \"10:00\", at_most: 24h }");
        assert_eq!(moved(waits, &until), Some(waits), "a wait is a wait");
        assert_eq!(moved(waits, &plan("[email]", "exit: true")), None);
    }
}
