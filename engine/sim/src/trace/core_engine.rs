//! The core itself, alone, with as little around it as possible.

use super::engine::{Consequence, Suppression, TraceEngine};
use cartwheel_core::apply::{Core, Due, Environment, EventTime};
use cartwheel_core::customer::Customer;
use cartwheel_core::effect::{Effect, Effects};
use cartwheel_core::event::decode;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use cartwheel_core::timer::NEVER;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The core, one partition. No log, no store: those have their own tests.
pub struct CoreEngine {
    core: Core,
    effects: Effects,
    customers: BTreeMap<CustomerId, (String, Customer)>,
    /// The greatest record time so far.
    newest: Millis,
    /// The last recorded now.
    now: Millis,
    mode: Mode,
    out: Vec<Consequence>,
}

impl CoreEngine {
    /// An engine that knows nobody.
    pub fn new(plan: Arc<Plan>) -> Self {
        let mut effects = Effects::new(&plan);
        effects.kept = Some(Vec::new());
        Self {
            core: Core::new(plan),
            effects,
            customers: BTreeMap::new(),
            newest: Millis::MIN,
            now: Millis::MIN,
            mode: Mode::Live,
            out: Vec::new(),
        }
    }

    /// The earliest deadline, and whose it is: ties in order of customer ids.
    fn first(&self) -> Option<(Millis, CustomerId)> {
        let deadlines = self.customers.iter().map(|(id, (_, customer))| (customer.deadline, *id));
        deadlines.filter(|(deadline, _)| *deadline != NEVER).min()
    }

    fn fire(&mut self, due: Millis, sees: Millis) {
        while let Some((deadline, id)) = self.first().filter(|(deadline, _)| *deadline <= due) {
            let Some((_, customer)) = self.customers.get_mut(&id) else { return };
            let mut environment = Environment { mode: self.mode, effects: &mut self.effects };
            let due = Due { deadline, now: sees, budget: u64::MAX };
            self.core.fire(customer, due, &mut environment);
            self.settle();
        }
    }

    /// Takes over what the core has decided. What a profile says comes before what journeys make of it.
    fn settle(&mut self) {
        for effect in std::mem::take(&mut self.effects.list) {
            let Effect::Suppression { customer, channel, reason, active, at, .. } = effect else {
                continue;
            };
            let Some((name, customer)) = self.customers.get(&customer) else { continue };
            // Others know addresses, not customers: without an address there is nothing to tell.
            if customer.reachable & channel.bit() != 0 {
                let customer = name.clone();
                let told = Suppression { at, customer, channel, reason, active };
                self.out.push(Consequence::Suppression(told));
            }
        }
        for (id, mut decision) in self.effects.kept.replace(Vec::new()).unwrap_or_default() {
            decision.customer =
                self.customers.get(&id).map_or("", |(name, _)| name.as_str()).into();
            self.out.push(Consequence::Decision(decision));
        }
    }
}

impl TraceEngine for CoreEngine {
    fn record(&mut self, time: Millis, value: &[u8]) {
        self.newest = self.newest.max(time);
        self.fire(time, self.now.max(self.newest));
        let event = match decode(value, time, &self.core.plan.policy) {
            Ok(event) => event,
            Err(rejected) => {
                let (reason, detail) = (rejected.reason, rejected.detail.to_string());
                return self.out.push(Consequence::Dead { reason, detail });
            }
        };
        let event_time = EventTime::new(event.time, time, self.newest);
        let id = CustomerId::of(&event.customer);
        let (_, customer) = self
            .customers
            .entry(id)
            .or_insert_with(|| (event.customer.to_string(), Customer::new(id)));
        let mut environment = Environment { mode: self.mode, effects: &mut self.effects };
        self.core.event(customer, &event, event_time, &mut environment);
        self.settle();
    }

    fn clock(&mut self, now: Millis) {
        self.now = self.now.max(now);
        self.fire(self.now, self.now);
    }

    fn mode(&mut self, mode: Mode) {
        self.mode = mode;
        if mode == Mode::Live {
            for (_, customer) in self.customers.values_mut() {
                self.core.release(customer);
            }
        }
    }

    fn next_deadline(&self) -> Option<Millis> {
        self.first().map(|(deadline, _)| deadline)
    }

    fn consequences(&mut self) -> Vec<Consequence> {
        std::mem::take(&mut self.out)
    }
}
