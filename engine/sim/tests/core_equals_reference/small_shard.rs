//! The core, driven by the smallest shard that can be: a map of customers and a set of deadlines.

use crate::course::{Course, json};
use cartwheel_core::apply::{Applied, Core, Due, Environment, EventTime};
use cartwheel_core::channel::Channel;
use cartwheel_core::customer::{Customer, Document, Mark};
use cartwheel_core::effect::{Draft, Effect, Effects};
use cartwheel_core::event::decode;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::op::Send;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{Mode, Suppression};
use cartwheel_core::time::Millis;
use cartwheel_sim::history::Step;
use cartwheel_sim::reference::ExpectedCommand;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Everything that the core makes of a history; at most `budget` timers of one customer fire at once: a turn may be cut between any two.
pub fn by_core(plan: &Arc<Plan>, steps: &[Step], budget: u64) -> Course {
    let mut shard = Shard::new(plan, budget);
    let mut offset = 0;
    for step in steps {
        shard.take(offset, step);
        offset += i64::from(matches!(step, Step::Record { .. }));
    }
    shard.course.live_runs =
        shard.customers.values().map(|(_, customer)| customer.live_runs()).sum();
    shard.course
}

/// The core with a map and a set around it.
struct Shard {
    core: Core,
    effects: Effects,
    customers: HashMap<CustomerId, (String, Customer)>,
    timers: BTreeSet<(Millis, CustomerId)>,
    newest: Millis,
    now: Millis,
    mode: Mode,
    /// Timers of one customer that fire at once: a turn may be cut between any two.
    budget: u64,
    course: Course,
}

impl Shard {
    fn new(plan: &Arc<Plan>, budget: u64) -> Self {
        let mut effects = Effects::new(plan);
        effects.kept = Some(Vec::new());
        Self {
            core: Core::new(plan.clone()),
            effects,
            customers: HashMap::new(),
            timers: BTreeSet::new(),
            newest: Millis::MIN,
            now: Millis::MIN,
            mode: Mode::Live,
            budget,
            course: Course::default(),
        }
    }

    fn take(&mut self, offset: i64, step: &Step) {
        match step {
            Step::Record { time, value } => {
                self.newest = self.newest.max(*time);
                self.fire(*time, self.now.max(self.newest));
                self.record(offset, *time, value);
            }
            Step::Clock { now } => {
                self.now = self.now.max(*now);
                self.fire(self.now, self.now);
            }
            Step::Mode(mode) => self.switch(*mode),
        }
    }

    fn record(&mut self, offset: i64, time: Millis, value: &[u8]) {
        let event = match decode(value, time, &self.core.plan.policy) {
            Ok(event) => event,
            Err(rejected) => {
                return self.course.dead.push(format!("{offset} {}", rejected.reason.name()));
            }
        };
        let time = EventTime::new(event.time, time, self.newest);
        let id = CustomerId::of(&event.customer);
        let (_, customer) = self
            .customers
            .entry(id)
            .or_insert_with(|| (event.customer.to_string(), Customer::new(id)));
        let before = customer.deadline;
        let applied = self.core.event(
            customer,
            &event,
            time,
            &mut Environment { mode: self.mode, effects: &mut self.effects },
        );
        let after = customer.deadline;
        self.course.duplicates += u64::from(applied == Applied::Duplicate);
        self.arm(id, before, after);
        self.settle();
    }

    fn fire(&mut self, due: Millis, seen: Millis) {
        while let Some((deadline, id)) =
            self.timers.first().copied().filter(|(deadline, _)| *deadline <= due)
        {
            let Some((_, customer)) = self.customers.get_mut(&id) else {
                panic!("a timer of nobody")
            };
            let due = Due { deadline, now: seen, budget: self.budget };
            self.core.fire(
                customer,
                due,
                &mut Environment { mode: self.mode, effects: &mut self.effects },
            );
            let after = customer.deadline;
            self.arm(id, deadline, after);
            self.settle();
        }
    }

    fn switch(&mut self, mode: Mode) {
        self.mode = mode;
        if mode == Mode::Behind {
            return;
        }
        let mut moved = Vec::new();
        for (id, (_, customer)) in &mut self.customers {
            let before = customer.deadline;
            if self.core.release(customer) {
                moved.push((*id, before, customer.deadline));
            }
        }
        for (id, before, after) in moved {
            self.arm(id, before, after);
        }
    }

    fn arm(&mut self, id: CustomerId, before: Millis, after: Millis) {
        self.timers.remove(&(before, id));
        if after != cartwheel_core::timer::NEVER {
            self.timers.insert((after, id));
        }
    }

    /// Writes down what has been decided since the last time.
    fn settle(&mut self) {
        for (id, mut decision) in self.effects.kept.replace(Vec::new()).unwrap_or_default() {
            decision.customer = self.customers[&id].0.as_str().into();
            self.course.decisions.push(json(&decision));
        }
        for effect in std::mem::take(&mut self.effects.list) {
            match effect {
                Effect::Command(draft) => {
                    let command = self.command(&draft);
                    self.course.commands.push(json(&command));
                }
                Effect::Suppression { customer, mark, channel, reason, active, at } => {
                    if let Some(address) = address(&self.data(customer, mark), channel) {
                        let suppression = Suppression {
                            channel,
                            address: Suppression::hash(channel, &address),
                            reason,
                            active,
                            at,
                        };
                        self.course.suppressions.push(json(&suppression));
                    }
                }
            }
        }
    }

    fn command(&self, draft: &Draft) -> ExpectedCommand {
        let journey = &self.core.plan.journeys[usize::from(draft.journey)];
        let Some(Send { step, template, .. }) = journey.ops[usize::from(draft.op)].send() else {
            panic!("a command of no send: {draft:?}")
        };
        let data = self.data(draft.customer, draft.mark);
        ExpectedCommand {
            command_id: draft.command_id,
            run_id: draft.run_id,
            journey: journey.name.to_string(),
            step: step.to_string(),
            customer: self.customers[&draft.customer].0.clone(),
            channel: draft.channel,
            template: template.to_string(),
            due_at: draft.due_at,
            decided_at: draft.decided_at,
            not_after: draft.not_after,
            to: address(&data, draft.channel).unwrap_or_default(),
            data,
        }
    }

    /// The customer's documents as of a mark, from the journal.
    fn data(&self, customer: CustomerId, mark: Mark) -> Value {
        let (mut data, mut patches) = (Map::new(), Vec::new());
        let mut settled = BTreeSet::new();
        for (document, payload) in
            self.effects.journal.entries(self.customers[&customer].1.cold, mark)
        {
            let name = match document {
                Document::Profile => {
                    patches.push(payload);
                    continue;
                }
                Document::Cart => "cart",
                Document::Order => "order",
                Document::Checkout => "checkout",
                Document::Product => "product",
                Document::Name | Document::Decision => continue,
            };
            if settled.insert(name) && !payload.is_empty() {
                data.insert(
                    name.into(),
                    serde_json::from_slice(payload).expect("a document is JSON"),
                );
            }
        }
        let mut profile = Map::new();
        for patch in patches.into_iter().rev() {
            let patch: Map<String, Value> =
                serde_json::from_slice(patch).expect("a patch is a JSON object");
            profile.extend(patch);
            profile.retain(|name, value| name != "consent" && !value.is_null());
        }
        data.insert("profile".into(), Value::Object(profile));
        Value::Object(data)
    }
}

fn address(data: &Value, channel: Channel) -> Option<String> {
    let address = data["profile"].get(channel.address_field()?)?.as_str()?;
    (!address.is_empty()).then(|| address.to_owned())
}
